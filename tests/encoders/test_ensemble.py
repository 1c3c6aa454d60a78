"""Recipes: several blocks side by side, each with its own reducer and weight."""

import json

import numpy as np
import pytest

from neucobench.embeddings.files import read_embeddings, write_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.baselines.bandstats import BandStatsEncoder
from neucobench.encoders.baselines.mean import MeanEncoder
from neucobench.encoders.load import load_encoder
from neucobench.encoders.reducers.l2 import L2
from neucobench.encoders.reducers.standardize import Standardize
from neucobench.encoders.reducers.state import load_fitted
from neucobench.encoders.running.run import encode_folder
from neucobench.errors import (
    CardError,
    CubeError,
    InputError,
    UnknownNameError,
    UsageError,
)

HEAD = 'kind = "ensemble"\nname = "two"\ntitle = "Two"\ndescription = "Two blocks."\n'
TWO = """
[[blocks]]
encoder = "mean"

[[blocks]]
name = "statistics"
encoder = "bandstats"
weight = 2.0
"""
LAST = """
class Last:
    name, modalities, dims, seasons = "last", ("s1",), 2, (3,)

    def encode(self, batch):
        return batch.arrays["s1"].mean(axis=(3, 4))[:, 0]
"""


@pytest.fixture
def recipe(tmp_path):
    """Return a function that writes a recipe ``two.toml``."""

    def write(body: str = TWO) -> str:
        path = tmp_path / "two.toml"
        path.write_text(HEAD + body)
        return str(path)

    return write


@pytest.fixture
def tables(tmp_path):
    """Return a function that writes an embedding file into ``blocks/``."""

    def write(name: str, ids: str, dims: int, seed: int = 0, ending: str = "parquet"):
        values = np.random.default_rng(seed).normal(size=(len(ids), dims))
        table = EmbeddingTable(ids=tuple(ids), values=values.astype("f4"))
        folder = tmp_path / "blocks"
        folder.mkdir(exist_ok=True)
        write_embeddings(table, folder / f"{name}.{ending}")
        return table

    return write


def test_blocks_stand_side_by_side_each_with_its_weight(recipe, cubes, tmp_path):
    report = encode_folder(cubes, load_encoder(recipe()), tmp_path / "two.npz")
    values = read_embeddings(report.out).values
    mean = encode_folder(cubes, MeanEncoder(), tmp_path / "mean.npz").out
    other = encode_folder(cubes, BandStatsEncoder(), tmp_path / "other.npz").out
    np.testing.assert_array_equal(values[:, :1024], read_embeddings(mean).values)
    np.testing.assert_array_equal(values[:, 1024:], 2 * read_embeddings(other).values)


def test_the_balance_says_what_each_block_holds(recipe, cubes, tmp_path):
    report = encode_folder(cubes, load_encoder(recipe()), tmp_path / "two.npz")
    assert [(share.name, share.dims) for share in report.balance] == [
        ("mean", 1024),
        ("statistics", report.dims - 1024),
    ]
    values = read_embeddings(report.out).values.astype("f8")
    spread = (values - values.mean()) ** 2
    expected = spread[:, :1024].sum() / spread.sum()
    assert report.balance[0].share == pytest.approx(expected, rel=1e-6)
    assert sum(share.column_share for share in report.balance) == pytest.approx(1)


def test_blocks_and_the_whole_have_reducers(recipe, cubes, tmp_path):
    body = TWO.replace("weight = 2.0", 'reduce = [{ reducer = "pca", dims = 5 }]')
    body += '\n[[reduce]]\nreducer = "standardize"\n[[reduce]]\n'
    body += 'reducer = "truncate"\ndims = 1026\n'
    report = encode_folder(cubes, load_encoder(recipe(body)), tmp_path / "two.npz")
    assert (report.dims, report.transductive) == (1026, True)
    metadata = read_embeddings(report.out).metadata
    shares = [(share.name, share.dims) for share in report.balance]
    assert shares == [("mean", 1024), ("statistics", 2)]
    names = [step["reducer"] for step in json.loads(metadata["reducer"])["steps"]]
    assert names == ["PerBlock", "Standardize", "Truncate"]


