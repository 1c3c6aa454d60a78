"""The schedule of the learning rate, and the averaged weights."""

import pytest
import torch
from torch import nn

from neucobench.codecs.training.optimizers import Average, Optimizers, learning_rate
from neucobench.codecs.training.settings import Optimizer, Schedule

STEPS = 1000


def rates(**settings):
    schedule = Schedule.model_validate({"warm_up": 100, "begin": 0.5} | settings)
    return [learning_rate(step, STEPS, 1.0, schedule) for step in range(1, STEPS + 1)]


@pytest.mark.parametrize("decay", ["constant", "cosine", "step"])
def test_it_rises_over_the_warm_up_and_stays_until_it_falls(decay):
    found = rates(decay=decay)
    assert found[0] == pytest.approx(0.01)
    assert found[49] == pytest.approx(0.5)
    assert set(found[99:500]) == {1.0}


def test_the_cosine_ends_at_the_last_share():
    found = rates(decay="cosine", last=0.02)
    assert found[749] == pytest.approx(0.51)
    assert found[-1] == pytest.approx(0.02)
    assert found[500:] == sorted(found[500:], reverse=True)


def test_the_steps_are_tenfold():
    assert set(rates(decay="step")[500:]) == {0.1, 0.01}


def test_without_a_warm_up_the_first_step_has_the_full_rate():
    assert rates(warm_up=0)[0] == 1.0


def test_the_average_follows_the_weights_and_leaves_them_alone():
    net = nn.Linear(1, 1, bias=False)
    average = Average(net, decay=0.5)
    with torch.no_grad():
        for step in range(1, 60):
            net.weight.fill_(4.0 if step > 20 else -1.0)
            average.update(step)
    assert average.values["weight"].item() == pytest.approx(4.0, abs=1e-3)
    average.values["weight"].fill_(7.0)
    with average.in_place():
        assert net.weight.item() == 7.0
    assert net.weight.item() == 4.0


def test_the_first_weights_do_not_linger_in_the_average():
    net = nn.Linear(1, 1, bias=False)
    nn.init.constant_(net.weight, 100.0)
    average = Average(net, decay=0.9999)
    nn.init.constant_(net.weight, 1.0)
    for step in range(1, 101):
        average.update(step)
    assert average.values["weight"].item() == pytest.approx(1.0, abs=1e-3)


def test_the_transforms_of_stacks_can_learn_more_slowly():
    net = torch.nn.ModuleDict(
        {"transform": torch.nn.Linear(2, 1), "entropy_model": torch.nn.Linear(2, 1)}
    )
    before = {name: value.clone() for name, value in net.state_dict().items()}
    optimizers = Optimizers(net, Optimizer(transforms=0.25))
    x = torch.ones(1, 2)
    loss = net["transform"](x).sum() + net["entropy_model"](x).sum()
    optimizers.step(loss, 1e-2, step=1)
    moved = {
        name: float((value - before[name]).detach().abs().max())
        for name, value in net.state_dict().items()
    }
    assert moved["entropy_model.weight"] == pytest.approx(1e-2, rel=1e-3)
    assert moved["transform.weight"] == pytest.approx(0.25e-2, rel=1e-3)
