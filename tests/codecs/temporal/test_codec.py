"""The temporal codecs as codecs: stacks of reflectance in, streams out, and back."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from neucobench.codecs.base import (
    Aim,
    CodecIdentity,
    Coded,
    FlexibleCodec,
    LatentCodec,
    SalvagingCodec,
)
from neucobench.codecs.standardize import restore, standardize
from neucobench.codecs.temporal.codec import FlexibleTemporalCodec, TemporalCodec
from neucobench.codecs.temporal.damage import DamagedFrameError
from neucobench.errors import CodecError, UsageError

IDENTITY = CodecIdentity(
    name="tec-tt", version="1", rate=5.0, weights="ab" * 32, options={}
)


def stacks(*shape, seed=0):
    noise = np.random.default_rng(seed).normal(size=shape)
    smooth = np.cumsum(np.cumsum(noise, axis=-1), axis=-2)
    return (1500 + 300 * smooth / smooth.std()).astype(np.float32)


@pytest.fixture(scope="module")
def rigid(small_network):
    return TemporalCodec(network=small_network(bands=12), identity=IDENTITY)


@pytest.fixture(scope="module")
def flexible(small_network):
    return FlexibleTemporalCodec(
        network=small_network(bands=12, flexible=True),
        identity=replace(IDENTITY, name="flextec", rate=16.0),
        aim=Aim(quality=(16,)),
    )


@pytest.fixture(params=["rigid", "flexible"])
def codec(request):
    return request.getfixturevalue(request.param)


def psnr(decoded, raw):
    return 10 * np.log10(1e8 / np.square(decoded - raw, dtype=np.float64).mean())


def bits(coded, raw):
    return coded.bits / raw[0].size


def test_what_they_are(rigid, flexible):
    assert isinstance(rigid, LatentCodec)
    assert isinstance(rigid, SalvagingCodec)
    assert not isinstance(rigid, FlexibleCodec)
    assert isinstance(flexible, FlexibleCodec)
    assert (rigid.bands, rigid.smallest, rigid.channels) == (12, 16, 16)


@pytest.mark.parametrize("frames", [1, 2, 5])
@pytest.mark.parametrize("size", [(16, 16), (17, 70), (80, 48)])
def test_any_number_of_frames_and_any_size_from_16_on(codec, frames, size):
    raw = stacks(2, frames, 12, *size)
    coded = codec.encode(raw)
    assert [len(item.streams) for item in coded] == [frames, frames]
    assert coded[0].layout["size"] == list(size)
    decoded = codec.decode(coded)
    assert decoded.shape == raw.shape
    assert decoded.dtype == np.float32
    assert np.isfinite(decoded).all()


def test_decoding_gives_what_the_network_makes_of_the_stack(rigid):
    raw = stacks(1, 3, 12, 64, 128)
    expected, _ = rigid.network(torch.from_numpy(standardize(raw)))
    decoded = rigid.decode(rigid.encode(raw))
    np.testing.assert_allclose(decoded, restore(expected.numpy()), atol=0.5)


def test_the_order_of_the_frames_matters(rigid):
    raw = stacks(1, 3, 12, 32, 32)
    [there], [back] = rigid.encode(raw), rigid.encode(raw[:, ::-1].copy())
    assert there.streams != back.streams[::-1]


def test_latents_have_a_sixteenth_of_the_size(codec):
    latents = codec.latents(stacks(2, 2, 12, 64, 40))
    assert latents.shape == (2, 2, codec.channels, 4, 3)
    np.testing.assert_array_equal(latents, np.rint(latents))


LONG = pytest.mark.endurance


@pytest.mark.parametrize(
    "aim",
    [
        pytest.param((16,), marks=LONG),
        (5,),
        pytest.param((0,), marks=LONG),
        pytest.param((16, 0, 3), marks=LONG),
    ],
)
def test_threads_and_batches_do_not_matter(flexible, aim):
    raw = stacks(8, 4, 12, 64, 64)
    aimed = flexible.aimed(Aim(quality=aim))
    torch.set_num_threads(2)
    together = aimed.encode(raw)
    torch.set_num_threads(1)
    assert together == tuple(aimed.encode(stack[None])[0] for stack in raw)
    alone = np.concatenate([aimed.decode([item]) for item in together])
    torch.set_num_threads(2)
    np.testing.assert_allclose(aimed.decode(together), alone, atol=0.1)


def test_a_list_of_qualities_is_continued_by_its_last(flexible):
    [coded] = flexible.aimed(Aim(quality=(16, 0, 3))).encode(stacks(1, 5, 12, 32, 32))
    assert coded.layout["quality"] == [16, 0, 3, 3, 3]
    assert coded.streams[1] == b""


def test_the_rate_is_the_most_tokens_that_are_sent(flexible):
    rates = [
        flexible.aimed(aim).identity.rate
        for aim in (Aim(quality=(3, 7)), Aim(quality=(0,)), Aim(bits=1), Aim(psnr=30))
    ]
    assert rates == [7, 0, 16, 16]


def test_stacks_of_several_qualities_decode_together(flexible):
    raw = stacks(1, 2, 12, 32, 32)
    coded = [
        *flexible.aimed(Aim(quality=(2,))).encode(raw),
        *flexible.aimed(Aim(quality=(9, 1))).encode(raw),
        *flexible.aimed(Aim(quality=(2,))).encode(raw + 100),
    ]
    together = flexible.decode(coded)
    for item, decoded in zip(coded, together, strict=True):
        np.testing.assert_allclose(flexible.decode([item])[0], decoded, atol=0.1)


def test_a_size_is_kept_and_nearly_used_up(flexible):
    raw = stacks(2, 3, 12, 64, 64)
    most = bits(flexible.encode(raw)[0], raw)
    aimed = flexible.aimed(Aim(bits=most / 3))
    coded = aimed.encode(raw)
    for item, outcome in zip(coded, aimed.outcomes, strict=True):
        assert outcome.reached
        assert list(outcome.quality) == item.layout["quality"]
        assert bits(item, raw) <= most / 3
    assert sum(item.bits for item in coded) > 0.7 * 2 * raw[0].size * most / 3
    again = flexible.aimed(Aim(quality=aimed.outcomes[0].quality)).encode(raw[:1])
    assert again[0] == coded[0]


def test_an_error_is_reached_with_fewer_bits(flexible):
    raw = stacks(1, 3, 12, 64, 64)
    everything = flexible.encode(raw)
    errors = [
        psnr(flexible.decode(flexible.aimed(Aim(quality=(k,))).encode(raw)), raw)
        for k in range(17)
    ]
    target = sorted(errors)[8]
    aimed = flexible.aimed(Aim(psnr=target))
    [coded] = aimed.encode(raw)
    assert aimed.outcomes[0].reached
    assert psnr(aimed.decode([coded]), raw) >= target - 1e-3
    assert coded.bits <= everything[0].bits


def test_an_error_that_is_out_of_reach_is_said(flexible):
    aimed = flexible.aimed(Aim(psnr=200))
    aimed.encode(stacks(1, 1, 12, 32, 32))
    assert [outcome.reached for outcome in aimed.outcomes] == [False]
    assert aimed.outcomes[0].quality == (16,)


@pytest.mark.parametrize("aim", [Aim(quality=(17,)), Aim(bits=0), Aim(psnr=-3)])
def test_an_aim_that_makes_no_sense_is_a_sentence(flexible, aim):
    with pytest.raises(UsageError, match=r"; .*\. Give "):
        flexible.aimed(aim)


@pytest.mark.parametrize("given", [{}, {"bits": 1, "psnr": 40}])
def test_an_aim_is_one_of_three(given):
    with pytest.raises(UsageError, match=r"; .*\. Give one"):
        Aim(**given)


@pytest.mark.parametrize("quality", [None, 5, [], [3], [17, 0], [-1, 0], ["a", 0]])
def test_a_quality_that_was_never_made_is_a_sentence(flexible, quality):
    [coded] = flexible.encode(stacks(1, 2, 12, 32, 32))
    layout = {"size": [32, 32], "quality": quality}
    with pytest.raises(CodecError, match="what the encoder returned"):
        flexible.decode([Coded(streams=coded.streams, layout=layout)])


def flipped(coded, frame):
    streams = list(coded.streams)
    streams[frame] = bytes([*streams[frame][:-1], streams[frame][-1] ^ 4])
    return replace(coded, streams=tuple(streams))


def test_a_damaged_stream_names_its_stack_and_frame(codec):
    coded = list(codec.encode(stacks(3, 3, 12, 32, 32)))
    coded[1] = flipped(coded[1], 2)
    with pytest.raises(DamagedFrameError, match="frame 3 of 3") as caught:
        codec.decode(coded)
    assert (caught.value.stack, caught.value.frame) == (1, 2)


@pytest.mark.parametrize("frame", [0, 1, 3])
def test_frames_before_a_damaged_one_are_salvaged(codec, frame):
    [coded] = codec.encode(stacks(1, 4, 12, 40, 32))
    whole = codec.decode([coded])[0]
    salvaged = codec.salvage(flipped(coded, frame))
    assert salvaged.lost == tuple(range(frame, 4))
    assert salvaged.pixels.shape == whole.shape
    np.testing.assert_allclose(salvaged.pixels[:frame], whole[:frame], atol=0.1)


def test_streams_that_are_cut_off_or_missing_are_lost(codec):
    [coded] = codec.encode(stacks(1, 3, 12, 32, 32))
    cut = (coded.streams[0], coded.streams[1][:-4], b"")
    assert codec.salvage(replace(coded, streams=cut)).lost == (1, 2)
    assert codec.salvage(coded).lost == ()


def test_latents_of_a_codec_that_aims_at_a_size_are_refused(flexible):
    aimed = flexible.aimed(Aim(bits=0.1))
    with pytest.raises(UsageError, match="Give a quality"):
        aimed.latents(stacks(1, 2, 12, 64, 64))
