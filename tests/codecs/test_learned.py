"""The learned codecs as codecs: stacks of reflectance in, streams out, and back."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from neucobench.codecs.base import Codec, Coded, LatentCodec
from neucobench.codecs.card import codec_card, codec_card_path
from neucobench.codecs.elic.network import Elic
from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.load import load_codec
from neucobench.codecs.published import find_source, released
from neucobench.codecs.standardize import restore, standardize
from neucobench.content import PATH_VARIABLE
from neucobench.errors import CodecError, UnknownNameError, UsageError


@pytest.fixture(autouse=True)
def one_core():
    """Compute on one core: small layers lose more than they win on several."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Return the files with random weights of each codec."""
    folder = tmp_path_factory.mktemp("weights")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = {"tec-fp": FactorizedPrior(12, 8, 12), "tec-elic": Elic(12, 8, 130)}
    for name, network in networks.items():
        last = network.g_a[6 if name == "tec-fp" else 13]
        with torch.no_grad():
            last.weight.mul_(20)
        torch.save(network.state_dict(), folder / f"{name}_lambda-40.pt")
    return {name: str(folder / f"{name}_lambda-40.pt") for name in networks}


@pytest.fixture(params=["tec-fp", "tec-elic"])
def codec(request, weights):
    return load_codec(request.param, weights=weights[request.param])


def stacks(*shape: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 4000, shape).astype(np.float32)


def test_it_is_a_codec_with_latents(codec):
    assert isinstance(codec, LatentCodec)
    assert (codec.bands, codec.smallest) == (12, 16)
    assert codec.channels in (12, 130)


@pytest.mark.parametrize("shape", [(1, 1, 12, 64, 64), (2, 3, 12, 20, 37)])
def test_stacks_come_back_in_their_shape(codec, shape):
    raw = stacks(*shape)
    coded = codec.encode(raw)
    decoded = codec.decode(coded)
    assert len(coded) == shape[0]
    assert [len(item.streams) for item in coded] == [shape[1]] * shape[0]
    assert decoded.shape == shape
    assert decoded.dtype == np.float32
    flat = torch.from_numpy(standardize(raw.reshape(-1, *shape[2:])))
    expected = restore(codec.network(flat).numpy()).reshape(shape)
    assert np.abs(decoded - expected).max() < 0.1


def test_the_layout_is_plain_json(codec):
    [coded] = codec.encode(stacks(1, 1, 12, 32, 48))
    assert json.loads(json.dumps(coded.layout)) == coded.layout == {"size": [32, 48]}


def test_stacks_decode_one_by_one_and_together(codec):
    coded = codec.encode(stacks(3, 1, 12, 64, 64))
    together = codec.decode(coded)
    alone = np.concatenate([codec.decode([item]) for item in coded])
    assert np.abs(together - alone).max() < 0.1


def test_encoding_twice_gives_the_same_streams(codec):
    raw = stacks(2, 1, 12, 64, 64)
    first = [item.streams for item in codec.encode(raw)]
    assert [item.streams for item in codec.encode(raw)] == first


def test_latents_have_a_sixteenth_of_the_size(codec):
    latents = codec.latents(stacks(2, 2, 12, 128, 64))
    assert latents.shape == (2, 2, codec.channels, 8, 4)
    assert latents.dtype == np.float32


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (stacks(1, 1, 13, 64, 64), "takes .samples, time, 12 bands, y, x."),
        (stacks(1, 12, 64, 64), "takes .samples, time, 12 bands, y, x."),
        (stacks(1, 1, 12, 15, 64), "least is 16 x 16"),
        (stacks(1, 1, 12, 64, 64) * np.nan, "NaN or infinite"),
        (stacks(1, 1, 12, 64, 64) * 1e30, "reflectance times 10,000"),
    ],
)
def test_what_it_cannot_take_is_a_sentence(codec, raw, sentence):
    with pytest.raises(CodecError, match=sentence):
        codec.encode(raw.astype(np.float32))


def test_stacks_of_two_shapes_are_not_decoded_together(codec):
    [one] = codec.encode(stacks(1, 1, 12, 32, 32))
    [other] = codec.encode(stacks(1, 1, 12, 32, 48))
    [longer] = codec.encode(stacks(1, 2, 12, 32, 32))
    for pair in ([one, other], [one, longer]):
        with pytest.raises(CodecError, match="Decode them one by one"):
            codec.decode(pair)


