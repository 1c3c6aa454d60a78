"""What ``decompress`` is given, checked before it is used."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from neucobench.codecs.payload import pair, wrong_shape
from neucobench.codecs.temporal.sizes import STRIDE, TOKENS
from neucobench.codecs.temporal.windows import window_grid
from neucobench.errors import CodecError

# What upstream takes for granted.
_SIZE = 256
# Pixels of a picture, and of all stacks where no string says how many there are.
_MOST = 2**28


@dataclass(frozen=True, kw_only=True)
class Payload:
    """Hold strings, and the size of what they stand for.

    Attributes:
        strings: of each frame, of each token sent, of each stack.
        stacks: how many there are.
        size: the height and the width of the pictures.
        compat: of a flexible network: whether scales were mapped twice.
    """

    strings: list[list[list[bytes]]]
    stacks: int
    size: tuple[int, int]
    compat: bool

    @property
    def grid(self) -> tuple[int, int]:
        """Return the height and the width of the latents."""
        return -(-self.size[0] // STRIDE), -(-self.size[1] // STRIDE)

    def part(self, start: int, stop: int) -> "Payload":
        """Return some of the stacks."""
        strings = [[token[start:stop] for token in frame] for frame in self.strings]
        stacks = min(stop, self.stacks) - start
        return replace(self, strings=strings, stacks=stacks)

    @property
    def windows(self) -> int:
        """Return how many windows a stack's latents have."""
        rows, columns = window_grid(*self.grid)
        return rows * columns


def read_payload(payload: Mapping[str, Any], *, flexible: bool) -> Payload:
    """Return what upstream's payloads and ours hold.

    Args:
        payload: ``strings`` (or ``bitstreams``), bytes or base64 text; ``size``,
            ``shape`` or ``latent_hw``, where they are missing 256 x 256 pixels; and
            ``compat``, which is true for upstream's.
        flexible: whether frames may lack tokens.

    Raises:
        CodecError: when it is none of these.
    """
    given = payload.get("strings", payload.get("bitstreams"))
    try:
        strings = [[[_bytes(s) for s in token] for token in frame] for frame in given]
    except (TypeError, ValueError, binascii.Error) as error:
        raise _wrong("the strings are no lists of lists of bytes") from error
    counts = {len(token) for frame in strings for token in frame}
    if not strings or len(counts) > 1 or 0 in counts:
        raise _wrong("there are no frames, or not the same number of stacks in each")
    least = 0 if flexible else TOKENS
    if any(not least <= len(frame) <= TOKENS for frame in strings):
        raise _wrong(f"a frame has not {TOKENS} tokens" if not flexible else
                     f"a frame has more than {TOKENS} tokens")  # fmt: skip
    height, width = _size(payload)
    stacks = counts.pop() if counts else _stacks(payload)
    if height * width * (1 if any(strings) else stacks * len(strings)) > _MOST:
        raise _wrong(
            f"{stacks:,} stacks of {height:,} x {width:,} pixels are more than are "
            f"decoded, {_MOST:,} pixels"
        )
    return Payload(
        strings=strings,
        stacks=stacks,
        size=(height, width),
        compat=bool(payload.get("compat", True)),
    )


def _size(payload: Mapping[str, Any]) -> tuple[int, int]:
    if payload.get("size") is not None:
        return pair(payload["size"])
    if payload.get("shape") is not None:
        return pair(_shape(payload)[-2:])
    if payload.get("latent_hw") is not None:
        height, width = pair(payload["latent_hw"])
        return height * STRIDE, width * STRIDE
    return _SIZE, _SIZE


def _stacks(payload: Mapping[str, Any]) -> int:
    """Return how many stacks there are where no token of any was sent."""
    if payload.get("shape") is None:
        return 1
    stacks, _ = pair((_shape(payload)[0], 1))
    return stacks


def _shape(payload: Mapping[str, Any]) -> list[int]:
    try:
        shape = [int(length) for length in payload["shape"]]
    except (OverflowError, TypeError, ValueError):
        shape = []
    if not shape:
        raise wrong_shape(payload["shape"])
    return shape


def _bytes(string: Any) -> bytes:
    if isinstance(string, bytes):
        return string
    return base64.b64decode(string, validate=True)


def _wrong(what: str) -> CodecError:
    return CodecError(
        f"The payload cannot be used: {what}. Give what compress returned, of the same "
        "codec."
    )
