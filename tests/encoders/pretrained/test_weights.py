"""Trained weights of an encoder: given, or on its card."""

import pytest
from pydantic import ValidationError

from neucobench.encoders.card import WeightsSource, encoder_card, encoder_card_names
from neucobench.encoders.pretrained.weights import find_weights
from neucobench.errors import CardError, InputError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
DIGEST = "ab" * 32


def test_a_file_that_is_given_is_taken_as_it_is(tmp_path):
    path = tmp_path / "mine.pt"
    path.write_bytes(b"")
    assert find_weights("presto", str(path)) == path


def test_a_file_that_is_given_and_missing_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="correct --weights FILE"):
        find_weights("presto", str(tmp_path / "mine.pt"))


def test_a_card_without_weights_is_a_sentence():
    with pytest.raises(CardError, match=r"no \[weights\] table"):
        find_weights("mean", None)


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"repo": "a/b", "revision": COMMIT, "url": "https://example.org/a"},
        {"repo": "a/b"},
        {"url": "https://example.org/a"},
        {"url": "http://example.org/a", "sha256": DIGEST},
    ],
)
def test_weights_on_a_card_have_one_address_and_a_pin(address):
    with pytest.raises(ValidationError):
        WeightsSource(file="a.pt", license="MIT", **address)


def test_the_weights_of_every_card_have_a_digest():
    sources = [encoder_card(name).weights for name in encoder_card_names()]
    assert [source for source in sources if source and not source.sha256] == []
    for name in ("galileo-nano", "presto"):
        assert len(encoder_card(name).weights.sha256) == 64
