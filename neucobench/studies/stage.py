"""How a study that takes several steps reports its progress."""

from collections.abc import Callable
from contextlib import AbstractContextManager

# Called with what is done and how much there is.
Advance = Callable[[int, int], None]
# Called with a description and a unit; its context yields the function to call.
Stage = Callable[[str, str], AbstractContextManager[Advance]]