@pytest.mark.parametrize("size", [None, [], [1], [0, 4], "text"])
def test_a_layout_that_was_never_made_is_a_sentence(codec, size):
    [coded] = codec.encode(stacks(1, 1, 12, 32, 32))
    with pytest.raises(CodecError, match="what the encoder returned"):
        codec.decode([Coded(streams=coded.streams, layout={"size": size})])


def test_damaged_streams_are_a_sentence(codec):
    [coded] = codec.encode(stacks(1, 1, 12, 32, 32))
    damaged = bytes([coded.streams[0][0] ^ 1]) + coded.streams[0][1:]
    with pytest.raises(CodecError, match="damaged"):
        codec.decode([Coded(streams=(damaged,), layout=coded.layout)])


def test_seasons_beside_a_damaged_one_are_salvaged(codec):
    [coded] = codec.encode(stacks(1, 4, 12, 32, 48))
    whole = codec.decode([coded])[0]
    first, second, third, fourth = coded.streams
    flipped = bytes([second[0] ^ 1]) + second[1:]
    damaged = Coded(streams=(first, flipped, third, fourth[:-5]), layout=coded.layout)
    salvaged = codec.salvage(damaged)
    assert salvaged.lost == (1, 3)
    np.testing.assert_allclose(salvaged.pixels[[0, 2]], whole[[0, 2]], atol=0.1)


def test_the_identity_has_the_digest_and_the_lambda(codec, weights):
    identity = codec.identity
    assert identity.weights == file_digest(weights[identity.name])
    assert identity.rate == 40  # from the file's name
    named = load_codec(identity.name, weights=weights[identity.name], rate=7)
    assert named.identity.rate == 7


def file_digest(path: str) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_a_codec_that_is_not_there_is_suggested():
    with pytest.raises(UnknownNameError, match="tec-fp"):
        load_codec("tec-pf")


@pytest.mark.parametrize("name", ["tec-fp", "tec-elic"])
def test_a_rate_without_weights_lists_the_others(name):
    with pytest.raises(UsageError, match=r"for 0\.5, 2, 10, 40, 200"):
        load_codec(name, rate=3)


def test_weights_for_other_bands_are_a_sentence(tmp_path):
    torch.save(FactorizedPrior(13, 4, 6).state_dict(), tmp_path / "a.pt")
    with pytest.raises(CodecError, match="for 13 bands; tec-fp codes the 12 bands"):
        load_codec("tec-fp", weights=str(tmp_path / "a.pt"))


def test_the_default_rate_is_the_cards(hub):
    card = codec_card("tec-fp")
    assert released(card, card.default_rate).file.endswith("lambda-10.pt")


@pytest.fixture
def shipped(tmp_path, monkeypatch, weights):
    """Make a card beside which its weights lie; return a function that spoils them."""
    folder = tmp_path / "codecs"
    (folder / "weights").mkdir(parents=True)
    content = Path(weights["tec-fp"]).read_bytes()
    (folder / "weights/tiny.pt").write_bytes(content)
    text = codec_card_path("tec-fp").read_text(encoding="utf-8")
    head = text[: text.index("[[weights]]")].replace('"tec-fp"', '"tiny"')
    head = head.replace("rates = [0.5, 2, 10, 40, 200]", "rates = [10]")
    (folder / "tiny.toml").write_text(
        f'{head}[[weights]]\nrate = 10\nfile = "weights/tiny.pt"\n'
        f'sha256 = "{file_digest(weights["tec-fp"])}"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv(PATH_VARIABLE, str(tmp_path))
    return folder / "weights/tiny.pt"


def test_weights_that_ship_lie_beside_the_card(shipped):
    source = find_source("tiny", None, None)
    assert (source.path, source.rate) == (shipped, 10)


def test_weights_that_ship_are_checked(shipped):
    shipped.write_bytes(b"something else")
    with pytest.raises(CodecError, match=r"have the SHA-256 .* the card of tiny says"):
        find_source("tiny", None, None)


def test_weights_that_should_ship_and_do_not_are_a_sentence(shipped):
    shipped.unlink()
    with pytest.raises(CodecError, match="reinstall the package"):
        find_source("tiny", None, None)


def test_a_codec_satisfies_the_protocol(codec):
    checked: Codec = codec
    assert checked.identity.version == "1"
