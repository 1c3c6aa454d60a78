"""A small store of what takes long to make: made once, however many ask at once."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")


class SingleFlight:
    """Keep the latest few values; who asks for one that is being made waits for it.

    It may be used from several threads. A value that could not be made is not kept.

    Args:
        most: how many values are kept; the one unused for longest goes first.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Any] = OrderedDict()
        self._pending: dict[Hashable, Future[Any]] = {}
        self._lock = Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, which ``make`` makes when it is not there."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                kept: T = self._kept[key]
                return kept
            pending = self._pending.get(key)
            if pending is None:
                mine: Future[T] = Future()
                self._pending[key] = mine
        if pending is not None:
            made: T = pending.result()
            return made
        return self._make(key, make, mine)

    def _make(self, key: Hashable, make: Callable[[], T], future: Future[T]) -> T:
        try:
            value = make()
        except BaseException as error:
            with self._lock:
                del self._pending[key]
            future.set_exception(error)
            raise
        with self._lock:
            self._kept[key] = value
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            del self._pending[key]
        future.set_result(value)
        return value
