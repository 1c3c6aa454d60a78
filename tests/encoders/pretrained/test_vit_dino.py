"""The native ViT-S/16 against timm, against the published numbers, and its loader."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from neucobench.encoders.base import CubeBatch
from neucobench.encoders.card import encoder_card
from neucobench.encoders.pretrained.vit import VisionTransformer, draw_weights
from neucobench.encoders.pretrained.vit_dino import VitDinoEncoder
from neucobench.errors import CubeError, InputError, UnknownNameError
from neucobench.torchvision_shim import import_with_torchvision

PLACES = ("282D_485L_3_3", "433D_629L_3_1", "609U_541L_3_0")


def _model() -> VisionTransformer:
    with torch.device("meta"):
        return VisionTransformer(bands=13)


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    """Return weights by one draw over the sorted names, as in the fixture."""
    rng = np.random.default_rng(0)
    shapes = {key: value.shape for key, value in _model().state_dict().items()}
    drawn = {
        key: (rng.standard_normal(shapes[key]) * 0.02).astype("f4")
        for key in sorted(shapes)
    }
    for key in drawn:
        if key.endswith(("norm.weight", "norm1.weight", "norm2.weight")):
            drawn[key] += 1
    return {key: torch.from_numpy(value) for key, value in drawn.items()}


@pytest.fixture(scope="module")
def file(tensors, tmp_path_factory):
    path = tmp_path_factory.mktemp("vit") / "vit.safetensors"
    save_file(tensors, path)
    return str(path)


def _rows(batch: CubeBatch, count: int) -> CubeBatch:
    arrays = {name: array[:count] for name, array in batch.arrays.items()}
    return CubeBatch(ids=batch.ids[:count], arrays=arrays, offsets=batch.offsets)


@pytest.fixture
def two(batch):
    """Return two cubes: a cube takes a tenth of a second."""
    return _rows(batch, 2)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("pool", ["avg", "cls"])
def test_the_numbers_are_the_published_ones(shared, real_tiles, file, place, pool):
    fixture = shared / "fixtures" / "encoders" / "vit_small16_structure.npz"
    if not fixture.is_file():
        pytest.skip("the encoder fixtures are not in the shared folder")
    tile = real_tiles.read_tile(shared / "data/terramesh/S2L1C" / f"{place}.tif")
    tile = np.pad(tile, ((0, 0), (20, 20), (20, 20)), mode="reflect")
    cube = np.stack([np.rot90(tile, turn, (1, 2)) for turn in range(4)])[None]
    # The fixture takes the stored values as shifted ones.
    batch = CubeBatch(ids=(place,), arrays={"s2l1c": cube}, offsets={"s2l1c": 1000})
    vector = VitDinoEncoder(weights=file, pool=pool).encode(batch)[0]
    with np.load(fixture) as arrays:
        assert np.abs(vector - arrays[f"{place}/{pool}"]).max() < 1e-5


def test_the_tokens_are_those_of_timm(tensors):
    timm = import_with_torchvision("timm", extra="models")
    reference = timm.create_model("vit_small_patch16_224", in_chans=13, num_classes=0)
    reference.load_state_dict(tensors, strict=True)
    model = VisionTransformer(bands=13)
    model.load_state_dict(tensors, strict=True)
    images = torch.rand(2, 13, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours, theirs = model(images), reference.eval().forward_features(images)
    assert ours.shape == (2, 197, 384)
    assert (ours - theirs).abs().max() < 1e-5


def test_it_has_as_many_parameters_as_the_published_model():
    assert sum(value.numel() for value in _model().parameters()) == 22_648_704


def test_the_prepared_image_is_clipped_averaged_and_pooled(two, file, monkeypatch):
    seen = []

    def forward(self, images):
        seen.append(images)
        return torch.zeros(len(images), 197, 384)

    monkeypatch.setattr(VisionTransformer, "forward", forward)
    VitDinoEncoder(weights=file).encode(two)
    reflectance = (two.arrays["s2l1c"].astype("f8") + 1000) / 10_000
    expected = reflectance.clip(0, 1).mean(axis=1).repeat(14, axis=2).repeat(14, axis=3)
    assert torch.cat(seen).shape == (2, 13, 224, 224)
    np.testing.assert_allclose(torch.cat(seen).numpy(), expected, atol=1e-6)


def test_shift_0_is_for_values_that_carry_the_shift_or_go_without(two, file):
    shifted = dict(two.arrays) | {"s2l1c": two.arrays["s2l1c"] + np.int16(1000)}
    stored = CubeBatch(ids=two.ids, arrays=shifted, offsets={"s2l1c": 0})
    np.testing.assert_array_equal(
        VitDinoEncoder(weights=file, shift=0).encode(stored),
        VitDinoEncoder(weights=file).encode(two),
    )


def test_each_way_of_pooling_gives_other_numbers(two, file):
    vectors = [
        VitDinoEncoder(weights=file, pool=pool).encode(two)
        for pool in ("avg", "cls", "max")
    ]
    assert np.abs(vectors[0] - vectors[1]).max() > 1e-3
    assert (vectors[2] >= vectors[0]).all()


def test_the_mean_vector_is_the_mean_of_the_concatenated_ones(two, file):
    joined = VitDinoEncoder(weights=file, season="concat")
    mean = VitDinoEncoder(weights=file, season="embedding_mean").encode(two)
    seasons = joined.encode(two).reshape(2, 4, 384)
    assert joined.dims == 1536
    np.testing.assert_allclose(seasons.mean(axis=1), mean, atol=1e-6)
    assert np.abs(VitDinoEncoder(weights=file).encode(two) - mean).max() > 1e-4


def test_two_seasons_will_do_for_the_mean_image(two, file):
    arrays = {"s2l1c": two.arrays["s2l1c"][:, :2]}
    short = CubeBatch(ids=two.ids, arrays=arrays, offsets={})
    assert VitDinoEncoder(weights=file).encode(short).shape == (2, 384)


def test_a_cube_without_the_cirrus_band_is_refused(two):
    arrays = {"s2l1c": two.arrays["s2l1c"][:, :, :12]}
    short = CubeBatch(ids=two.ids, arrays=arrays, offsets={})
    with pytest.raises(CubeError, match="should have 13 bands"):
        VitDinoEncoder(pretrained=False).encode(short)


def _saved(tmp_path, tensors) -> VitDinoEncoder:
    torch.save(tensors, tmp_path / "vit.pth")
    return VitDinoEncoder(weights=str(tmp_path / "vit.pth"))


def test_a_classifier_in_the_file_is_left_out(two, file, tensors, tmp_path):
    head = {"head.weight": torch.ones(10, 384), "head.bias": torch.ones(10)}
    encoder = _saved(tmp_path, tensors | head)
    np.testing.assert_array_equal(
        encoder.encode(two), VitDinoEncoder(weights=file).encode(two)
    )


@pytest.mark.parametrize("key", ["cls_token", "blocks.7.attn.qkv.bias", "norm.bias"])
def test_weights_that_lack_a_tensor_are_refused(tensors, tmp_path, key):
    rest = {name: value for name, value in tensors.items() if name != key}
    with pytest.raises(InputError, match=rf"lacks {key}\b"):
        _saved(tmp_path, rest).prepare()


def test_weights_with_an_unknown_tensor_are_refused(tensors, tmp_path):
    extra = {"dist_token": torch.zeros(1, 1, 384)}
    with pytest.raises(InputError, match="dist_token"):
        _saved(tmp_path, tensors | extra).prepare()


def test_weights_for_other_bands_are_refused(tensors, tmp_path):
    rgb = {"patch_embed.proj.weight": torch.zeros(384, 3, 16, 16)}
    with pytest.raises(InputError, match=r"patch_embed.proj.weight \(384, 3, 16, 16\)"):
        _saved(tmp_path, tensors | rgb).prepare()


def test_weights_without_the_last_norm_need_a_word(two, tensors, tmp_path):
    rest = {name: value for name, value in tensors.items() if name[:5] != "norm."}
    with pytest.raises(InputError, match="identity_norm=true"):
        _saved(tmp_path, rest).prepare()
    path = str(tmp_path / "vit.pth")
    vectors = VitDinoEncoder(weights=path, identity_norm=True, pool="cls").encode(two)
    np.testing.assert_allclose(vectors.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(vectors.std(axis=1), 1, atol=1e-3)


def test_the_random_control_depends_on_the_seed_and_nothing_else(two):
    state = torch.get_rng_state()
    first = VitDinoEncoder(pretrained=False).encode(two)
    torch.rand(3)
    torch.set_rng_state(state)
    again = VitDinoEncoder(pretrained=False, seed=0).encode(two)
    other = VitDinoEncoder(pretrained=False, seed=1).encode(two)
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
    assert torch.equal(torch.get_rng_state(), state)


def test_random_weights_begin_as_transformers_do():
    weights = draw_weights(_model(), 0)
    assert weights["blocks.3.mlp.fc1.weight"].std().item() == pytest.approx(0.02, 0.01)
    assert not weights["blocks.3.mlp.fc1.bias"].any()
    assert (weights["blocks.3.norm2.weight"] == 1).all()
    assert not torch.equal(
        weights["blocks.3.mlp.fc1.weight"], weights["blocks.4.mlp.fc1.weight"]
    )


def test_the_random_control_has_a_name_of_its_own():
    assert VitDinoEncoder().name == "vit-dino"
    assert VitDinoEncoder(pretrained=False).name == "vit-dino-random"


@pytest.mark.parametrize("option", [{"pool": "mean"}, {"season": "summer"}])
def test_unknown_options_are_refused(option):
    with pytest.raises(UnknownNameError):
        VitDinoEncoder(**option)


def test_the_card_pins_the_published_weights():
    weights = encoder_card("vit-dino").weights
    assert weights.file.endswith(f"-{weights.sha256}.pth")
    assert len(weights.revision) == 40
