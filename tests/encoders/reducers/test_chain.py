"""Reducers one after the other."""

import numpy as np
import pytest

from neucobench.encoders.reducers.autoencoder import Autoencoder
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.scale import Scale
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.truncate import Truncate
from neucobench.errors import InputError, UsageError

STEPS = (Standardize(), Pca(dims=7), L2())


def test_each_step_is_fitted_on_what_the_one_before_it_gives(features, blocks):
    fitted = Chain(steps=STEPS).fit(features, blocks)
    current, taken = features, blocks
    for step in STEPS:
        alone = step.fit(current, taken)
        current, taken = alone.transform(current), alone.blocks
    np.testing.assert_array_equal(fitted.transform(features), current)
    assert fitted.blocks == taken


def test_blocks_reach_the_steps_that_need_them(features, blocks):
    small = Autoencoder(dims=3, hidden=4, epochs=1, weights="b=2")
    chain = Chain(steps=(Scale(), Truncate(dims=10), small))
    fitted = chain.fit(features, blocks)
    assert [block.name for block in fitted.blocks] == ["a+b"]


@pytest.mark.parametrize(
    ("steps", "fits"), [((L2(), Truncate()), False), ((L2(), Pca()), True)]
)
def test_a_chain_learns_when_a_step_does(steps, fits):
    assert Chain(steps=steps).fits == fits


def test_a_chain_of_one_is_that_one(features, blocks):
    chained = Chain(steps=(Pca(dims=4),)).fit(features, blocks)
    alone = Pca(dims=4).fit(features, blocks)
    np.testing.assert_array_equal(
        chained.transform(features), alone.transform(features)
    )


def test_a_chain_of_nothing_is_refused():
    with pytest.raises(UsageError, match="needs at least one"):
        Chain(steps=())


def test_saved_steps_that_do_not_fit_together_are_refused(features, blocks):
    state = Chain(steps=(Pca(dims=9), Truncate(dims=4))).fit(features, blocks).state()
    for children in (state.children[::-1], ()):
        broken = type(state)(**vars(state) | {"children": children})
        with pytest.raises(InputError, match="do not take what the step before"):
            Chain.restore(broken)
