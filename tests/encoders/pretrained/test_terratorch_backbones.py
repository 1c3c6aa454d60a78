"""The backbones of TerraTorch: these tests need its environment."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from neucobench.data.bands import MODALITIES
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.pretrained.terratorch_backbones import (
    BACKBONES,
    PRITHVI_BANDS,
    load_backbone,
)
from neucobench.encoders.pretrained.terratorch_models import TerraTorchEncoder
from neucobench.errors import DownloadError, InputError

pytestmark = [
    pytest.mark.terratorch,
    pytest.mark.skipif(
        find_spec("terratorch") is None,
        reason="terratorch has an environment of its own: make test-terratorch",
    ),
]

ALL = "s2l2a,s2l1c,s1"
CPU = torch.device("cpu")


def _random(model: str = "terramind_v1_tiny", **options) -> TerraTorchEncoder:
    return TerraTorchEncoder(model=model, pretrained=False, device="cpu", **options)


@pytest.fixture
def wide(batch):
    """Return two cubes of 40 pixels."""
    arrays = {
        name: np.tile(array[:2], (1, 1, 1, 3, 3))[..., :40, :40]
        for name, array in batch.arrays.items()
    }
    return CubeBatch(ids=batch.ids[:2], arrays=arrays, offsets=batch.offsets)


def _row(batch: CubeBatch, row: int) -> CubeBatch:
    arrays = {name: array[row : row + 1] for name, array in batch.arrays.items()}
    return CubeBatch(ids=batch.ids[row : row + 1], arrays=arrays, offsets=batch.offsets)


@pytest.mark.parametrize(
    ("model", "inputs", "millions"),
    [
        ("terramind_v1_tiny", "s2l2a", 5.92),
        ("terramind_v1_tiny", ALL, 6.66),
        ("terramind_v1_small", "s2l2a", 22.5),
        ("terramind_v1_base", ALL, 90.3),
    ],
)
def test_terramind_has_as_many_parameters_as_published(model, inputs, millions):
    names = _random(model, inputs=inputs).modalities
    backbone = load_backbone(model, names, "mean", None, 0, CPU)
    count = sum(value.numel() for value in backbone.parameters())
    assert count / 1e6 == pytest.approx(millions, rel=2e-3)


@pytest.mark.parametrize(
    ("model", "tokens"), [("terramind_v1_tiny", 196), ("prithvi_eo_v2_tiny_tl", 197)]
)
def test_there_is_a_token_for_each_patch(model, tokens):
    backbone = load_backbone(model, ("s2l2a",), "mean", None, 0, CPU)
    channels = len(BACKBONES[model].bands_of("s2l2a"))
    with torch.inference_mode():
        last = backbone(torch.zeros(1, channels, 224, 224))[-1]
    assert last.shape == (1, tokens, BACKBONES[model].width)


def test_the_vector_is_the_mean_of_the_last_tokens_over_the_seasons(wide):
    statistics = BACKBONES["terramind_v1_tiny"].statistics["s2l2a"]
    mean, std = (
        np.array(values, "f4")[:, None, None]
        for values in (statistics.mean, statistics.std)
    )
    values = wide.arrays["s2l2a"][..., 4:36, 4:36].astype("f4") + 1000
    images = torch.from_numpy((values - mean) / std).flatten(0, 1)
    backbone = load_backbone("terramind_v1_tiny", ("s2l2a",), "mean", None, 0, CPU)
    with torch.inference_mode():
        tokens = backbone({"S2L2A": images})[-1]
    expected = tokens.mean(dim=1).reshape(2, 4, 192).mean(dim=1)
    np.testing.assert_allclose(_random().encode(wide), expected, rtol=0, atol=1e-5)


def test_prithvi_reads_its_six_bands_without_the_shift(wide):
    encoder = _random("prithvi_eo_v2_tiny_tl")
    vectors = encoder.encode(wide)
    others = [
        index
        for index, band in enumerate(MODALITIES["s2l2a"].bands)
        if band not in PRITHVI_BANDS
    ]
    changed = wide.arrays["s2l2a"].copy()
    changed[:, :, others] = 0
    other = CubeBatch(ids=wide.ids, arrays={"s2l2a": changed}, offsets={})
    assert vectors.shape == (2, 192)
    np.testing.assert_array_equal(encoder.encode(other), vectors)
    explicit = _random("prithvi_eo_v2_tiny_tl", shift=0).encode(wide)
    np.testing.assert_array_equal(explicit, vectors)


def test_every_input_of_terramind_counts(wide):
    encoder = _random(inputs=ALL)
    vectors = encoder.encode(wide)
    for name in encoder.modalities:
        arrays = dict(wide.arrays) | {name: wide.arrays[name] * 0}
        other = CubeBatch(ids=wide.ids, arrays=arrays, offsets={})
        assert np.abs(encoder.encode(other) - vectors).max() > 1e-3, name


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"inputs": ALL, "merge": "concat", "season": "concat"},
        {"inputs": "s1", "merge": "max", "season": "image_mean"},
        {"model": "prithvi_eo_v2_tiny_tl"},
    ],
)
def test_the_vectors_are_as_declared_whatever_the_batch(wide, options):
    encoder = _random(**options)
    vectors = encoder.encode(wide)
    alone = [encoder.encode(_row(wide, row)) for row in range(2)]
    assert vectors.shape == (2, encoder.dims)
    assert np.isfinite(vectors).all()
    np.testing.assert_array_equal(np.concatenate(alone), vectors)


def test_the_random_control_depends_on_the_seed_and_nothing_else(wide):
    state = torch.get_rng_state()
    first = _random().encode(wide)
    load_backbone.cache_clear()
    again = _random().encode(wide)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - _random(seed=1).encode(wide)).max() > 1e-2
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize("model", ["terramind_v1_tiny", "prithvi_eo_v2_tiny_tl"])
def test_a_file_with_more_than_the_encoder_is_used(wide, tmp_path, model):
    backbone = load_backbone(model, ("s2l2a",), "mean", None, 7, CPU)
    # As the file of a masked auto-encoder, with a decoder beside the encoder.
    prefix = "encoder." if model.startswith("prithvi") else ""
    tensors = {f"{prefix}{key}": value for key, value in backbone.state_dict().items()}
    torch.save(tensors | {"decoder.weight": torch.ones(3)}, tmp_path / "a.pt")
    encoder = TerraTorchEncoder(model=model, weights=str(tmp_path / "a.pt"))
    np.testing.assert_array_equal(
        encoder.encode(wide), _random(model, seed=7).encode(wide)
    )


def test_a_file_that_lacks_a_tensor_is_refused(tmp_path):
    backbone = load_backbone("terramind_v1_tiny", ("s2l2a",), "mean", None, 0, CPU)
    tensors = backbone.state_dict()
    key = next(key for key in tensors if key.endswith("attn.qkv.weight"))
    del tensors[key]
    torch.save(dict(tensors), tmp_path / "a.pt")
    with pytest.raises(InputError, match=f"lacks {key}"):
        TerraTorchEncoder(
            model="terramind_v1_tiny", weights=str(tmp_path / "a.pt")
        ).prepare()


def test_without_the_hub_the_sentence_says_what_to_do(monkeypatch):
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match=r"--weights FILE.*pretrained=false"):
        TerraTorchEncoder(model="terramind_v1_small").prepare()
