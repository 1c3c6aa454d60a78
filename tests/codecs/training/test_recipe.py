"""Training recipes: those that ship, and what a recipe may not say."""

import pytest
from pydantic import ValidationError

from neucobench.codecs.card import codec_card
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.training.recipe import (
    read_training_recipe,
    training_recipe_paths,
)
from neucobench.errors import CardError, UnknownNameError, UsageError


@pytest.mark.parametrize(
    "name", ["tec-elic", "tec-fp", "tec-fp-s", "tec-tt", "tec-tt-s"]
)
def test_each_learned_codec_has_a_recipe_for_all_its_rates(name):
    recipe = read_training_recipe(name)
    assert {rate.rate for rate in recipe.rates} == set(codec_card(name).rates)
    assert (recipe.name, recipe.bands) == (name, codec_card(name).bands)


@pytest.mark.parametrize("name", ["tec-elic", "tec-fp"])
def test_the_widths_are_those_of_the_published_weights(name):
    recipe = read_training_recipe(name)
    published = {entry.rate: (entry.n, entry.m) for entry in codec_card(name).weights}
    assert {rate.rate: recipe.widths(rate) for rate in recipe.rates} == published


@pytest.mark.parametrize(("name", "flexible"), [("tec-tt", False), ("flextec", True)])
def test_the_sizes_of_stacks_are_those_of_the_published_weights(name, flexible):
    recipe = read_training_recipe(name)
    assert recipe.of_stacks
    sizes = TemporalSizes(**recipe.temporal.model_dump(), flexible=flexible)
    assert sizes == TemporalSizes(flexible=flexible)
    assert recipe.architecture == ("flexible" if flexible else "temporal")


@pytest.mark.parametrize("name", ["flextec", "flextec-s"])
def test_one_set_of_weights_serves_all_qualities(name):
    assert len(read_training_recipe(name).rates) == 1


def test_recipes_of_ensembles_are_not_among_them():
    assert set(training_recipe_paths()) == {
        *("tec-elic", "tec-fp", "tec-fp-s", "tec-tt", "tec-tt-s"),
        *("flextec", "flextec-s"),
    }


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
        ({"architecture": "elic", "crop": 64, "initial": "principal"}, "not for 'elic"),
        ({"n": None}, "'factorized' needs n and m"),
        ({"frames": 4}, "for stacks only"),
        ({"augment": {"shuffle": 0.5}}, "for stacks only"),
        ({"schedule": {"rate_free": 5}}, "for stacks only"),
        ({"schedule": {"forecast": 0.5}}, "for stacks only"),
        ({"data": {"series": "(?P<place"}}, "no regular expression"),
        ({"data": {"series": ".*"}}, "needs a group"),
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


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crop": 96}, "multiple of 64 for 'temporal'"),
        ({"frames": None}, "'temporal' needs frames"),
        ({"temporal": None}, r"a table \[temporal\]"),
        ({"n": 4}, "n and m are not for 'temporal'"),
        ({"rates": [{"lambda": 1, "m": 4}]}, "n and m are not for 'temporal'"),
        ({"temporal": {"width": 16, "heads": 3}}, "heads must divide"),
        (
            {"architecture": "flexible", "temporal": {"channels": [8, 8, 8, 48]}},
            "multiple of 64, and width one of 16",
        ),
        ({"temporal": {"layers": 3}}, "not permitted"),
    ],
)
def test_what_cannot_be_of_stacks_is_refused(make_stack_recipe, changes, message):
    with pytest.raises(ValidationError, match=message):
        make_stack_recipe(**changes)
