"""The exceptions of NeuCo-Bench.

::

    NeucoError
    ├── InputError (ValueError)            bad or missing input; the command exits 1
    │   ├── CardError                      a TOML card or a configuration file
    │   ├── CodecError                     a codec's weights, or what it has to code
    │   │   └── ContainerError             a coded file that is damaged or no container
    │   ├── CubeError                      a data cube or a folder of cubes
    │   ├── EmbeddingError                 an embedding file
    │   ├── LabelError                     a label file or a label folder
    │   ├── ResultError                    an evaluation, a results folder or a board
    │   └── TaskFailure                    one task cannot be scored; the others go on
    ├── DownloadError (OSError)            the hub cannot be reached or disagrees
    ├── MissingExtraError (ImportError)    an optional package is not installed
    └── UsageError (LookupError)           the command line is wrong; exits 2
        └── UnknownNameError               a name that no card or registry has

A message is a sentence in three parts: what was given, what is accepted, what to
do next.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from functools import partial


class NeucoError(Exception):
    """Any error that NeuCo-Bench raises on purpose."""


class InputError(NeucoError, ValueError):
    """The input is bad or missing."""


class CardError(InputError):
    """A TOML card or a configuration file does not say what it must."""


class CodecError(InputError):
    """The weights of a codec, or the pixels it is given, cannot be used."""


class ContainerError(CodecError):
    """A coded file is damaged, or is no container, or needs other weights."""


class CubeError(InputError):
    """A data cube, or a folder of cubes, cannot be used."""


class EmbeddingError(InputError):
    """An embedding file cannot be used."""


class LabelError(InputError):
    """A label file, or a folder of label files, cannot be used."""


class ResultError(InputError):
    """An evaluation, a results folder or a board cannot be used."""


class TaskFailure(InputError):  # noqa: N818 - an outcome that a result records
    """One task cannot be scored; the message says why, the other tasks go on."""


class DownloadError(NeucoError, OSError):
    """The hub cannot be reached, or what it sent does not match its digest."""


class MissingExtraError(NeucoError, ImportError):
    """An optional package is missing.

    Args:
        package: the package that could not be imported.
        extra: the extra of NeuCo-Bench that installs it.
    """

    def __init__(self, package: str, *, extra: str) -> None:
        super().__init__(
            f"This needs the package {package!r}, which is not installed. "
            f"Install it with: pip install 'neucobench[{extra}]'"
        )
        self._named = package, extra

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel from a worker of a cluster."""
        package, extra = self._named
        return partial(type(self), package, extra=extra), ()


class UsageError(NeucoError, LookupError):
    """The command line, or a call, names something that does not exist."""

    def __str__(self) -> str:
        """Return the sentence itself; ``LookupError`` would quote it."""
        return str(self.args[0]) if self.args else ""


class UnknownNameError(UsageError):
    """A name is not known; the message carries the nearest ones.

    Args:
        kind: what was asked for, e.g. ``"task"``.
        name: the name that was given.
        known: the names that exist.
    """

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = "Did you mean " + " or ".join(repr(item) for item in near) + "?"
        else:
            # Names come from files too: control characters must not reach a terminal.
            shown = [item if item.isprintable() else repr(item) for item in names]
            hint = "Known: " + (", ".join(shown) or "none") + "."
        super().__init__(f"There is no {kind} named {name!r}. {hint}")
        self.kind = kind
        self.name = name
