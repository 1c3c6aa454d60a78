"""The published interface: payloads, batches, and what it refuses."""

import base64
import json

import numpy as np
import pytest
import torch

from neucobench.codecs.temporal import past, strict
from neucobench.codecs.temporal.stepping import Stepper
from neucobench.errors import CodecError


def pictures(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def network(small_network):
    return small_network()


@pytest.fixture(scope="module")
def flexible(small_network):
    return small_network(flexible=True)


def test_a_payload_has_what_upstream_s_has_and_the_size(network):
    payload = network.compress(pictures(1, 2, 3, 72, 64))
    assert payload["shape"] == [1, 2, 3, 72, 64]
    assert payload["latent_hw"] == [5, 4]
    assert (payload["num_channels"], payload["seq_len_dec"]) == (16, 16)
    assert payload["size"] == (72, 64)
    assert [len(frame) for frame in payload["strings"]] == [16, 16]
    assert payload["bits"] == [
        8 * sum(len(token[0]) for token in frame) for frame in payload["strings"]
    ]


def test_a_payload_decodes_as_one_argument_and_as_keywords(network):
    payload = network.compress(pictures(1, 2, 3, 64, 64))
    assert torch.equal(network.decompress(payload), network.decompress(**payload))


def test_batches_have_the_strings_of_their_stacks(network):
    x = pictures(3, 2, 3, 64, 64)
    whole = network.compress(x)["strings"]
    for place, one in enumerate(x):
        alone = network.compress(one[None])["strings"]
        assert [[[t[place]] for t in frame] for frame in whole] == alone


@pytest.mark.parametrize("quality", [16, 4])
def test_a_large_batch_goes_in_parts(flexible, monkeypatch, quality):
    x = pictures(3, 2, 3, 64, 80)
    whole = flexible.compress(x, quality)
    decoded = flexible.decompress(whole)
    recon, bits = flexible(x, quality, compat=False)
    monkeypatch.setattr(past, "_KEPT", 1)
    assert flexible.compress(x, quality) == whole
    torch.testing.assert_close(flexible.decompress(whole), decoded, atol=1e-5, rtol=0)
    again, same = flexible(x, quality, compat=False)
    torch.testing.assert_close(again, recon, atol=1e-5, rtol=0)
    assert same == pytest.approx(bits, abs=1)


def test_a_batch_decodes_to_what_a_forward_pass_gives(network):
    x = pictures(3, 2, 3, 64, 80)
    decoded = network.decompress(network.compress(x))
    torch.testing.assert_close(decoded, network(x)[0], atol=1e-5, rtol=0)


def test_a_stack_may_come_without_a_batch(network):
    x = pictures(2, 3, 64, 64)
    assert network.compress(x)["strings"] == network.compress(x[None])["strings"]


def test_one_frame_may_come_alone(network):
    x = pictures(3, 64, 64)
    assert network.compress(x)["shape"] == [1, 1, 3, 64, 64]


def test_text_and_the_other_key_are_read(network):
    payload = network.compress(pictures(1, 1, 3, 64, 64))
    texts = [
        [[base64.b64encode(s).decode() for s in token] for token in frame]
        for frame in payload["strings"]
    ]
    given = {"bitstreams": texts, "size": payload["size"]}
    assert torch.equal(network.decompress(given), network.decompress(payload))


def test_a_wrong_index_costs_time_and_nothing_else(network, monkeypatch):
    x = pictures(1, 2, 3, 64, 64)
    payload = network.compress(x)
    step = Stepper.step

    def noisy(self, before):
        return step(self, before) + 0.05

    monkeypatch.setattr(strict.Stepper, "step", noisy)
    decoded = network.decompress(payload)
    torch.testing.assert_close(decoded, network(x)[0], atol=1e-5, rtol=0)


def test_a_wrong_forecast_is_corrected(flexible, monkeypatch):
    x = pictures(1, 2, 3, 64, 64)
    payload = flexible.compress(x, 4)
    step = Stepper.step

    def noisy(self, before):
        return step(self, before) + 0.02 * (self.place % 3)

    monkeypatch.setattr(Stepper, "step", noisy)
    assert flexible.compress(x, 4)["strings"] == payload["strings"]


def test_the_improved_scale_is_another_and_decodes(flexible):
    x = pictures(1, 3, 3, 64, 64)
    ours = flexible.compress(x, 8, compat=False)
    assert ours["strings"] != flexible.compress(x, 8)["strings"]
    assert flexible.decompress(ours).shape == x.shape


def test_flexible_payloads_say_how_they_were_made(flexible):
    payload = flexible.compress(pictures(1, 3, 3, 64, 64), [16, 2])
    assert (payload["quality"], payload["compat"]) == ([16, 2, 2], True)


def test_all_tokens_are_the_default(flexible):
    x = pictures(1, 2, 3, 64, 64)
    assert flexible.compress(x)["strings"] == flexible.compress(x, 16)["strings"]


def test_a_damaged_string_names_its_frame(network):
    payload = network.compress(pictures(1, 3, 3, 64, 64))
    token = payload["strings"][1][5]
    token[0] = bytes([token[0][0] ^ 1]) + token[0][1:]
    with pytest.raises(CodecError, match="frame 2 of 3"):
        network.decompress(payload)


@pytest.mark.parametrize(
    "strings",
    [None, [], [[]], [[[b""]] * 15], [[["!"]] * 16], [[[b"", b""]] + [[b""]] * 15]],
)
def test_what_is_no_payload_is_refused(network, strings):
    with pytest.raises(CodecError):
        network.decompress({"strings": strings, "size": (64, 64)})


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (pictures(1, 2, 4, 64, 64), "3 bands"),
        (pictures(64, 64), "batch, time"),
        (pictures(1, 0, 3, 64, 64), "batch, time"),
        (pictures(1, 2, 3, 8, 64), "least is 16"),
        (pictures(1, 2, 3, 64, 64).double(), "float32"),
        (pictures(1, 2, 3, 64, 64) / 0, "NaN or infinite"),
    ],
)
def test_pictures_that_do_not_fit_are_refused(network, x, said):
    with pytest.raises(CodecError, match=said):
        network.compress(x)


@pytest.mark.parametrize("x", [pictures(0, 2, 3, 64, 64), np.zeros((3, 64, 64))])
def test_what_is_no_picture_is_refused(network, x):
    with pytest.raises(CodecError):
        network(x)


@pytest.mark.parametrize("key", ["size", "shape", "latent_hw"])
@pytest.mark.parametrize(
    "given", [5, "ab", (1,), (0, 64), (1, 10**6, 10**6), (float("inf"), 1), [[1, 2]]]
)
def test_a_size_that_no_picture_has_is_refused(flexible, key, given):
    with pytest.raises(CodecError, match=r"\. Give"):
        flexible.decompress({"strings": [[], []], key: given})


@pytest.mark.parametrize("stacks", [0, -1, 10**9, None])
def test_stacks_without_strings_are_as_many_as_the_shape_says(flexible, stacks):
    shape = (stacks, 2, 3, 64, 64)
    with pytest.raises(CodecError):
        flexible.decompress({"strings": [[], []], "shape": shape, "size": (64, 64)})
    shape = np.array([2, 2, 3, 64, 64])
    assert len(flexible.decompress({"strings": [[], []], "shape": shape})) == 2


def test_numbers_of_numpy_are_qualities(flexible):
    x = pictures(1, 2, 3, 64, 64)
    payload = flexible.compress(x, np.int64(3))
    assert payload["strings"] == flexible.compress(x, 3)["strings"]
    json.dumps(payload["quality"])
