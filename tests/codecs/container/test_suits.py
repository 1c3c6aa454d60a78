"""The codec that a file needs is found, or the message says what to give."""

from dataclasses import replace

import pytest

from neucobench.codecs import load
from neucobench.codecs.base import CODECS
from neucobench.codecs.files.suits import codec_of, require_same
from neucobench.errors import ContainerError, DownloadError, UsageError


@pytest.fixture
def registered(codec, monkeypatch):
    """Let ``load_codec`` return the codec, and remember what it was asked for."""
    asked = []

    def give(name, **options):
        asked.append((name, options))
        return codec

    monkeypatch.setattr(load, "load_codec", give)
    return asked


def test_the_codec_is_asked_for_by_name_and_rate(registered, codec):
    assert codec_of(codec.identity, None, "cpu") is codec
    options = {"rate": 10.0, "weights": None, "device": "cpu"}
    assert registered == [("steps", options)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"weights": "ff" * 32}, f"needs the weights .* {'ff' * 32}; give them with"),
        ({"version": "9"}, "written by version 9 of steps"),
        ({"rate": 3.0}, "at rate 3 with"),
        ({"options": {"depth": 12}}, r"the options \{'depth': 12\}"),
        ({"name": "other"}, "written by the codec other"),
    ],
)
def test_a_codec_that_differs_is_refused(codec, change, message):
    wanted = replace(codec.identity, **change)
    with pytest.raises(ContainerError, match=message):
        require_same(codec.identity, wanted)


def test_a_codec_of_another_installation_is_named(codec):
    assert "steps" not in CODECS.targets
    with pytest.raises(ContainerError, match="codec 'steps', which this installation"):
        codec_of(codec.identity, None, None)


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        (UsageError("no such rate"), ContainerError),
        (DownloadError("no"), DownloadError),
    ],
)
def test_weights_that_are_not_at_hand_are_named_by_digest(
    codec, monkeypatch, raised, kind
):
    def fail(*_arguments, **_options):
        raise raised

    monkeypatch.setattr(load, "load_codec", fail)
    with pytest.raises(kind, match=f"{'ab' * 32}; give them with --weights"):
        codec_of(codec.identity, None, None)
