"""Portable streams: the same picture everywhere, and damage that is noticed."""

import subprocess
import sys

import pytest
import torch

from neucobench.codecs.temporal.damage import DamagedFrameError
from neucobench.errors import CodecError, UsageError

SIZES = [(64, 64), (16, 16), (17, 130), (72, 88), (65, 63)]


def pictures(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module", params=["rigid", "flexible"])
def network(request, small_network):
    return small_network(flexible=request.param == "flexible")


@pytest.mark.parametrize("size", SIZES)
def test_any_height_and_width_comes_back(network, size):
    x = pictures(2, 3, 3, *size)
    streams = network.write(x)
    decoded = network.read(streams, size)
    assert decoded.shape == x.shape
    assert torch.equal(decoded, network.read(streams, size))


@pytest.mark.parametrize("frames", [1, 2, 5])
def test_any_number_of_frames_comes_back(network, frames):
    x = pictures(1, frames, 3, 64, 64)
    streams = network.write(x)
    assert [len(stack) for stack in streams] == [frames]
    assert network.read(streams, (64, 64)).shape == x.shape


def test_a_decoder_has_what_the_encoder_had(network):
    x = pictures(2, 3, 3, 72, 64)
    recon, _ = network(x[:1], compat=False)
    decoded = network.read(network.write(x[:1]), (72, 64))
    torch.testing.assert_close(decoded, recon, atol=1e-5, rtol=0)


def test_streams_do_not_depend_on_the_batch(network):
    x = pictures(5, 2, 3, 128, 64)
    alone = [network.write(one[None])[0] for one in x]
    assert network.write(x) == alone


def test_early_frames_do_not_depend_on_later_ones(network):
    x = pictures(1, 4, 3, 64, 64)
    assert network.write(x[:, :2])[0] == network.write(x)[0][:2]


def test_other_threads_and_batches_decode_a_hundred_stacks(small_network):
    network = small_network()
    x = pictures(100, 2, 3, 64, 64)
    torch.set_num_threads(2)
    streams = [one for part in x.split(8) for one in network.write(part)]
    wanted, _ = network(x)
    torch.set_num_threads(1)
    decoded = torch.cat([network.read([one], (64, 64)) for one in streams])
    torch.testing.assert_close(decoded, wanted, atol=1e-5, rtol=0)


@pytest.mark.endurance
def test_another_process_decodes_on_one_thread(small_network, tmp_path):
    network = small_network(flexible=True)
    x = pictures(3, 2, 3, 64, 64)
    torch.set_num_threads(2)
    streams = network.write(x, 5)
    torch.save((network, streams), tmp_path / "coded.pt")
    code = (
        "import sys, torch\n"
        "torch.set_num_threads(1)\n"
        "network, streams = torch.load(sys.argv[1], weights_only=False)\n"
        "found = [network.read([one], (64, 64), 5) for one in streams]\n"
        "torch.save(torch.cat(found), sys.argv[1] + '.out')\n"
    )
    path = str(tmp_path / "coded.pt")
    subprocess.run([sys.executable, "-c", code, path], check=True)
    found = torch.load(path + ".out")
    torch.testing.assert_close(
        found, network.read(streams, (64, 64), 5), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("quality", [1, 8, [16, 0, 3]])
def test_fewer_tokens_take_fewer_bytes(small_network, quality):
    network = small_network(flexible=True)
    x = pictures(1, 3, 3, 64, 64)
    [all_tokens], [some] = network.write(x), network.write(x, quality)
    assert sum(map(len, some)) < sum(map(len, all_tokens))
    assert network.read([some], (64, 64), quality).shape == x.shape


def test_no_token_takes_no_byte(small_network):
    network = small_network(flexible=True)
    assert network.write(pictures(1, 2, 3, 64, 64), 0) == [[b"", b""]]


@pytest.mark.parametrize("quality", [0, 1, 8, 16, [16, 0, 3]])
def test_the_estimate_of_the_closed_loop_is_within_three_percent(
    small_network, quality
):
    network = small_network(flexible=True)
    x = pictures(1, 3, 3, 192, 192)
    _, expected = network(x, quality, compat=False)
    coded = [8 * len(stream) for stream in network.write(x, quality)[0]]
    assert abs(sum(coded) - sum(expected)) <= 0.03 * sum(expected)


@pytest.mark.parametrize("frame", [0, 1, 2])
def test_a_flipped_bit_names_the_frame(network, frame):
    x = pictures(2, 3, 3, 64, 64)
    streams = network.write(x)
    stream = streams[1][frame]
    for place in range(0, len(stream), len(stream) // 5):
        damaged = bytearray(stream)
        damaged[place] ^= 1 << place % 8
        given = [streams[0], [*streams[1]]]
        given[1][frame] = bytes(damaged)
        with pytest.raises(DamagedFrameError, match=f"frame {frame + 1} of 3") as told:
            network.read(given, (64, 64))
        assert (told.value.stack, told.value.frame) == (1, frame)


def test_frames_before_the_damage_are_still_there(network):
    x = pictures(1, 3, 3, 64, 64)
    [streams] = network.write(x)
    with pytest.raises(DamagedFrameError) as told:
        network.read([[*streams[:2], streams[2][:-4]]], (64, 64))
    whole = network.read([streams], (64, 64))
    torch.testing.assert_close(told.value.before, whole[0, :2], atol=1e-5, rtol=0)


def test_the_first_frame_has_none_before(network):
    [streams] = network.write(pictures(1, 2, 3, 64, 64))
    with pytest.raises(DamagedFrameError) as told:
        network.read([[b"", streams[1]]], (64, 64))
    assert told.value.before is None


def test_other_weights_are_noticed(small_network):
    x = pictures(1, 2, 3, 64, 64)
    streams = small_network().write(x)
    with pytest.raises(CodecError, match="other weights"):
        small_network(seed=1).read(streams, (64, 64))


def test_stacks_of_different_lengths_are_refused(network):
    [two] = network.write(pictures(1, 2, 3, 64, 64))
    with pytest.raises(CodecError, match=r"Stacks of \[1, 2\] frames"):
        network.read([two, two[:1]], (64, 64))


@pytest.mark.parametrize("quality", [17, -1, 2.5, True, [], [1, 2, 3]])
def test_a_quality_that_is_none_is_refused(small_network, quality):
    network = small_network(flexible=True)
    with pytest.raises(UsageError, match="whole number from 0 to 16"):
        network.write(pictures(1, 2, 3, 64, 64), quality)


def test_a_rigid_network_sends_all_tokens(small_network):
    with pytest.raises(UsageError, match="only FlexTEC"):
        small_network().write(pictures(1, 2, 3, 64, 64), 8)


def test_bytes_where_no_token_was_sent_are_noticed(small_network):
    network = small_network(flexible=True)
    [streams] = network.write(pictures(1, 2, 3, 64, 64), [16, 8])
    with pytest.raises(DamagedFrameError) as error:
        network.read([streams], (64, 64), [16, 0])
    assert (error.value.frame, len(error.value.before)) == (1, 1)


@pytest.mark.parametrize("size", [(0, 64), (64,), "ab"])
def test_a_size_that_no_picture_has_is_refused(network, size):
    with pytest.raises(CodecError, match="Give that"):
        network.read([[b""]], size)
