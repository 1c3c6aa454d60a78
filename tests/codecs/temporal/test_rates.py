"""The quality that is chosen for a size, or for an error."""

import pytest

from neucobench.codecs.base import Aim
from neucobench.codecs.temporal.rates import Try, choose_quality

FRAMES, NUMBERS = 3, 1000


class Stack:
    """Take 100 bytes for each token, and be 1 dB better for each, from 20 dB on."""

    def __init__(self):
        self.tried = []

    def __call__(self, quality):
        self.tried.append(quality)
        return Try(
            quality=quality,
            streams=tuple(bytes(100 * k) for k in quality),
            psnr=20 + sum(quality) / FRAMES,
        )


def choose(aim, stack=None):
    return choose_quality(stack or Stack(), FRAMES, NUMBERS, aim)


@pytest.mark.parametrize("tokens", range(3 * 16 + 1))
def test_a_size_is_filled_as_far_as_single_frames_allow(tokens):
    choice = choose(Aim(bits=8 * 100 * (tokens + 0.5) / NUMBERS))
    assert choice.reached
    assert sum(choice.best.quality) == tokens
    assert choice.best.quality == tuple(sorted(choice.best.quality, reverse=True))


@pytest.mark.parametrize("tokens", range(3 * 16 + 1))
def test_an_error_takes_no_more_than_it_needs(tokens):
    choice = choose(Aim(psnr=20 + (tokens - 0.5) / FRAMES))
    assert choice.reached
    assert sum(choice.best.quality) == tokens
    assert choice.best.quality == tuple(sorted(choice.best.quality, reverse=True))


def test_a_size_that_is_met_exactly_is_within():
    assert choose(Aim(bits=8 * 300 / NUMBERS)).best.quality == (1, 1, 1)


def test_an_error_that_no_quality_reaches_takes_the_highest_and_says_so():
    choice = choose(Aim(psnr=40))
    assert (choice.reached, choice.best.quality) == (False, (16, 16, 16))


def test_a_size_that_no_quality_is_within_takes_the_lowest_and_says_so():
    stack = Stack()

    def padded(quality):
        found = stack(quality)
        return Try(quality=quality, streams=(*found.streams, bytes(500)))

    choice = choose(Aim(bits=8 * 400 / NUMBERS), padded)
    assert (choice.reached, choice.best.quality) == (False, (0, 0, 0))


def test_no_more_than_five_qualities_for_all_frames_are_tried():
    stack = Stack()
    choose(Aim(bits=4.5), stack)
    even = [quality for quality in stack.tried if len(set(quality)) == 1]
    assert len(even) <= 5
    assert len(stack.tried) <= 5 + FRAMES
