"""From a name and a file with weights to a temporal codec."""

import pytest
from safetensors.torch import save_file

from neucobench.codecs.card import codec_card
from neucobench.codecs.load import load_codec
from neucobench.codecs.published import find_source, released
from neucobench.errors import CodecError, UsageError


@pytest.fixture(scope="module")
def weights(small_network, tmp_path_factory):
    """Return the files with random weights of each codec."""
    folder = tmp_path_factory.mktemp("weights")
    networks = {
        "tec-tt": small_network(bands=12),
        "tec-tt-l1c": small_network(bands=13),
        "flextec": small_network(bands=12, flexible=True),
    }
    for name, network in networks.items():
        tensors = {key: value.clone() for key, value in network.state_dict().items()}
        path = folder / f"{name}_lambda-20.safetensors"
        save_file(tensors, path, metadata={"heads": "4"})
    return {name: str(folder / f"{name}_lambda-20.safetensors") for name in networks}


@pytest.mark.parametrize("name", ["tec-tt", "tec-tt-l1c", "flextec"])
def test_a_name_and_a_file_make_a_codec(weights, name):
    codec = load_codec(name, weights=weights[name])
    assert (codec.identity.name, codec.bands) == (name, codec_card(name).bands)
    assert codec.network.sizes.heads == 4


def test_the_rate_of_a_lambda_is_that_in_the_name_of_the_file(weights):
    assert load_codec("tec-tt", weights=weights["tec-tt"]).identity.rate == 20


def test_the_rate_of_flextec_is_its_quality(weights):
    file = weights["flextec"]
    assert load_codec("flextec", weights=file).identity.rate == 16
    codec = load_codec("flextec", weights=file, rate=3)
    assert (codec.identity.rate, codec.aim.quality) == (3, (3,))


def test_all_qualities_share_one_network(weights):
    one, two = (
        load_codec("flextec", weights=weights["flextec"], rate=rate) for rate in (1, 16)
    )
    assert one.network is two.network


@pytest.mark.parametrize("quality", [-1, 2.5, 17])
def test_a_quality_that_is_none_is_a_sentence(weights, quality):
    with pytest.raises(UsageError, match="whole number from 0 to 16"):
        load_codec("flextec", weights=weights["flextec"], rate=quality)


@pytest.mark.parametrize(
    ("name", "given", "sentence"),
    [
        ("tec-tt", "flextec", "are those of FlexTEC, and those of TEC-TT are needed"),
        ("flextec", "tec-tt", "are those of TEC-TT, and those of FlexTEC are needed"),
        ("tec-tt", "tec-tt-l1c", "are for 13 bands; tec-tt codes the 12 bands"),
        ("tec-tt-l1c", "tec-tt", "are for 12 bands; tec-tt-l1c codes the 13 bands"),
    ],
)
def test_weights_of_another_codec_are_a_sentence(weights, name, given, sentence):
    with pytest.raises(CodecError, match=sentence):
        load_codec(name, weights=weights[given])


def test_a_lambda_without_weights_lists_the_others():
    with pytest.raises(UsageError, match=r"for 0\.4, 1, 5, 20, 100, 200, 700"):
        load_codec("tec-tt", rate=10)


def test_one_set_of_weights_serves_all_qualities():
    card = codec_card("flextec")
    assert card.variants == ("lambda-800", "lambda-800-lronly")
    files = {released(card, rate).file for rate in card.rates}
    assert files == {"FlexTEC_v1_S2L2A_lambda-800.pt"}


def test_a_variant_is_fetched_by_its_name(hub):
    entry = codec_card("flextec").weights[1]
    hub[f"/{entry.repo}/resolve/main/{entry.file}"] = b"weights"
    source = find_source("flextec", 4, "lambda-800-lronly")
    assert (source.path.read_bytes(), source.rate) == (b"weights", 4)
