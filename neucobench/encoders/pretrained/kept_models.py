"""Models that stay loaded: once in a process, whatever number of threads asks."""

from collections.abc import Callable
from functools import lru_cache, update_wrapper
from inspect import signature
from pathlib import Path
from threading import Lock
from typing import Any, Generic, ParamSpec, TypeVar

# An ensemble may have several models of a kind, and needs all of them for each batch.
MOST = 16

Arguments = ParamSpec("Arguments")
Model = TypeVar("Model")


class KeptModels(Generic[Arguments, Model]):
    """Call a function that loads a model, and keep what it returns.

    The same arguments give the same model. A file of weights that was changed since is
    read again, and one thread loads at a time: the others wait for its model.

    Args:
        load: one of its parameters is ``weights``, a path or None; all arguments are
            hashable.
    """

    def __init__(self, load: Callable[Arguments, Model]) -> None:
        self._parameters = signature(load)
        self._loading = Lock()
        self._kept: Any = lru_cache(maxsize=MOST)(
            lambda _changed, *values, **named: load(*values, **named)
        )
        update_wrapper(self, load)

    def __call__(self, *values: Arguments.args, **named: Arguments.kwargs) -> Model:
        """Return the model; see the function itself."""
        weights = self._parameters.bind(*values, **named).arguments.get("weights")
        with self._loading:
            model: Model = self._kept(_changed(weights), *values, **named)
        return model

    def cache_clear(self) -> None:
        """Forget all models."""
        self._kept.cache_clear()


def _changed(weights: Any) -> tuple[int, int] | None:
    """Return when a file was changed, and its size; None when there is no file."""
    try:
        status = Path(weights).expanduser().stat()
    except (OSError, TypeError):
        return None
    return status.st_mtime_ns, status.st_size
