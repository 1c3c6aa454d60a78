"""Every encoder whose weights are at hand, on cubes packed from real tiles."""

import numpy as np
import pytest

from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.load import load_encoder
from neucobench.encoders.running.run import encode_folder

pytestmark = pytest.mark.slow

RANDOM = {"pretrained": "false"}
L2A = {"level": "s2l2a", "s1": "false", "months": "10,2,4,7"}
FAST = {"features": "256"}
THREE_MODALITIES = [
    ("mean", {}, None),
    ("random", {}, None),
    ("bandstats", {}, None),
    ("dct", {}, None),
    ("latents", {}, None),
    ("mosaiks", FAST, None),
    ("mosaiks", FAST | {"mode": "gaussian"}, None),
    ("mosaiks-1024", {"mosaiks.features": "256"}, None),
    ("vit-dino", RANDOM, None),
    ("galileo-nano", {}, "galileo-nano/encoder.pt"),
    ("galileo-nano", RANDOM, None),
    ("presto", {}, "presto/default_model.pt"),
    ("presto", RANDOM, None),
    ("timm:resnet18", RANDOM, None),
    ("torchgeo:ResNet18_Weights.SENTINEL2_ALL_MOCO", RANDOM, None),
]
TEMPORAL = ("temporal", {"heads": "4"}, "../fixtures/codecs/tt_small.safetensors")
FOUR_SEASONS = [
    TEMPORAL,
    ("bandstats", {"inputs": "s2l2a"}, None),
    ("dct", {"inputs": "s2l2a"}, None),
    ("latents", {"grid": "2"}, None),
    ("mosaiks", FAST | {"inputs": "s2l2a"}, None),
    ("galileo-nano", L2A, "galileo-nano/encoder.pt"),
    ("presto", L2A, "presto/default_model.pt"),
    ("timm:resnet18", RANDOM, None),
]


def _encode(cubes, out, shared, name, options, weights):
    path = None if weights is None else shared / "weights" / weights
    if path is not None and not path.is_file():
        pytest.skip(f"the weights {weights} are not in the shared folder")
    encoder = load_encoder(name, options=options, weights=path and str(path))
    report = encode_folder(cubes, encoder, out)
    values = read_embeddings(report.out).values
    assert (report.rows, report.left_out) == (3, 0)
    assert values.shape[1] == report.dims
    assert np.ptp(values, axis=0).max() > 0
    assert len(np.unique(values, axis=0)) == 3


@pytest.mark.parametrize(("name", "options", "weights"), THREE_MODALITIES)
def test_three_modalities_are_encoded(
    shared, terramesh_cubes, tmp_path, name, options, weights
):
    _encode(terramesh_cubes, tmp_path / "a.parquet", shared, name, options, weights)


@pytest.mark.parametrize(("name", "options", "weights"), FOUR_SEASONS)
def test_four_real_seasons_are_encoded(
    shared, ssl4eo_cubes, tmp_path, name, options, weights
):
    _encode(ssl4eo_cubes, tmp_path / "a.parquet", shared, name, options, weights)