def test_what_was_fitted_serves_other_cubes(recipe, cubes, other_cubes, tmp_path):
    spec = recipe(TWO.replace("weight = 2.0", 'reduce = [{ reducer = "pca" }]'))
    first = encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")
    state = load_fitted(first.state)
    second = encode_folder(
        other_cubes, load_encoder(spec), tmp_path / "b.npz", state=state
    )
    assert (first.transductive, second.transductive) == (True, False)
    # They have the pixels of the first five of the first folder.
    np.testing.assert_array_equal(
        read_embeddings(second.out).values, read_embeddings(first.out).values[:5]
    )


def test_the_embedding_file_names_its_state(recipe, cubes, tmp_path):
    spec = recipe(TWO.replace("weight = 2.0", 'reduce = [{ reducer = "pca" }]'))
    first = encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")
    assert load_fitted(first.out).digest == load_fitted(first.state).digest


def test_a_state_that_was_fitted_on_the_same_cubes_stays_transductive(
    recipe, cubes, tmp_path
):
    spec = recipe(TWO.replace("weight = 2.0", 'reduce = [{ reducer = "pca" }]'))
    first = encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")
    state = load_fitted(first.state)
    second = encode_folder(cubes, load_encoder(spec), tmp_path / "b.npz", state=state)
    assert second.transductive


def test_a_state_of_another_encoder_is_refused(recipe, cubes, tmp_path):
    spec = recipe(TWO.replace("weight = 2.0", 'reduce = [{ reducer = "pca" }]'))
    first = encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")
    with pytest.raises(InputError, match="fitted with the encoder 'two'"):
        encode_folder(
            cubes, MeanEncoder(), tmp_path / "b.npz", state=load_fitted(first.state)
        )


def test_options_of_a_block_are_given_by_its_name(recipe):
    encoder = load_encoder(recipe(), options={"mean.corrected": "true"})
    assert "mean-corrected" in encoder.options["mean"]
    with pytest.raises(UnknownNameError, match="Did you mean 'statistics"):
        load_encoder(recipe(), options={"statistic.shift": "0"})


def test_weights_are_given_for_a_block(recipe):
    with pytest.raises(UsageError, match=r"--option BLOCK\.weights"):
        load_encoder(recipe(), weights="a.pt")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("", "blocks: Field required"),
        ("[[blocks]]\nname = 'a'", "either 'encoder' or 'tables'"),
        (TWO + "[[blocks]]\nencoder = 'mean'", "same name"),
        (TWO + "weigth = 1", "weigth: Extra inputs"),
    ],
)
def test_a_wrong_recipe_is_a_sentence(recipe, body, sentence):
    with pytest.raises(CardError, match=sentence):
        load_encoder(recipe(body))


def test_an_unknown_reducer_in_a_recipe_is_answered_with_the_nearest(recipe):
    with pytest.raises(UnknownNameError, match="Did you mean 'pca'"):
        load_encoder(recipe(TWO + "reduce = [{ reducer = 'pcs' }]"))


@pytest.mark.parametrize("name", ["table", "mosaiks-1024", "other.toml"])
def test_a_block_is_no_recipe(recipe, name):
    with pytest.raises(InputError, match="a block takes one encoder"):
        load_encoder(recipe(f"[[blocks]]\nencoder = '{name}'\n"))


def test_a_cube_without_the_season_of_a_block_is_left_out(
    recipe, own_cubes, tmp_path, cube_writer
):
    make, write = cube_writer
    write(own_cubes, "0001", make(1, seasons=2))
    (tmp_path / "last.py").write_text(LAST)
    body = f"[[blocks]]\nname = 'last'\nencoder = '{tmp_path / 'last.py'}:Last'\n"
    report = encode_folder(own_cubes, load_encoder(recipe(body)), tmp_path / "a.npz")
    assert (report.rows, report.left_out) == (4, 1)
    assert "'0001': s1 has 2 seasons" in report.findings[0].message


