"""The small published models, number by number and string by string."""

import numpy as np
import pytest
import torch

from neucobench.codecs.temporal.bottleneck import published_rows
from neucobench.codecs.temporal.expectation import expect
from neucobench.codecs.temporal.past import look_back
from neucobench.codecs.temporal.windows import decoder_windows

CASES = ["a", "b", "c"]
QUALITIES = {
    "k0": 0, "k1": 1, "k4": 4, "k8": 8, "k16": 16, "klist": [16, 0, 3],
}  # fmt: skip
LATENTS, WITHIN = 2e-5, 1e-5


@pytest.fixture(scope="module")
def tt(published):
    return published("tt_small")


@pytest.fixture(scope="module")
def flex(published):
    return published("flex_small")


def compare(recon: torch.Tensor, model, key: str) -> None:
    """Compare a reconstruction with what is stored of it: all, three bands, a grid."""
    whole = recon.numpy()
    views = {
        "": whole,
        "_bands_0_5_11": whole[:, :, [0, 5, 11]],
        "_grid": whole[..., 1::4, 2::4],
    }
    [name] = [name for name in views if f"{key}{name}" in model]
    np.testing.assert_allclose(views[name], model[f"{key}{name}"], atol=WITHIN, rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_latents_are_the_published_ones(tt, case):
    found = tt.network.analyze(tt.stack(case)).numpy()
    wanted = tt[f"{case}_latents_analysis"]
    np.testing.assert_allclose(found, wanted, atol=LATENTS, rtol=0)


@pytest.mark.parametrize("case", CASES)
def test_a_forward_pass_gives_the_published_picture_and_bits(tt, case):
    recon, bits = tt.network(tt.stack(case))
    compare(recon, tt, f"{case}_forward_recon")
    np.testing.assert_allclose(bits, tt[f"{case}_forward_bits_float"], rtol=1e-3)


def test_a_batch_has_the_bits_of_all_its_stacks(tt):
    stack = tt.stack("a")
    batch = torch.cat([stack[:, :2], stack[:, 2:]])
    recon, bits = tt.network(batch)
    compare(recon, tt, "batch2_forward_recon")
    np.testing.assert_allclose(bits, tt["batch2_forward_bits_float"], rtol=1e-3)


@pytest.mark.parametrize("case", CASES)
def test_strings_are_the_published_ones(tt, case):
    payload = tt.network.compress(tt.stack(case))
    assert payload["strings"] == tt.strings(case)
    assert payload["bits"] == tt[f"{case}_compress_bits"].tolist()


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_fewer_frames_give_the_first_strings(tt, frames):
    payload = tt.network.compress(tt.stack("a")[:, :frames])
    assert payload["strings"] == tt.strings("a")[:frames]


@pytest.mark.parametrize("case", CASES)
def test_published_strings_decode_to_the_published_picture(tt, case):
    x = tt.stack(case)
    given = {"strings": tt.strings(case), "size": x.shape[-2:]}
    compare(tt.network.decompress(given), tt, f"{case}_forward_recon")


@pytest.mark.parametrize(("case", "frame"), [("a", 2), ("b", 1)])
def test_what_is_expected_of_a_frame_is_as_published(tt, case, frame):
    latents = torch.from_numpy(tt[f"{case}_latents_decoded"].astype(np.float32))
    tokens = decoder_windows(latents[0], flexible=False)
    tokens = tokens.reshape(1, latents.shape[1], -1, *tokens.shape[1:])
    found = expect(tt.network, latents, tokens)
    for name in ("z_cur", "mu", "sigma_raw"):
        numbers = getattr(found, name)[0, frame].numpy()
        wanted = tt[f"{case}_frame{frame}_{name}"]
        np.testing.assert_allclose(numbers, wanted, atol=2e-5, rtol=0)
    rows = published_rows(found.mu, found.sigma_raw)[0, frame]
    np.testing.assert_array_equal(rows, tt[f"{case}_frame{frame}_cdf_row"])


@pytest.mark.parametrize(("case", "frame"), [("a", 2), ("b", 1)])
def test_the_joint_context_is_as_published(tt, case, frame):
    latents = torch.from_numpy(tt[f"{case}_latents_decoded"].astype(np.float32))[0]
    older, newer = (latents[max(frame - back, 0)][None] for back in (2, 1))
    said = [look_back(tt.network, one) for one in (older, newer)]
    joint = tt.network.entropy_model.join(*said)
    wanted = tt[f"{case}_frame{frame}_z_joint"]
    np.testing.assert_allclose(joint.numpy(), wanted, atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", QUALITIES)
def test_flexible_strings_are_the_published_ones(flex, name):
    payload = flex.network.compress(flex.stack("in64"), QUALITIES[name])
    assert payload["strings"] == flex.strings(name)
    assert payload["bits"] == flex[f"{name}_compress_bits"].tolist()
    assert payload["quality"] == flex[f"{name}_quality"].tolist()


@pytest.mark.parametrize("name", QUALITIES)
def test_flexible_strings_decode_to_the_published_picture(flex, name):
    x = flex.stack("in64")
    given = {"strings": flex.strings(name), "shape": x.shape}
    compare(flex.network.decompress(given), flex, f"{name}_decompress_recon")


@pytest.mark.parametrize("name", [name for name in QUALITIES if name != "klist"])
def test_flexible_forward_passes_mask_what_is_not_sent(flex, name):
    recon, bits = flex.network(flex.stack("in64"), QUALITIES[name])
    compare(recon, flex, f"{name}_forward_recon")
    wanted = flex[f"{name}_forward_bits_float"]
    np.testing.assert_allclose(bits, wanted, rtol=1e-3, atol=1)


def test_several_flexible_windows_are_as_published(flex):
    x = flex.stack("in128")
    payload = flex.network.compress(x, 6)
    assert payload["strings"] == flex.strings("in128_k6")
    compare(flex.network.decompress(payload), flex, "in128_k6_decompress_recon")
    compare(flex.network(x, 6)[0], flex, "in128_k6_forward_recon")
