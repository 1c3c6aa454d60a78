"""Draws from torch's global state that leave it as it was."""

import threading

import pytest
import torch

from neucobench.encoders.pretrained.torch_draws import torch_draws


def _draw(seed: int) -> torch.Tensor:
    with torch_draws(seed):
        return torch.rand(4)


def test_equal_seeds_give_equal_draws_and_0_is_a_seed():
    assert torch.equal(_draw(0), _draw(0))
    assert not torch.equal(_draw(0), _draw(1))


def test_the_global_state_is_given_back():
    state = torch.get_rng_state()
    _draw(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_the_global_state_is_given_back_after_an_error():
    state = torch.get_rng_state()
    with pytest.raises(RuntimeError), torch_draws(3):
        torch.rand(4).reshape(3)
    assert torch.equal(torch.get_rng_state(), state)


def test_threads_draw_one_after_the_other():
    drawn = {}

    def build(seed):
        with torch_draws(seed):
            drawn[seed] = torch.cat([torch.rand(1000) for _ in range(50)])

    threads = [threading.Thread(target=build, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed, values in drawn.items():
        with torch_draws(seed):
            assert torch.equal(values[:1000], torch.rand(1000))
            assert torch.equal(values[1000:2000], torch.rand(1000))
