"""The published Python interface: what it takes, and where weights are from."""

import subprocess
import sys

import pytest
import torch

import neucobench.codecs
from neucobench.codecs import terracodec_v1_elic_s2l2a, terracodec_v1_fp_s2l2a
from neucobench.errors import CodecError, DownloadError, UsageError

RELEASED = (0.5, 2, 10, 40, 200)
FP_WIDTHS = {0.5: 128, 2: 128, 10: 128, 40: 192, 200: 320}
FOLDER = "/embed2scale/TerraCodec-1.0-FP-S2L2A/resolve/main"
FILE = f"{FOLDER}/TerraCodec_v1_FP_S2L2A_lambda-{{}}.pt"


def test_the_functions_are_found_without_importing_torch():
    code = (
        "import sys, neucobench.codecs as c; names = set(c.__all__) <= set(dir(c)); "
        "print(names, 'torch' in sys.modules, 'compressai' in sys.modules)"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)
    assert said.split() == ["True", "False", "False"]


def test_other_names_are_not_exported():
    with pytest.raises(AttributeError, match="no attribute 'terracodec_v9'"):
        _ = neucobench.codecs.terracodec_v9


@pytest.mark.parametrize("rate", RELEASED)
def test_without_weights_the_widths_are_the_published_ones(rate):
    model = terracodec_v1_fp_s2l2a(compression=rate)
    assert (model.bands, model.channels) == (12, FP_WIDTHS[rate])
    assert not model.training


def test_a_lambda_has_two_spellings():
    widths = [terracodec_v1_fp_s2l2a(compression=c).channels for c in (40, "lambda-40")]
    assert widths == [192, 192]


def test_by_default_lambda_is_10():
    sizes = sum(weights.numel() for weights in terracodec_v1_fp_s2l2a().parameters())
    assert sizes == 2_642_188


@pytest.mark.slow
def test_elic_is_as_wide_as_published():
    sizes = {
        rate: sum(
            w.numel() for w in terracodec_v1_elic_s2l2a(compression=rate).parameters()
        )
        for rate in (10, 200)
    }
    assert sizes == {10: 16_508_524, 200: 33_879_180}


@pytest.mark.parametrize("make", [terracodec_v1_fp_s2l2a, terracodec_v1_elic_s2l2a])
@pytest.mark.parametrize("compression", [3, 0, "lambda-3", "lambda", "10", True])
def test_an_unreleased_lambda_lists_the_released_ones(make, compression):
    with pytest.raises(UsageError, match=r"0\.5, 2, 10, 40, 200"):
        make(compression=compression)


def test_pretrained_and_weights_exclude_each_other():
    with pytest.raises(UsageError, match="Give one of them"):
        terracodec_v1_fp_s2l2a(pretrained=True, weights="a.pt")


def test_a_missing_checkpoint_is_a_sentence():
    with pytest.raises(CodecError, match=r"a\.pt was given .* no file that exists"):
        terracodec_v1_fp_s2l2a(weights="a.pt")


def test_pretrained_weights_come_from_the_hub(hub, tmp_path):
    torch.save(terracodec_v1_fp_s2l2a(compression=40).state_dict(), tmp_path / "a.pt")
    hub[FILE.format(40)] = (tmp_path / "a.pt").read_bytes()
    x = torch.randn(1, 12, 32, 32)
    fetched = terracodec_v1_fp_s2l2a(pretrained=True, compression=40)
    assert torch.equal(fetched(x), terracodec_v1_fp_s2l2a(weights=tmp_path / "a.pt")(x))


def test_pretrained_weights_with_another_digest_are_refused(hub):
    hub[FILE.format(10)] = b"something else"
    with pytest.raises(DownloadError, match="the card says 844970e0"):
        terracodec_v1_fp_s2l2a(pretrained=True)


def test_weights_that_the_hub_does_not_have_are_a_sentence(hub):
    with pytest.raises(DownloadError, match=r"lambda-200\.pt of embed2scale"):
        terracodec_v1_elic_s2l2a(pretrained=True, compression=200)


def test_an_unknown_device_is_a_sentence():
    with pytest.raises(UsageError, match="There is no device 'tpu'"):
        terracodec_v1_fp_s2l2a(device="tpu")


def test_a_reconstruction_can_be_changed_in_place():
    x = torch.randn(1, 12, 32, 32)
    model = terracodec_v1_fp_s2l2a()
    model.decompress(**model.compress(x)).mul_(2)
