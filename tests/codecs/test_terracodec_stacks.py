"""The published interface, for the codecs of stacks."""

import numpy as np
import pytest
import torch

import neucobench.codecs
from neucobench.codecs import (
    flextec_v1_s2l2a,
    terracodec_v1_tt_s2l1c,
    terracodec_v1_tt_s2l2a,
)
from neucobench.errors import CodecError, UsageError

MODELS = {"tt_small": terracodec_v1_tt_s2l2a, "flex_small": flextec_v1_s2l2a}


@pytest.fixture
def weights(shared):
    return lambda name: shared / f"fixtures/codecs/{name}.safetensors"


@pytest.fixture
def stacks():
    return torch.randn(2, 2, 12, 64, 64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("name", MODELS)
def test_code_for_the_published_package_runs(weights, stacks, name):
    model = MODELS[name](weights=weights(name))
    reconstruction, bits = model(stacks)
    payload = model.compress(stacks)
    assert reconstruction.shape == stacks.shape
    assert len(bits) == len(payload["bits"]) == stacks.shape[1]
    torch.testing.assert_close(
        model.decompress(**payload), reconstruction, atol=1e-4, rtol=0
    )


def test_the_quality_of_flextec_is_an_argument(weights, stacks):
    model = flextec_v1_s2l2a(weights=weights("flex_small"))
    payload = model.compress(stacks, quality=8)
    assert payload["quality"] == [8, 8]
    assert sum(payload["bits"]) < sum(model.compress(stacks)["bits"])
    assert model.decompress(payload).shape == stacks.shape


@pytest.mark.parametrize("make", [terracodec_v1_tt_s2l2a, terracodec_v1_tt_s2l1c])
@pytest.mark.parametrize("compression", [3, "5", "lambda-", None, True, [5]])
def test_an_unreleased_lambda_lists_the_released_ones(make, compression):
    with pytest.raises(UsageError, match="20, "):
        make(compression)


@pytest.mark.parametrize("compression", [20, "800", "lambda-20", None, True, [800]])
def test_unreleased_weights_of_flextec_list_the_released_ones(compression):
    with pytest.raises(UsageError, match="lambda-800, lambda-800-lronly"):
        flextec_v1_s2l2a(compression)


@pytest.mark.parametrize("compression", [800, 800.0, "lambda-800"])
@pytest.mark.parametrize("lr_only", [False, True])
def test_flextec_has_two_sets_of_weights(weights, compression, lr_only):
    model = flextec_v1_s2l2a(
        compression, weights=weights("flex_small"), lr_only=lr_only
    )
    assert model.flexible


@pytest.mark.parametrize("make", [*MODELS.values(), terracodec_v1_tt_s2l1c])
def test_pretrained_and_weights_exclude_each_other(make):
    with pytest.raises(UsageError, match="Give one of them"):
        make(pretrained=True, weights="some.pt")


@pytest.mark.parametrize("device", ["cpu", torch.device("cpu"), None])
def test_a_device_is_a_name_or_one_of_torch(weights, device):
    model = terracodec_v1_tt_s2l2a(weights=weights("tt_small"), device=device)
    assert model.first_past.device.type == "cpu"


@pytest.mark.parametrize("device", ["gpu", torch.device("meta")])
def test_an_unknown_device_is_a_sentence(weights, device):
    with pytest.raises(UsageError, match="choose 'cpu'"):
        terracodec_v1_tt_s2l2a(weights=weights("tt_small"), device=device)


def test_weights_of_the_other_family_are_named(weights):
    with pytest.raises(CodecError, match="choose the codec flextec"):
        terracodec_v1_tt_s2l2a(weights=weights("flex_small"))


def test_arrays_are_refused_with_what_to_do(weights):
    model = terracodec_v1_tt_s2l2a(weights=weights("tt_small"))
    with pytest.raises(CodecError, match=r"torch\.from_numpy"):
        model(np.zeros((1, 2, 12, 64, 64), np.float32))


def test_all_functions_are_exported():
    for name in (
        "terracodec_v1_tt_s2l2a",
        "terracodec_v1_tt_s2l1c",
        "flextec_v1_s2l2a",
    ):
        assert callable(getattr(neucobench.codecs, name))


def test_weights_for_other_bands_are_refused(shared):
    path = shared / "fixtures/codecs/tt_small.safetensors"
    with pytest.raises(CodecError, match="for 12 bands, and tec-tt-l1c codes 13"):
        terracodec_v1_tt_s2l1c(weights=path, heads=4)
