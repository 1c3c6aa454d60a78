"""Reducers from text and from recipes."""

import pytest

from neucobench.encoders.reducers.autoencoder import Autoencoder
from neucobench.encoders.reducers.cluster_map import ClusterMap
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.parse import (
    make_reducer,
    parse_reducer,
    reducer_names,
)
from neucobench.encoders.reducers.pca import Pca
from neucobench.encoders.reducers.whiten import Whiten
from neucobench.errors import UnknownNameError, UsageError


@pytest.mark.parametrize(
    ("text", "reducer"),
    [
        ("pca", Pca()),
        ("pca:", Pca()),
        ("pca:solver=streaming,seed=3", Pca(solver="streaming", seed=3)),
        ("pca:dims=16,whiten=yes", Pca(dims=16, whiten=True)),
        ("pca:whiten=False", Pca(whiten=False)),
        ("whiten:eps=1e-3", Whiten(eps=1e-3)),
        ("l2", L2()),
        ("cluster-map:cuts=40,20,seed=3", ClusterMap(cuts="40,20", seed=3)),
        ("cluster-map:seed=3,cuts=7", ClusterMap(cuts="7", seed=3)),
        (
            "autoencoder:weights=prithvi=2.0,croma=0.5,epochs=3,dropout=0",
            Autoencoder(weights="prithvi=2.0,croma=0.5", epochs=3, dropout=0.0),
        ),
    ],
)
def test_text_is_read(text, reducer):
    assert parse_reducer(text) == reducer


@pytest.mark.parametrize(
    ("name", "options", "reducer"),
    [
        ("pca", {"dims": 9, "whiten": True}, Pca(dims=9, whiten=True)),
        ("pca", {"dims": "9"}, Pca(dims=9)),
        ("autoencoder", {"lr": 1}, Autoencoder(lr=1.0)),
        (
            "autoencoder",
            {"weights": {"a": 2.0, "b": 1}, "milestones": [0.5, 0.75]},
            Autoencoder(weights="a=2.0,b=1", milestones="0.5,0.75"),
        ),
        ("cluster-map", {"cuts": [40, 20]}, ClusterMap(cuts="40,20")),
        ("cluster-map", {"cuts": "40,20"}, ClusterMap(cuts="40,20")),
    ],
)
def test_typed_values_are_taken(name, options, reducer):
    assert make_reducer(name, options) == reducer


def test_every_name_makes_a_reducer_of_that_name():
    for name in reducer_names():
        assert parse_reducer(name).name == name


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("pcs", "mean 'pca'"),
        ("truncate_svd", "truncated-svd"),
        ("", "Known: autoencoder"),
        ("zzz", "Known: autoencoder, cluster-map, l2"),
    ],
)
def test_an_unknown_reducer_is_refused_with_the_nearest_names(text, hint):
    with pytest.raises(UnknownNameError, match=hint):
        parse_reducer(text)


@pytest.mark.parametrize("name", ["chain", "per-block"])
def test_what_is_made_of_reducers_cannot_be_named(name):
    with pytest.raises(UsageError, match="name them one by one, or write a recipe"):
        make_reducer(name, {})


@pytest.mark.parametrize("text", ["pca:solvr=exact", "cluster-map:cut=4"])
def test_an_unknown_option_is_refused_with_the_nearest_names(text):
    with pytest.raises(UnknownNameError, match=r"Did you mean '(solver|cuts)'"):
        parse_reducer(text)


def test_a_reducer_without_options_refuses_one():
    with pytest.raises(UnknownNameError, match="option of the reducer 'l2'"):
        parse_reducer("l2:dims=3")


@pytest.mark.parametrize(
    "text", ["pca:exact", "pca:dims=3,4", "pca:dims=3,dims=4", "pca:,", "l2:x"]
)
def test_text_that_is_no_list_of_options_is_refused(text):
    with pytest.raises(UsageError, match="options follow the name as option=value"):
        parse_reducer(text)


@pytest.mark.parametrize(
    ("options", "accepted"),
    [
        ({"dims": "many"}, "an integer"),
        ({"dims": 3.0}, "an integer"),
        ({"dims": True}, "an integer"),
        ({"dims": [3]}, "an integer"),
        ({"whiten": "maybe"}, "true or false"),
        ({"whiten": 1}, "true or false"),
        ({"solver": 3}, "a text"),
        ({"solver": ["exact"]}, "a text"),
    ],
)
def test_a_value_of_another_kind_is_refused(options, accepted):
    with pytest.raises(UsageError, match=f"'pca' got .* it takes {accepted}"):
        make_reducer("pca", options)


def test_a_value_that_is_not_accepted_is_refused_by_the_reducer():
    with pytest.raises(UsageError, match="it takes: auto, exact, streaming"):
        parse_reducer("pca:solver=arpack")


@pytest.mark.parametrize("cuts", [[40, True], [[1]], {"a": 1}])
def test_a_list_of_other_things_than_numbers_is_refused(cuts):
    with pytest.raises(UsageError, match="numbers above 0"):
        make_reducer("cluster-map", {"cuts": cuts})
