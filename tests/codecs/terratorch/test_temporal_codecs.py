"""Codecs of stacks, as TerraTorch builds and calls them."""

from pathlib import Path

import pytest
import torch

from neucobench.codecs.card import codec_card
from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.weights import load_temporal
from neucobench.codecs.temporal.windows import decoder_windows, join_windows
from neucobench.codecs.terratorch.features import Expectation, FeatureMaps
from neucobench.codecs.terratorch.register import learned_codecs, registered_name
from neucobench.errors import CodecError, UsageError

STACKS = [name for name in learned_codecs() if name.startswith(("tec-tt", "flextec"))]
SHIPPED = [name for name in STACKS if codec_card(name).weights[0].repo is None]


@pytest.fixture
def series():
    """Return two standardized series as TerraTorch gives them, (2, 12, 3, 64, 96)."""
    return torch.randn(2, 12, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(
    ("name", "bands"), [("tec_tt", 12), ("tec_tt_l1c", 13), ("flextec", 12)]
)
def test_a_backbone_returns_maps_of_foursmall_sizes(backbones, weights, name, bands):
    path = weights(bands, flexible=name == "flextec")
    backbone = backbones.build(name, ckpt_path=path)
    assert backbone.out_channels == [8, 12, 16, 64]
    shapes = [tuple(item.shape) for item in backbone(torch.zeros(2, bands, 3, 64, 96))]
    assert shapes == [(2, 8, 32, 48), (2, 12, 16, 24), (2, 16, 8, 12), (2, 64, 4, 6)]


@pytest.mark.parametrize(
    ("name", "bands"), [("tec_tt", 12), ("tec_tt_l1c", 13), ("flextec", 12)]
)
def test_without_weights_a_backbone_is_as_wide_as_the_published_one(
    backbones, name, bands
):
    with torch.device("meta"):
        backbone = backbones.build(name, expectation=True)
    assert backbone.out_channels == [128, 160, 192, 192, 768]
    assert backbone.stages[0][0].in_channels == bands
    assert backbone.expectation.network.flexible == (name == "flextec")


@pytest.mark.parametrize("name", SHIPPED)
def test_without_weights_a_backbone_is_as_wide_as_the_one_that_ships(backbones, name):
    drawn, trained = (
        backbones.build(registered_name(name), pretrained=pretrained, expectation=True)
        for pretrained in (False, True)
    )
    shapes, wanted = (
        {key: x.shape for key, x in backbone.state_dict().items()}
        for backbone in (drawn, trained)
    )
    assert shapes == wanted
    first, other = (backbone.stages[0][0].weight for backbone in (drawn, trained))
    assert not torch.equal(first, other)


@pytest.mark.parametrize("flexible", [False, True])
def test_the_maps_are_those_of_the_codec(backbones, weights, series, flexible):
    name, path = ("flextec", "tec_tt")[not flexible], weights(flexible=flexible)
    backbone = backbones.build(
        name, ckpt_path=path, expectation=True, merge="concat", num_frames=3
    )
    network, _ = load_temporal(Path(path), flexible=flexible)
    stacks = series.transpose(1, 2)
    with torch.no_grad():
        *_, y, z_cur = backbone(series)
        wanted = network.analyze(stacks)
        latents = network.latents(stacks)
        tokens = decoder_windows(latents.flatten(0, 1), flexible=flexible)
        found = expect(network, latents, tokens.reshape(2, 3, -1, 16, 64)).z_cur
        joined = join_windows(found.flatten(0, 2), 4, 6, flexible=flexible)
    assert backbone.out_channels[-2:] == [3 * 64, 3 * 48]
    torch.testing.assert_close(y, wanted.flatten(1, 2))
    torch.testing.assert_close(z_cur, joined.reshape(2, 3 * 48, 4, 6))


def test_the_expectation_of_a_frame_knows_those_before_it(backbones, weights, series):
    backbone = backbones.build(
        "tec_tt", ckpt_path=weights(), expectation=True, merge="concat", num_frames=3
    )
    other = series.clone()
    other[:, :, 0] = -series[:, :, 0]
    with torch.no_grad():
        *_, y, z_cur = backbone(series)
        *_, changed_y, changed_z = backbone(other)
    assert torch.equal(y[:, 128:], changed_y[:, 128:])
    assert not torch.allclose(z_cur[:, 96:], changed_z[:, 96:])


@pytest.mark.parametrize("merge", ["mean", "max"])
def test_frames_are_merged(backbones, weights, series, merge):
    merged = backbones.build("tec_tt", ckpt_path=weights(), merge=merge)
    apart = backbones.build("tec_tt", ckpt_path=weights())
    frames = torch.stack([apart(series[:, :, t])[-1] for t in range(3)])
    wanted = frames.mean(dim=0) if merge == "mean" else frames.amax(dim=0)
    torch.testing.assert_close(merged(series)[-1], wanted, atol=1e-4, rtol=1e-4)


def test_single_pictures_are_series_of_one(backbones, weights, series):
    backbone = backbones.build("tec_tt", ckpt_path=weights(), expectation=True)
    for alone, one in zip(
        backbone(series[:, :, 0]), backbone(series[:, :, :1]), strict=True
    ):
        torch.testing.assert_close(alone, one)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"merge": "median"}, "one of mean, max, concat"),
        ({"merge": "concat"}, "Add num_frames"),
    ],
)
def test_a_way_to_merge_that_cannot_be_is_refused(backbones, weights, options, says):
    with pytest.raises(UsageError, match=says):
        backbones.build("tec_tt", ckpt_path=weights(), **options)


