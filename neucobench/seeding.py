"""Random generators that depend on what they are for, not on the order of calls."""

import hashlib

import numpy as np


def generator(seed: int, *keys: str | int) -> np.random.Generator:
    """Return a generator for ``seed`` and a path of keys.

    Equal arguments give equal streams in any process and in any order, so that one
    cube or one id can be drawn alone. Seed 0 is a seed like any other.

    Args:
        seed: the user's seed, 0 or larger.
        *keys: what the numbers are for, e.g. ``("cube", "0000012", "s1")``.
    """
    text = "\x1f".join([str(seed), *(str(key) for key in keys)])
    digest = hashlib.sha256(text.encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "little")))