# Tables


def test_tables_alone_need_no_cubes(recipe, tables, tmp_path):
    first, second = tables("one", "abcd", 3), tables("other", "dcba", 2, seed=1)
    spec = recipe("[[blocks]]\ntables = ['one', 'other']\n")
    folder = tmp_path / "blocks"
    encoder = load_encoder(spec, cubes=folder)
    report = encode_folder(folder, encoder, tmp_path / "joined.npz")
    table = read_embeddings(report.out)
    assert table.ids == tuple("abcd")
    np.testing.assert_array_equal(table.values[:, :3], first.values)
    np.testing.assert_array_equal(table.values[:, 3:], second.values[::-1])


def test_an_id_that_a_table_lacks_is_left_out_and_named(recipe, tables, tmp_path):
    tables("one", "abcd", 3)
    tables("other", "abd", 2)
    spec = recipe("[[blocks]]\ntables = ['one']\n[[blocks]]\ntables = ['other']\n")
    encoder = load_encoder(spec, cubes=tmp_path / "blocks")
    report = encode_folder(tmp_path / "blocks", encoder, tmp_path / "joined.npz")
    assert (report.rows, report.left_out) == (3, 1)
    assert "other.parquet has no row for the cube 'c'" in report.findings[0].message


def test_a_table_may_stand_beside_an_encoder(recipe, tables, cubes, tmp_path):
    ids = tuple(f"{number:04d}" for number in range(12))
    own = EmbeddingTable(ids=ids, values=np.ones((12, 2), "f4"))
    write_embeddings(own, tmp_path / "own.csv")
    spec = recipe(TWO + "[[blocks]]\ntables = ['own.csv']\n")
    report = encode_folder(cubes, load_encoder(spec), tmp_path / "two.npz")
    assert report.balance[-1].name == "own"
    assert (read_embeddings(report.out).values[:, -2:] == 1).all()


def test_a_table_that_changed_makes_another_file(recipe, tables, tmp_path):
    tables("one", "abcd", 3)
    spec, folder = recipe("[[blocks]]\ntables = ['one']\n"), tmp_path / "blocks"
    encode_folder(folder, load_encoder(spec, cubes=folder), tmp_path / "a.npz")
    tables("one", "abcd", 3, seed=7)
    with pytest.raises(InputError, match="--overwrite"):
        encode_folder(folder, load_encoder(spec, cubes=folder), tmp_path / "a.npz")


def test_a_missing_table_says_where_it_was_looked_for(recipe, tmp_path):
    with pytest.raises(InputError, match=r"'clip' was not found in .* put clip\.parq"):
        load_encoder(recipe("[[blocks]]\ntables = ['clip']\n"))


def test_the_rows_of_a_file_can_be_reduced_and_stored(tables, tmp_path):
    tables("one", "abcdefgh", 5)
    file = tmp_path / "blocks" / "one.parquet"
    encoder = load_encoder("table", cubes=file)
    report = encode_folder(file, encoder, tmp_path / "small.npz", storage="int8")
    assert (report.storage, report.bytes_per_vector) == ("int8", 5)
    assert report.transductive


@pytest.mark.parametrize("path", [None, "cubes"])
def test_the_table_encoder_needs_an_embedding_file(path):
    with pytest.raises(UsageError, match="reads an embedding file"):
        load_encoder("table", cubes=path)


def test_a_state_of_tables_serves_other_tables(recipe, tables, tmp_path):
    spec = recipe("[[blocks]]\ntables = ['one']\nreduce = [{ reducer = 'pca' }]\n")
    folder = tmp_path / "blocks"
    tables("one", "abcdefgh", 3)
    first = encode_folder(folder, load_encoder(spec, cubes=folder), tmp_path / "a.npz")
    tables("one", "stuv", 3, seed=5)
    encoder, state = load_encoder(spec, cubes=folder), load_fitted(first.state)
    second = encode_folder(folder, encoder, tmp_path / "b.npz", state=state)
    assert (second.rows, second.transductive) == (4, False)


