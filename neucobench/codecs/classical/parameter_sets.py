"""Streams of HEVC without the headers that x265 repeats before each key frame."""

import re

_UNIT = re.compile(rb"\x00?\x00\x00\x01")
_PARAMETER_SETS = range(32, 35)  # of the film, the sequence and the picture


def without_repeats(stream: bytes) -> bytes:
    """Return a stream of NAL units with each parameter set once.

    A decoder keeps a set until another with its number comes.
    """
    starts = [match.span() for match in _UNIT.finditer(stream)]
    ends = [start for start, _ in starts[1:]] + [len(stream)]
    seen: set[bytes] = set()
    kept = []
    for (start, content), end in zip(starts, ends, strict=True):
        unit = stream[content:end]
        if unit[0] >> 1 in _PARAMETER_SETS:
            if unit in seen:
                continue
            seen.add(unit)
        kept.append(stream[start:end])
    return b"".join(kept)
