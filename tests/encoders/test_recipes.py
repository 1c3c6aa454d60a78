"""The recipes that ship, on made blocks and small cubes."""

import numpy as np
import pytest

from neucobench.embeddings.files import read_embeddings, write_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.catalog import encoder_names
from neucobench.encoders.load import load_encoder
from neucobench.encoders.recipe import read_recipe, recipe_paths
from neucobench.encoders.reducers.state import load_fitted
from neucobench.encoders.running.run import encode_folder
from neucobench.errors import CardError

ROWS = 48
SEASONS = ("spring", "summer", "autumn", "winter")
TABLES = {
    "404-embedding-not-found": {
        "clip-environment": 256,
        "clip-location": 256,
        "dino-vitb": 768,
        **{f"georsclip-{season}": 1024 for season in SEASONS},
    },
    "kth-and-friends": {
        "prithvi": 1536,
        "copernicus-fm": 4 * 768,
        "dofa": 4 * 1536,
        "scale-mae": 4 * 1536,
        "croma": 4 * 1024,
    },
}


@pytest.fixture
def blocks(tmp_path):
    """Return a function that makes the tables of a recipe from a few factors."""

    def make(recipe: str):
        rng = np.random.default_rng(0)
        factors = rng.normal(size=(ROWS, 12))
        for name, width in TABLES[recipe].items():
            values = factors @ rng.normal(size=(12, width))
            values += 0.1 * rng.normal(size=values.shape)
            ids = tuple(f"{row:04d}" for row in range(ROWS))
            table = EmbeddingTable(ids=ids, values=values.astype("f4"))
            folder = tmp_path / "tables"
            folder.mkdir(exist_ok=True)
            write_embeddings(table, folder / f"{name}.npz")
        return tmp_path / "tables"

    return make


@pytest.mark.parametrize("name", recipe_paths())
def test_every_recipe_names_its_source_and_its_length(name):
    recipe = read_recipe(recipe_paths()[name])
    assert recipe.dims == 1024
    assert recipe.source
    assert recipe.license
    assert recipe.reducer() is not None


@pytest.mark.parametrize("spec", ["tec-elic", "mine.toml"])
def test_a_recipe_to_train_a_codec_by_says_which_command_takes_it(
    checkout, tmp_path, monkeypatch, spec
):
    shipped = (checkout / "codecs" / "recipes" / "tec-elic.toml").read_text()
    (tmp_path / "mine.toml").write_text(shipped.replace("tec-elic", "mine"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CardError, match="type: neucobench codec train "):
        load_encoder(spec)


def test_recipes_to_train_codecs_by_are_not_listed_among_encoders():
    assert "mosaiks-1024" in encoder_names()
    assert not {"tec-fp", "tec-elic", "tec-fp-s"} & {*recipe_paths(), *encoder_names()}


def test_404_reduces_three_blocks_and_maps_the_fourth(blocks, tmp_path):
    folder = blocks("404-embedding-not-found")
    encoder = load_encoder("404-embedding-not-found", cubes=folder)
    report = encode_folder(folder, encoder, tmp_path / "a.npz")
    # 128 + 192 + 192 + 4 x 128, where there are rows for so many.
    assert [(share.name, share.dims) for share in report.balance] == [
        ("clip-environment", ROWS),
        ("clip-location", ROWS),
        ("dino-vitb", ROWS),
        ("georsclip", 4 * ROWS),
    ]
    assert report.transductive
    assert len(report.findings) == 4


@pytest.mark.slow
def test_kth_compresses_five_models_to_1024_numbers(blocks, tmp_path):
    folder = blocks("kth-and-friends")
    shipped = recipe_paths()["kth-and-friends"].read_text(encoding="utf-8")
    recipe = tmp_path / "kth-and-friends.toml"
    recipe.write_text(shipped.replace("epochs = 160", "epochs = 1"))
    encoder = load_encoder(str(recipe), cubes=folder)
    assert encoder.dims == 20_992
    report = encode_folder(folder, encoder, tmp_path / "a.npz")
    values = read_embeddings(report.out).values
    assert values.shape == (ROWS, 1024)
    # Stored as the entry was.
    np.testing.assert_array_equal(values, values.astype("f2"))
    assert [share.name for share in report.balance] == [
        *("prithvi", "copernicus", "dofa", "scalemae", "croma")
    ]


@pytest.mark.parametrize("name", ["ai4g-intern-squad", "mosaiks-1024"])
def test_temporal_mosaiks_runs_whole_and_serves_other_cubes(
    cubes, other_cubes, tmp_path, name
):
    options = {"mosaiks.features": "64"}
    first = encode_folder(
        cubes, load_encoder(name, options=options), tmp_path / "a.parquet"
    )
    assert (first.rows, first.dims, first.transductive) == (12, 12, True)
    second = encode_folder(
        *(other_cubes, load_encoder(name, options=options), tmp_path / "b.parquet"),
        state=load_fitted(first.state),
    )
    assert not second.transductive
    np.testing.assert_array_equal(
        read_embeddings(second.out).values, read_embeddings(first.out).values[:5]
    )
