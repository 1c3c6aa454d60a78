from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from neucobench.server.boards.cache import SingleFlight


def test_many_who_ask_at_once_have_it_made_once():
    cache, made, start, go = SingleFlight(most=4), [], Barrier(8), Event()

    def make():
        made.append(1)
        go.wait(5)
        return "value"

    def ask(_):
        start.wait()
        return cache.get("key", make)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(ask, number) for number in range(8)]
        go.set()
        assert {future.result() for future in asked} == {"value"}
    assert made == [1]


def test_what_could_not_be_made_is_tried_again():
    cache = SingleFlight(most=4)

    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.get("key", fail)
    assert cache.get("key", lambda: 7) == 7


def test_the_one_unused_for_longest_goes_first():
    cache = SingleFlight(most=2)
    for key in ("a", "b", "a", "c"):
        cache.get(key, lambda key=key: key)
    assert cache.get("a", lambda: "new") == "a"
    assert cache.get("b", lambda: "new") == "new"
