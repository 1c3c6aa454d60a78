"""What every registered codec must keep, whatever it computes."""

import json
from dataclasses import replace

import numpy as np
import pytest

from neucobench.codecs.base import CODECS
from neucobench.codecs.card import codec_card, codec_names
from neucobench.codecs.load import load_codec
from neucobench.errors import CodecError

BANDS = 12
HEIGHT, WIDTH = 37, 51
SLOW = ("vvc-bands",)


@pytest.fixture(scope="session")
def tables_folder(tmp_path_factory):
    """Return where all tests of a session keep the tables they build."""
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(autouse=True)
def _no_files_at_home(tables_folder, monkeypatch):
    monkeypatch.setenv("NEUCOBENCH_CACHE", str(tables_folder))


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory):
    """Return files with random weights for the codecs whose own are on the hub."""
    import torch
    from safetensors.torch import save_file

    from neucobench.codecs.elic.network import Elic
    from neucobench.codecs.factorized import FactorizedPrior
    from neucobench.codecs.temporal.network import TemporalNetwork
    from neucobench.codecs.temporal.sizes import TemporalSizes

    folder = tmp_path_factory.mktemp("random-weights")
    small = TemporalSizes(
        channels=(8, 8, 16, 64),
        width=48,
        heads=4,
        separate_layers=1,
        joint_layers=1,
        decoder_layers=1,
        expansion=2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = {"tec-fp": FactorizedPrior(12, 8, 12), "tec-elic": Elic(12, 8, 130)}
        temporal = {
            "tec-tt": TemporalNetwork(small),
            "tec-tt-l1c": TemporalNetwork(replace(small, bands=13)),
            "flextec": TemporalNetwork(replace(small, flexible=True)),
        }
    for name, network in networks.items():
        with torch.no_grad():
            network.g_a[-1 if name == "tec-fp" else 13].weight.mul_(20)
        torch.save(network.state_dict(), folder / f"{name}.pt")
    for name, network in temporal.items():
        with torch.no_grad():
            network.transform.analysis_transform.transforms[13].weight.mul_(20)
        tensors = {key: value.clone() for key, value in network.state_dict().items()}
        save_file(tensors, folder / f"{name}.safetensors", metadata={"heads": "4"})
    return {path.stem: str(path) for path in folder.iterdir()}


def _parameter(name):
    return pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name


@pytest.fixture(params=[_parameter(name) for name in CODECS.names()])
def ready(request, elsewhere):
    """Return a function that returns the codec at a rate."""
    name = request.param

    def load(rate=None):
        try:
            return load_codec(name, rate=rate, weights=elsewhere.get(name))
        except CodecError as error:
            if "libvvenc" in str(error):
                pytest.skip(str(error))
            raise

    load.card = codec_card(name)
    load.bands = load.card.bands or BANDS
    load.trained = name not in elsewhere
    return load


def picture(*shape: int, seed: int = 0) -> np.ndarray:
    """Return stacks like those of a satellite: smooth, bands alike, some noise."""
    rng = np.random.default_rng(seed)
    samples, seasons, bands, height, width = shape
    spectrum = rng.normal(size=(samples, seasons, 3, height, width))
    rows, columns = np.fft.fftfreq(height), np.fft.fftfreq(width)
    steep = 1 / (0.03 + np.hypot(rows[:, None], columns)) ** 1.5
    fields = np.fft.ifft2(np.fft.fft2(spectrum) * steep).real
    fields /= fields.std()
    mixed = np.einsum("bf,stfyx->stbyx", rng.uniform(0.2, 1, (bands, 3)), fields)
    noise = rng.normal(size=mixed.shape)
    return np.rint(1500 + 500 * mixed + 10 * noise).astype(np.float32)


def test_all_have_a_card_and_all_cards_a_codec():
    assert CODECS.names() == codec_names()


def test_the_card_agrees(ready):
    codec, card = ready(), ready.card
    assert codec.identity.name == card.name
    assert (codec.bands, codec.smallest) == (card.bands, card.smallest)
    if ready.trained:
        assert codec.identity.rate == card.default_rate


def test_stacks_come_back_in_their_shape(ready):
    stacks = picture(2, 2, ready.bands, HEIGHT, WIDTH)
    codec = ready()
    decoded = codec.decode(codec.encode(stacks))
    assert decoded.shape == stacks.shape
    assert decoded.dtype == np.float32
    assert np.isfinite(decoded).all()
    if ready.trained:
        assert np.abs(decoded - stacks).mean() < 500


def test_a_better_rate_has_no_fewer_bits_and_no_larger_error(ready):
    if not ready.trained:
        pytest.skip("random weights have no rate")
    rates = sorted(ready.card.rates, reverse=ready.card.better == "smaller")
    stacks = picture(1, 1, ready.bands, 64, 80)
    bits, errors = [], []
    for rate in (rates[0], rates[len(rates) // 2], rates[-1]):
        codec = ready(rate)
        coded = codec.encode(stacks)
        bits.append(coded[0].bits)
        errors.append(float(np.square(codec.decode(coded) - stacks).mean()))
    assert bits == sorted(bits)
    assert errors == sorted(errors, reverse=True)


def test_equal_stacks_give_equal_streams(ready):
    stacks = picture(1, 1, ready.bands, HEIGHT, WIDTH)
    assert ready().encode(stacks) == ready().encode(stacks.copy())


def test_a_batch_is_coded_as_its_stacks_are(ready):
    stacks = picture(2, 1, ready.bands, HEIGHT, WIDTH)
    codec = ready()
    together = codec.encode(stacks)
    assert together == (*codec.encode(stacks[:1]), *codec.encode(stacks[1:]))
    alone = np.concatenate([codec.decode([item]) for item in together])
    np.testing.assert_allclose(codec.decode(together), alone, atol=0.1)


def test_streams_are_bytes_and_layouts_plain_json(ready):
    [coded] = ready().encode(picture(1, 2, ready.bands, HEIGHT, WIDTH))
    assert all(type(stream) is bytes for stream in coded.streams)
    assert coded.bits == 8 * sum(map(len, coded.streams))
    assert json.loads(json.dumps(coded.layout)) == coded.layout


def test_the_layout_says_nothing_about_the_pixels(ready):
    codec = ready()
    dark, bright = (
        picture(1, 1, ready.bands, HEIGHT, WIDTH, seed=seed) for seed in (1, 2)
    )
    assert codec.encode(dark)[0].layout == codec.encode(3 * bright)[0].layout


def test_damaged_streams_are_a_sentence(ready):
    codec = ready()
    [coded] = codec.encode(picture(1, 1, ready.bands, HEIGHT, WIDTH))
    stream = coded.streams[0]
    for place in (0, 5, 40, len(stream) // 2, len(stream) - 1):
        flipped = bytearray(stream)
        flipped[min(place, len(stream) - 1)] ^= 1 << place % 8
        for damaged in (bytes(flipped), stream[:place]):
            with pytest.raises(CodecError, match=r"\."):
                codec.decode([replace(coded, streams=(damaged, *coded.streams[1:]))])


@pytest.mark.parametrize("values", [(0, 0), (-300, 14_968), (2_000, 2_001)])
def test_nothing_is_clipped_and_flat_pictures_are_fine(ready, values):
    low, high = values
    stacks = np.full((1, 1, ready.bands, 32, 32), low, np.float32)
    stacks[..., 8:24, 8:24] = high
    codec = ready()
    decoded = codec.decode(codec.encode(stacks))
    assert np.isfinite(decoded).all()
    if ready.trained and ready.card.family == "classical":
        tolerance = max(200, (high - low) / 8)
        assert abs(decoded[..., 12:20, 12:20].mean() - high) < tolerance
        assert abs(decoded[..., :4, :4].mean() - low) < tolerance


@pytest.mark.parametrize(
    "spoil",
    [
        lambda stacks: stacks * np.float32(np.nan),
        lambda stacks: stacks[..., :15, :],
        lambda stacks: stacks[0],
        lambda stacks: stacks * np.float32(1e30),
    ],
    ids=["nan", "too small", "no samples", "beyond all reflectance"],
)
def test_what_it_cannot_take_is_a_sentence(ready, spoil):
    with pytest.raises(CodecError, match=r"\w+ .*; .*\. "):
        ready().encode(spoil(picture(1, 1, ready.bands, 32, 32)))


def test_other_bands_are_coded_or_refused_with_a_sentence(ready):
    codec = ready()
    for bands in {1, 4, 13} - {ready.card.bands}:
        stacks = picture(1, 1, bands, 32, 32)
        if codec.bands is None:
            assert codec.decode(codec.encode(stacks)).shape == stacks.shape
        else:
            with pytest.raises(CodecError, match=f"{codec.bands} bands"):
                codec.encode(stacks)


def test_stacks_of_two_sizes_are_not_decoded_together(ready):
    codec = ready()
    sizes = (32, 48)
    coded = [*(codec.encode(picture(1, 1, ready.bands, 32, size))[0] for size in sizes)]
    with pytest.raises(CodecError, match="one by one"):
        codec.decode(coded)
