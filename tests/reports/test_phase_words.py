import json

import pytest

from neucobench.leaderboard.card import Phase, board_card
from neucobench.reports.phase_words import phase_sayings, quota_sentence


def _phase(**settings):
    content = {
        "name": "test",
        "opens": "2026-05-01T00:00:00Z",
        "closes": "2026-05-31T23:59:59Z",
        **settings,
    }
    return Phase.model_validate_json(json.dumps(content))


def _said(phase, *, baselines_count=False):
    sayings = phase_sayings(
        phase,
        suite="full",
        protocol="neuco-1.1",
        rule="uniform",
        baselines_count=baselines_count,
    )
    return {saying.term: saying.sentence for saying in sayings}


def test_the_rules_of_the_2025_challenge_are_said():
    said = _said(board_card("cvpr2025").phases[1], baselines_count=True)
    assert "A team has 3 in all." in said["Quota"]
    assert "at most 1,024 dimensions" in said["File"]
    assert said["Closes"].startswith("2025-04-05 23:59:59 UTC")
    assert "Up to 3 folds" in said["Failures"]
    assert said["Baselines"] == "Baselines are ranked as any other entry."


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "as many files as it likes"),
        ({"quota_per_day": 2}, "2 a day (UTC)."),
        ({"quota_total": 3}, "3 in all."),
        ({"quota_per_day": 2, "quota_total": 3}, "2 a day (UTC) and 3 in all."),
    ],
)
def test_the_quota_is_said(settings, words):
    assert words in quota_sentence(_phase(**settings))


@pytest.mark.parametrize(
    ("allowed", "words"),
    [(None, "does not say"), (True, "may have seen"), (False, "must not have seen")],
)
def test_what_is_not_on_the_card_is_not_made_up(allowed, words):
    assert words in _said(_phase(transductive=allowed))["Transductive entries"]


def test_every_limit_of_a_file_is_said():
    phase = _phase(dims=64, max_vector_bytes=128, max_upload_bytes=1_000_000)
    sentence = _said(phase)["File"]
    assert "64 dimensions" in sentence
    assert "128 bytes" in sentence
    assert "1,000,000 bytes" in sentence
