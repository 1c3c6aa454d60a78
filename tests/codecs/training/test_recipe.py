"""Training recipes: those that ship, and what a recipe may not say."""

import pytest
from pydantic import ValidationError

from neucobench.codecs.card import codec_card
from neucobench.codecs.training.recipe import (
    read_training_recipe,
    training_recipe_paths,
)
from neucobench.errors import CardError, UnknownNameError, UsageError


@pytest.mark.parametrize("name", ["tec-elic", "tec-fp", "tec-fp-s"])
def test_each_learned_codec_has_a_recipe_for_all_its_rates(name):
    recipe = read_training_recipe(name)
    assert {rate.rate for rate in recipe.rates} == set(codec_card(name).rates)
    assert (recipe.name, recipe.bands) == (name, codec_card(name).bands)


@pytest.mark.parametrize("name", ["tec-elic", "tec-fp"])
def test_the_widths_are_those_of_the_published_weights(name):
    recipe = read_training_recipe(name)
    published = {entry.rate: (entry.n, entry.m) for entry in codec_card(name).weights}
    assert {rate.rate: recipe.widths(rate) for rate in recipe.rates} == published


def test_recipes_of_ensembles_are_not_among_them():
    assert set(training_recipe_paths()) == {"tec-elic", "tec-fp", "tec-fp-s"}


def test_a_recipe_of_an_ensemble_says_which_command_takes_it(checkout):
    path = checkout / "codecs" / "recipes" / "mosaiks-1024.toml"
    with pytest.raises(CardError, match=r"neucobench encode CUBES --encoder"):
        read_training_recipe(str(path))


def test_an_unknown_name_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="'tec-fp'"):
        read_training_recipe("tec-pf")


def test_a_rate_that_the_recipe_lacks_lists_those_it_has(make_recipe):
    recipe = make_recipe(rates=[{"lambda": 40}, {"lambda": 0.5}])
    with pytest.raises(UsageError, match=r"no rate 7; it has 40, 0\.5"):
        recipe.rate(7)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop": 40}, "multiple of 16"),
        ({"architecture": "elic", "crop": 32}, "multiple of 64"),
        ({"architecture": "elic", "crop": 64, "initial": "principal"}, "factorized"),
        ({"rates": [{"lambda": 1}, {"lambda": 1}]}, "there twice"),
        ({"rates": [{"lambda": 1, "start": 2}, {"lambda": 2}]}, "further up"),
        ({"rates": [{"lambda": 1, "start": 1}]}, "further up"),
        ({"rates": [{"lambda": 1}, {"lambda": 2, "start": 1, "n": 5}]}, "another n"),
        ({"rates": []}, "at least 1"),
        ({"learning_rate": 1}, "not permitted"),
        ({"optimizer": {"clip": 0}}, "greater than 0"),
    ],
)
def test_what_cannot_be_is_refused(make_recipe, changes, message):
    with pytest.raises(ValidationError, match=message):
        make_recipe(**changes)
