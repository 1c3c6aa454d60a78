"""Codecs of single pictures, as TerraTorch builds and calls them; needs CompressAI."""

from enum import Enum
from importlib.util import find_spec

import pytest
import torch

from neucobench.codecs.card import codec_card
from neucobench.errors import UsageError

pytestmark = pytest.mark.skipif(
    find_spec("compressai") is None, reason="compressai is not installed"
)

BANDS = ("B02", "B03", "B04")


class Colors(Enum):
    """Names as TerraTorch's own members of HLSBands have them."""

    BLUE = "BLUE"
    GREEN = "GREEN"
    RED = "RED"


@pytest.fixture
def pictures():
    """Return two standardized pictures, (2, 12, 64, 96)."""
    return torch.randn(2, 12, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def small(full_models):
    """Return tec-fp-s with the weights that ship, as a full model."""
    return full_models.build("tec_fp_s", pretrained=True).eval()


@pytest.mark.parametrize(
    ("name", "widths"),
    [
        ("tec_fp_s", [40, 40, 40, 128]),
        ("tec_fp", [128, 128, 128, 128]),
        ("tec_elic", [128, 128, 128, 192]),
    ],
)
def test_a_backbone_returns_maps_of_four_sizes(backbones, pictures, name, widths):
    backbone = backbones.build(name, pretrained=False)
    assert backbone.out_channels == widths
    maps = backbone(pictures)
    shapes = [(2, width, 64 >> k, 96 >> k) for k, width in enumerate(widths, start=1)]
    assert [tuple(item.shape) for item in maps] == shapes


def test_the_last_map_is_what_the_codec_quantizes(backbones, small, pictures):
    backbone = backbones.build("tec_fp_s", pretrained=True)
    with torch.inference_mode():
        latents = small.network.latents(pictures)
        off = (backbone(pictures)[-1] - latents).abs()
    assert off.max() <= 0.5 + 1e-4
    assert latents.std() > 0.1


def test_another_rate_has_other_weights(backbones, pictures):
    first, second = (
        backbones.build("tec_fp_s", pretrained=True, rate=rate)(pictures)[-1]
        for rate in (5, 250)
    )
    assert not torch.allclose(first, second, atol=0.1)


def test_a_file_with_weights_is_taken(backbones, checkout, pictures):
    path = checkout / "codecs" / codec_card("tec-fp-s").weights[0].file
    given = backbones.build("tec_fp_s", ckpt_path=str(path))
    shipped = backbones.build("tec_fp_s", pretrained=True, rate=5)
    assert torch.equal(given(pictures)[-1], shipped(pictures)[-1])


@pytest.mark.parametrize("named", [BANDS, ("BLUE", "GREEN", "RED"), tuple(Colors)])
def test_bands_that_are_left_out_count_as_their_mean(backbones, pictures, named):
    few = backbones.build("tec_fp_s", pretrained=True, bands=list(named))
    alone = torch.zeros_like(pictures)
    alone[:, 1:4] = pictures[:, 1:4]
    whole = backbones.build("tec_fp_s", pretrained=True)
    for own, wanted in zip(few(pictures[:, 1:4]), whole(alone), strict=True):
        torch.testing.assert_close(own, wanted, atol=1e-4, rtol=1e-4)


def test_bands_may_come_in_another_order(backbones, pictures):
    order = list(range(11, -1, -1))
    names = ["B12", "B11", "B09", "B8A", "B08", "B07", "B06", "B05", *BANDS[::-1]]
    turned = backbones.build("tec_fp_s", pretrained=True, bands=[*names, "B01"])
    usual = backbones.build("tec_fp_s", pretrained=True)
    last, wanted = turned(pictures[:, order])[-1], usual(pictures)[-1]
    torch.testing.assert_close(last, wanted, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("bands", [["B2"], ["B02", "BLUE"], [], ["B10"]])
def test_bands_that_the_codec_has_not_are_refused(backbones, bands):
    with pytest.raises(UsageError, match=r"takes one or more of B01, B02.*B12"):
        backbones.build("tec_fp_s", bands=bands)


def test_some_of_the_maps_can_be_chosen(backbones, pictures):
    backbone = backbones.build("tec_fp_s", out_indices=[1, -1])
    assert backbone.out_channels == [40, 128]
    assert [item.shape[-1] for item in backbone(pictures)] == [24, 6]


def test_what_no_chosen_map_depends_on_is_left_out(backbones):
    assert len(backbones.build("tec_fp_s", out_indices=[1]).stages) == 2


@pytest.mark.parametrize("chosen", [[4], []])
def test_maps_that_there_are_not_are_refused(backbones, chosen):
    with pytest.raises(UsageError, match="4 feature maps, 0 to 3"):
        backbones.build("tec_fp_s", out_indices=chosen)


def test_the_frames_of_a_series_are_pictures_of_their_own(backbones, pictures):
    backbone = backbones.build("tec_fp_s", pretrained=True)
    series = torch.stack([pictures, pictures.flip(-1)], dim=2)
    frames = [backbone(pictures), backbone(pictures.flip(-1))]
    for own, first, second in zip(backbone(series), *frames, strict=True):
        torch.testing.assert_close(own, (first + second) / 2, atol=1e-4, rtol=1e-4)


def test_a_codec_of_pictures_expects_nothing_of_the_next(backbones):
    with pytest.raises(UsageError, match=r"expectation=True was given for tec-fp-s"):
        backbones.build("tec_fp_s", expectation=True)


def test_random_weights_are_not_the_published_ones(backbones, pictures):
    first, second = (backbones.build("tec_fp_s")(pictures)[-1] for _ in range(2))
    assert not torch.equal(first, second)


@pytest.mark.parametrize("size", [(64, 96), (50, 37)])
def test_a_full_model_returns_what_the_codec_decodes(small, pictures, size):
    x = pictures[..., : size[0], : size[1]]
    with torch.inference_mode():
        found = small(x, filename="kept out")
        wanted = small.network(x)
    assert found.output.shape == x.shape
    assert found.pred is found.output
    torch.testing.assert_close(found.output, wanted, atol=1e-5, rtol=1e-5)


def test_elic_takes_pictures_of_any_size(full_models, pictures):
    model = full_models.build("tec_elic").eval()
    x = pictures[:1, :, :50, :37]
    with torch.inference_mode():
        torch.testing.assert_close(model(x).output, model.network(x), atol=1e-4, rtol=0)


def test_the_loss_weighs_the_error_with_the_lambda_of_the_weights(small, pictures):
    loss = small(pictures).loss
    mse = (small(pictures).output - pictures).square().mean()
    torch.testing.assert_close(loss["mse"], mse)
    parts = codec_card("tec-fp-s").default_rate * mse + loss["bpp"] + loss["auxiliary"]
    torch.testing.assert_close(loss["loss"], parts)


def test_the_rate_is_about_that_of_the_streams(small, pictures):
    with torch.inference_mode():
        bits = 8 * sum(len(stream) for stream in small.network.write(pictures))
        expected = float(small(pictures).loss["bpp"])
    assert bits / (2 * 64 * 96) == pytest.approx(expected, rel=0.05)


def test_series_come_back_in_their_own_shape(small, pictures):
    series = torch.stack([pictures, pictures.flip(-1), pictures], dim=2)
    with torch.inference_mode():
        found, wanted = small(series).output, small(pictures.flip(-1)).output
    assert found.shape == (2, 12, 3, 64, 96)
    torch.testing.assert_close(found[:, :, 1], wanted, atol=1e-5, rtol=1e-5)


def test_training_moves_the_weights_and_freezing_keeps_them(full_models, pictures):
    model = full_models.build("tec_fp_s", pretrained=True, weight=20.0).train()
    model.freeze_encoder()
    model(pictures).loss["loss"].backward()
    assert model.network.g_a[0].weight.grad is None
    assert model.network.g_s[0].weight.grad.abs().max() > 0
    assert model.network.entropy_bottleneck.quantiles.grad.abs().max() > 0


def test_a_frozen_decoder_keeps_its_weights(full_models, pictures):
    model = full_models.build("tec_fp_s").train()
    model.freeze_decoder()
    model(pictures).loss["loss"].backward()
    assert model.network.g_s[0].weight.grad is None
    assert model.network.g_a[0].weight.grad.abs().max() > 0


def test_the_published_name_builds_the_published_interface(
    full_models, checkout, pictures
):
    path = checkout / "codecs" / codec_card("tec-fp-s").weights[0].file
    model = full_models.build(
        "terracodec_v1_fp_s2l2a", compression=10, image_size=256, ckpt_path=str(path)
    )
    payload = model.compress(pictures)
    assert not model.training
    torch.testing.assert_close(model.decompress(**payload), model(pictures))
