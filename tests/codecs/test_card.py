"""What a codec's card may say of its weights."""

import pytest
from pydantic import ValidationError

from neucobench.codecs.card import CodecCard, CodecWeights, codec_card, codec_names


def weights(**fields):
    return {"repo": "owner/name", "file": "file.pt", **fields}


def card(*entries, rates=(1, 2)):
    return CodecCard(
        name="made",
        title="Made",
        description="Made in a test.",
        family="learned",
        packing="none",
        depth="none",
        rate="quality",
        rates=rates,
        default_rate=rates[0],
        better="larger",
        source="a test",
        license="none",
        weights=[weights(**entry) for entry in entries],
    )


def test_one_set_of_weights_may_serve_all_rates():
    made = card({"variant": "usual"}, {"variant": "other"})
    assert made.variants == ("usual", "other")


def test_weights_for_each_rate_have_no_variants():
    assert card({"rate": 1}, {"rate": 2}).variants == ()


@pytest.mark.parametrize(
    "entries",
    [({"rate": 1},), ({"rate": 1}, {"rate": 2}, {"variant": "x"}), ()],
    ids=["a rate without", "both", "none"],
)
def test_weights_that_do_not_match_the_rates_are_refused(entries):
    with pytest.raises(ValidationError, match="weights for each of its rates"):
        card(*entries)


@pytest.mark.parametrize("fields", [{}, {"rate": 1, "variant": "x"}])
def test_weights_have_a_rate_or_a_variant(fields):
    with pytest.raises(ValidationError, match="weights have a rate, or serve all"):
        CodecWeights(**weights(**fields))


@pytest.mark.parametrize("name", codec_names())
def test_published_weights_say_where_they_are(name):
    for entry in codec_card(name).weights:
        assert entry.repo or entry.sha256
        assert entry.rate is None or f"lambda-{entry.rate:g}" in entry.file