def test_a_recipe_with_another_reducer_refuses_the_state(recipe, cubes, tmp_path):
    def body(dims: int) -> str:
        return TWO + f"[[reduce]]\nreducer = 'pca'\ndims = {dims}\n"

    first = encode_folder(cubes, load_encoder(recipe(body(5))), tmp_path / "a.npz")
    state = load_fitted(first.state)
    with pytest.raises(InputError, match="other reducers than 'two' ends in"):
        encode_folder(
            cubes, load_encoder(recipe(body(4))), tmp_path / "b.npz", state=state
        )


def test_a_table_that_was_fitted_on_its_cubes_stays_so(cubes, tmp_path):
    first = encode_folder(
        cubes, MeanEncoder(), tmp_path / "a.parquet", reduce=[Standardize()]
    )
    encoder = load_encoder("table", cubes=first.out)
    report = encode_folder(first.out, encoder, tmp_path / "b.parquet", reduce=[L2()])
    assert report.transductive
    (source,) = json.loads(read_embeddings(report.out).metadata["tables"])
    assert (source["encoder"], source["file"]) == ("mean", "a.parquet")


def test_what_is_wrong_with_a_table_is_a_finding_of_the_run(tmp_path):
    file = tmp_path / "holes.csv"
    file.write_text("id,0,1\na,1,\nb,2,3\n")
    encoder = load_encoder("table", cubes=file)
    report = encode_folder(file, encoder, tmp_path / "b.parquet")
    assert report.findings
    with pytest.raises(CubeError, match="--strict"):
        encode_folder(file, encoder, tmp_path / "c.parquet", strict=True)


def test_a_file_of_the_users_own_in_a_recipe_is_in_the_record(recipe, cubes, tmp_path):
    own = tmp_path / "own.py"
    code = "class Own:\n    name, modalities, dims = 'own', ('s1',), 1\n"
    code += "    def encode(self, batch):\n"
    code += "        return {} * batch.arrays['s1'][:, 0, 0, 0, :1].astype('f8')\n"
    spec = recipe("[[blocks]]\nencoder = 'own.py:Own'\n")
    own.write_text(code.format(1))
    encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")
    own.write_text(code.format(2))
    with pytest.raises(InputError, match="other options"):
        encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")


def test_the_record_beside_a_csv_file_says_whether_it_was_fitted(cubes, tmp_path):
    first = encode_folder(
        cubes, MeanEncoder(), tmp_path / "a.csv", reduce=[Standardize()]
    )
    encoder = load_encoder("table", cubes=first.out)
    assert encode_folder(first.out, encoder, tmp_path / "b.parquet").transductive


def test_a_table_in_a_recipe_takes_no_options(recipe, tables, tmp_path):
    tables("one", "abcd", 3)
    spec, folder = recipe("[[blocks]]\ntables = ['one']\n"), tmp_path / "blocks"
    with pytest.raises(UsageError, match="is a table and takes no options"):
        load_encoder(spec, cubes=folder, options={"one.seed": "3"})


def test_a_state_that_went_through_another_run_still_serves(
    recipe, cubes, other_cubes, tmp_path
):
    spec = recipe(TWO.replace("weight = 2.0", 'reduce = [{ reducer = "pca" }]'))
    first = encode_folder(cubes, load_encoder(spec), tmp_path / "a.npz")
    second = encode_folder(
        *(other_cubes, load_encoder(spec), tmp_path / "b.npz"),
        state=load_fitted(first.state),
    )
    third = encode_folder(
        *(other_cubes, load_encoder(spec), tmp_path / "c.npz"),
        state=load_fitted(second.state),
    )
    np.testing.assert_array_equal(
        read_embeddings(third.out).values, read_embeddings(second.out).values
    )
    assert not third.transductive
