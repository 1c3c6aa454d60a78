"""What is known when a stream of a frame cannot be decoded."""

from typing import Any

from neucobench.errors import CodecError


class DamagedFrameError(CodecError):
    """A stream is damaged, or was made with other weights; see ``before``.

    Attributes:
        stack: which of the stacks, from 0.
        frame: which of its frames, from 0.
        before: the frames before it, a tensor (time, band, y, x), standardized; None
            where it is the first.
    """

    def __init__(self, message: str, *, stack: int, frame: int, before: Any) -> None:
        super().__init__(message)
        self.stack = stack
        self.frame = frame
        self.before = before
