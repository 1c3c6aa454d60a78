"""Windows: cut as published, put together again, at any size."""

import itertools

import numpy as np
import pytest
import torch

from neucobench.codecs.temporal.windows import (
    context_windows,
    decoder_windows,
    join_windows,
    repack,
    window_grid,
)

SIZES = [(8, 8), (6, 7), (4, 12)]
CASES = list(itertools.product(SIZES, ["plain", "repacked"]))


def numbered(*shape: int) -> torch.Tensor:
    return torch.arange(np.prod(shape), dtype=torch.float32).reshape(shape)


@pytest.mark.parametrize(("size", "kind"), CASES)
@pytest.mark.parametrize("what", ["decoder", "context"])
def test_windows_lie_as_published(coder_numbers, size, kind, what):
    height, width = size
    cut = {"decoder": decoder_windows, "context": context_windows}[what]
    found = cut(numbered(1, 64, height, width), flexible=kind == "repacked")
    wanted = coder_numbers[f"windows_C64_H{height}_W{width}_{kind}_{what}"]
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(("size", "kind"), CASES)
def test_windows_are_joined_as_published(coder_numbers, size, kind):
    rows, columns = window_grid(*size)
    tokens = numbered(rows * columns, 16, 48)
    found = join_windows(tokens, *size, flexible=kind == "repacked")
    height, width = size
    wanted = coder_numbers[f"windows_C64_H{height}_W{width}_{kind}_unpatch48"]
    np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (2, 3), (3, 9), (5, 5), (16, 7)])
@pytest.mark.parametrize("flexible", [False, True])
def test_latents_of_any_size_come_back(size, flexible):
    latents = numbered(2, 16, *size)
    tokens = decoder_windows(latents, flexible=flexible)
    assert torch.equal(join_windows(tokens, *size, flexible=flexible), latents)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (5, 6)])
def test_each_window_has_its_surroundings(size):
    latents = numbered(3, 4, *size)
    assert len(context_windows(latents, flexible=False)) == len(
        decoder_windows(latents, flexible=False)
    )


def test_the_middle_of_the_surroundings_is_the_window():
    latents = numbered(1, 2, 12, 12)
    surroundings = context_windows(latents, flexible=False).reshape(9, 8, 8, 2)
    windows = decoder_windows(latents, flexible=False).reshape(9, 4, 4, 2)
    assert torch.equal(surroundings[:, 2:6, 2:6], windows)


def test_repacking_twice_changes_nothing():
    tokens = numbered(2, 16, 48)
    assert not torch.equal(repack(tokens), tokens)
    assert torch.equal(repack(repack(tokens)), tokens)


def test_the_first_repacked_token_holds_channels_of_all_positions():
    tokens = numbered(1, 16, 32)
    first = repack(tokens)[0, 0].reshape(16, 2)
    assert torch.equal(first, tokens[0, :, :2])