def test_series_of_another_length_are_refused(backbones, weights, series):
    backbone = backbones.build(
        "tec_tt", ckpt_path=weights(), merge="concat", num_frames=4
    )
    with pytest.raises(UsageError, match=r"Series of 3 frames .* num_frames=4"):
        backbone(series)


def test_a_tensor_that_is_no_series_is_refused(backbones, weights):
    with pytest.raises(UsageError, match=r"shape \(12, 64, 64\)"):
        backbones.build("tec_tt", ckpt_path=weights())(torch.zeros(12, 64, 64))


def test_bands_that_are_left_out_count_as_their_mean(backbones, weights, series):
    few = backbones.build("tec_tt", ckpt_path=weights(), bands=["RED", "B08"])
    alone = torch.zeros_like(series)
    alone[:, [3, 7]] = series[:, [3, 7]]
    whole = backbones.build("tec_tt", ckpt_path=weights())
    for own, wanted in zip(few(series[:, [3, 7]]), whole(alone), strict=True):
        torch.testing.assert_close(own, wanted, atol=1e-4, rtol=1e-4)


def test_weights_for_other_bands_are_refused(backbones, weights):
    with pytest.raises(CodecError, match="for 12 bands, and tec-tt-l1c has 13"):
        backbones.build("tec_tt_l1c", ckpt_path=weights())


def test_every_weight_that_learns_moves_a_map(small_network, series):
    network = small_network()
    analysis = network.transform.analysis_transform.transforms
    backbone = FeatureMaps(analysis, expectation=Expectation(network))
    sum(item.square().mean() for item in backbone(series)).backward()
    learn = {key: x for key, x in backbone.named_parameters() if x.requires_grad}
    assert {key for key, x in learn.items() if x.grad is None} == set()
    backbone.freeze()
    assert not any(x.requires_grad for x in backbone.parameters())


def test_a_full_model_returns_what_published_strings_hold(full_models, weights, series):
    model = full_models.build("tec_tt", ckpt_path=weights()).eval()
    x = series[..., :50, :37]
    with torch.inference_mode():
        found = model(x)
        payload = model.network.compress(x.transpose(1, 2))
        wanted = model.network.decompress(payload).transpose(1, 2)
    assert found.pred is found.output
    torch.testing.assert_close(found.output, wanted, atol=1e-5, rtol=1e-5)
    bits = sum(payload["bits"])
    assert float(found.loss["bpp"]) == pytest.approx(bits / (6 * 50 * 37), rel=0.2)


@pytest.mark.parametrize("quality", [1, 4, 16])
def test_flextec_returns_what_its_streams_hold(full_models, weights, series, quality):
    path = weights(flexible=True)
    model = full_models.build("flextec", ckpt_path=path, rate=quality).eval()
    with torch.inference_mode():
        found = model(series)
        streams = model.network.write(series.transpose(1, 2), quality=quality)
        wanted = model.network.read(streams, (64, 96), quality=quality)
    torch.testing.assert_close(found.output, wanted.transpose(1, 2))
    bits = sum(8 * len(stream) for stack in streams for stream in stack)
    assert float(found.loss["bpp"]) == pytest.approx(bits / (6 * 64 * 96), rel=0.03)


def test_the_published_names_build_the_published_interface(
    full_models, weights, series
):
    model = full_models.build(
        "flextec_v1_s2l2a", image_size=256, ckpt_path=weights(flexible=True)
    )
    stacks = series.transpose(1, 2)
    with torch.inference_mode():
        payload = model.compress(stacks, quality=3)
        reconstruction, bits = model(stacks, quality=16)
    assert model.decompress(payload).shape == reconstruction.shape == stacks.shape
    assert len(bits) == 3


def test_the_loss_of_flextec_has_the_lambda_of_its_weights(full_models, weights):
    model = full_models.build("flextec", ckpt_path=weights(flexible=True), rate=3)
    assert (model.weight, model.quality) == (800.0, 3)


def test_a_series_trains_and_a_frozen_part_does_not(terratorch, small_network, series):
    from neucobench.codecs.terratorch.reconstruction import CodecModel

    model = CodecModel(small_network(flexible=True), weight=100.0)
    model.train().freeze_encoder()
    found = model(series)
    found.loss["loss"].backward()
    transform = model.network.transform
    assert transform.analysis_transform.transforms[0].weight.grad is None
    assert transform.synthesis_transform.transforms[1].weight.grad.abs().max() > 0
    assert model.network.entropy_model.learned_zero.sym.grad is not None
    model.freeze_decoder()
    frozen = [key for key, x in model.named_parameters() if not x.requires_grad]
    assert "network._dequantizer.process_conv.0.weight" in frozen
