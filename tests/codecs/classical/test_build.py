"""From a name and a rate to a classical codec, and what is refused."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from neucobench.codecs.card import codec_card, codec_names
from neucobench.codecs.load import load_codec
from neucobench.errors import CodecError, MissingExtraError, UsageError

CLASSICAL = [name for name in codec_names() if codec_card(name).family == "classical"]
QUICK = [name for name in CLASSICAL if name != "vvc-bands"]
OWN_MATRIX = "matrix = [[0.8, 0.6], [-0.6, 0.8]]"


def test_there_are_thirteen():
    assert len(CLASSICAL) == 13


@pytest.mark.parametrize("name", QUICK)
def test_a_rate_beyond_the_knob_is_a_sentence(name):
    with pytest.raises(UsageError, match=rf"{name} was asked .*Choose one of these\."):
        load_codec(name, rate=1e9)


def test_the_quantization_parameter_of_vvc_is_whole():
    with pytest.raises(UsageError, match=r"qp 30\.5; it takes whole numbers from 0"):
        load_codec("vvc-bands", rate=30.5)


def test_a_codec_without_lossless_says_so():
    with pytest.raises(UsageError, match=r"from 20 to 100\. Choose"):
        load_codec("jpeg2000-klt", rate=0)


def test_weights_for_a_codec_without_are_a_sentence():
    with pytest.raises(UsageError, match="jpeg2000, which has none"):
        load_codec("jpeg2000", weights="some.toml")


def test_another_transform_is_another_codec(tmp_path, stacks):
    path = tmp_path / "klt.toml"
    path.write_text(OWN_MATRIX, encoding="utf-8")
    codec = load_codec("jpeg2000-klt", weights=str(path))
    assert codec.bands == 2
    assert codec.identity.weights != load_codec("jpeg2000-klt").identity.weights
    two = stacks(1, 1, 2, 32, 32)
    assert np.abs(codec.decode(codec.encode(two)) - two).mean() < 200


def test_a_stream_is_for_the_codec_and_the_transform_that_made_it(stacks, tmp_path):
    [coded] = load_codec("jpeg2000").encode(stacks(1, 1, 12, 32, 32))
    with pytest.raises(CodecError, match=r"checksum .* another codec made it"):
        load_codec("jpeg2000-klt").decode([coded])
    path = tmp_path / "klt.toml"
    rows = np.eye(12).tolist()
    path.write_text(f"matrix = {rows}", encoding="utf-8")
    [coded] = load_codec("jpeg2000-klt").encode(stacks(1, 1, 12, 32, 32))
    with pytest.raises(CodecError, match="checksum"):
        load_codec("jpeg2000-klt", weights=str(path)).decode([coded])


@pytest.mark.parametrize("name", QUICK)
def test_a_layout_of_another_shape_is_a_sentence(name, stacks):
    codec = load_codec(name)
    [coded] = codec.encode(stacks(1, 1, 12, 96, 80))
    for shape in ([1, 12, 80, 96], [1, 12, 96, 81], [2, 12, 96, 80]):
        with pytest.raises(CodecError, match="cannot be decoded"):
            codec.decode([replace(coded, layout={"shape": shape})])


@pytest.mark.parametrize("layout", [{}, {"shape": None}, {"shape": [1, 12, 0, 32]}])
def test_a_layout_that_was_never_made_is_a_sentence(layout, stacks):
    codec = load_codec("webp")
    [coded] = codec.encode(stacks(1, 1, 12, 32, 32))
    with pytest.raises(CodecError, match="Give what the encoder returned"):
        codec.decode([replace(coded, layout=layout)])


def test_fractions_of_reflectance_are_refused(stacks):
    with pytest.raises(CodecError, match=r"Multiply reflectance by 10,000"):
        load_codec("webp").encode(stacks(1, 1, 3, 32, 32) / 10_000)


@pytest.mark.parametrize("name", ["jpeg2000", "jpeg-xl", "htj2k"])
def test_rate_0_is_lossless(name, stacks):
    raw = stacks(2, 2, 5, 37, 51)
    raw[0, 0, 0, 3, 3] = 14_968
    raw[1, 1, 4, 9, 9] = -1_000
    codec = load_codec(name, rate=0)
    np.testing.assert_array_equal(codec.decode(codec.encode(raw)), raw)


@pytest.mark.parametrize(
    ("name", "package"),
    [("jpeg2000", "imagecodecs"), ("x265-klt", "av"), ("webp", "imagecodecs")],
)
def test_a_missing_package_is_named_at_once(name, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"{package}.*neucobench\[codecs\]"):
        load_codec(name)
