"""The published models' pictures within 1e-5, and their strings byte for byte."""

import numpy as np
import pytest
import torch

from neucobench.codecs import terracodec_v1_elic_s2l2a, terracodec_v1_fp_s2l2a

MODELS = {
    "fp_n32_m48": terracodec_v1_fp_s2l2a,
    "elic_n16_m144": terracodec_v1_elic_s2l2a,
}
CASES = [(name, letter) for name in MODELS for letter in "ab"]


@pytest.fixture(scope="module")
def models(published_weights):
    return {
        name: make(weights=published_weights(name)) for name, make in MODELS.items()
    }


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES])
def case(request, published_case):
    return published_case(*request.param)


@pytest.fixture
def model(case, models):
    return models[case.name]


def farthest(found: torch.Tensor, wanted: np.ndarray) -> float:
    assert found.dtype == torch.float32
    return float(np.abs(found.numpy() - wanted).max())


def test_the_reconstruction_is_the_published_one(model, case):
    height, width = case.size
    wanted = case["recon_forward"][..., :height, :width]
    assert farthest(model(case.x), wanted) <= 1e-5


def test_the_strings_are_the_published_ones(model, case):
    assert model.compress(case.x)["strings"] == case.strings


def test_the_bits_are_those_of_all_pictures(model, case):
    bits = model.compress(case.x)["bits"]
    assert bits == 8 * sum(len(string) for part in case.strings for string in part)
    if "a_bits_true_per_item" in case.numbers:
        assert bits == case["bits_true_per_item"].sum()


def test_published_strings_decode_as_upstream_decodes_them(model, case):
    payload = model.compress(case.x)
    found = model.decompress(strings=case.strings, shape=payload["shape"])
    assert found.shape == case["recon_forward"].shape
    assert farthest(found, case["recon_forward"]) <= 1e-5


def test_a_payload_decodes_to_the_size_of_the_picture(model, case):
    payload = model.compress(case.x)
    assert payload["size"] == case.size
    found = model.decompress(**payload)
    assert found.shape == case.x.shape
    assert farthest(found, model(case.x).numpy()) <= 1e-5


def test_the_symbols_of_fp_are_the_published_ones(models, published_case):
    case = published_case("fp_n32_m48", "a")
    medians = models["fp_n32_m48"].entropy_bottleneck.quantiles[:, 0, 1, None, None]
    with torch.no_grad():
        symbols = models["fp_n32_m48"].latents(case.x) - medians
    assert symbols.round().numpy().tolist() == case["symbols"].tolist()


@pytest.mark.parametrize("letter", ["a", "b"])
def test_the_latents_of_elic_are_the_published_ones(models, published_case, letter):
    case = published_case("elic_n16_m144", letter)
    with torch.no_grad():
        assert farthest(models[case.name].latents(case.x), case["y_hat"]) <= 1e-5


@pytest.mark.parametrize("letter", ["a", "b"])
def test_elic_codes_each_part_by_the_published_rows(models, published_case, letter):
    case, model = published_case("elic_n16_m144", letter), models["elic_n16_m144"]
    coder = model.make_coder(torch.float32)
    with torch.no_grad():
        side, *halves = coder.parts(model.analyze(case.x))
    assert side.symbols.tolist() == case["hyper_symbols"].tolist()
    first = len(model.latent_codec["hyper"].entropy_bottleneck.quantiles)
    for i, half in enumerate(halves):
        name = f"group{i // 2}_{'nonanchor' if i % 2 else 'anchor'}"
        assert half.symbols.tolist() == case[f"{name}_symbols"].tolist()
        assert (half.rows - first).tolist() == case[f"{name}_indices"].tolist()
