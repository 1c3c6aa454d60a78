import pytest

from neucobench.errors import CardError
from neucobench.leaderboard.card import board_card, board_card_names

CARD = """
name = "mine"
title = "Mine"
description = "d"
suite = "cvpr2025"
protocol = "neuco-1.1"
rule = "weighted"

[[phases]]
name = "dev"
opens = 2026-01-01T00:00:00Z
closes = 2026-02-01T00:00:00Z
quota_per_day = 5
counts = "best-public"
reveals = "coded-tasks"
private_submissions = true
transductive = false
dims = 1024
max_upload_bytes = 1000000
failed_probes_allowed = 3
"""


@pytest.fixture
def own_card(tmp_path, monkeypatch):
    """Return a function that reads the text of a board card of the user."""
    folder = tmp_path / "leaderboard" / "boards"
    folder.mkdir(parents=True)
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path))

    def read(text):
        (folder / "mine.toml").write_text(text)
        return board_card("mine")

    return read


def test_the_shipped_boards():
    assert board_card_names() == ["cvpr2025", "neuco-11", "sample-world"]


def test_a_challenge_has_phases(own_card):
    (phase,) = own_card(CARD).phases
    assert (phase.quota_per_day, phase.quota_total) == (5, None)
    assert phase.opens.isoformat() == "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"cvpr2025"', '"cvpr25"', "no suite named 'cvpr25'"),
        ('"neuco-1.1"', '"neuco-2"', "no protocol named 'neuco-2'"),
        ('"weighted"', '"best"', "rule"),
        ("2026-02-01", "2025-02-01", "closes before it opens"),
        ("00:00:00Z\ncloses", "00:00:00+02:00\ncloses", "not in UTC"),
        ("00:00:00Z\ncloses", "00:00:00\ncloses", "phases.0.opens"),
        ("quota_per_day = 5", "quota_per_day = 0", "quota_per_day"),
        ("dims = 1024", 'labels = "secret/"', "labels"),
        ('"best-public"', '"first"', "counts"),
    ],
)
def test_a_wrong_value_is_named(own_card, old, new, complaint):
    with pytest.raises(CardError, match=complaint):
        own_card(CARD.replace(old, new))


def test_two_phases_of_one_name_are_refused(own_card):
    phases = CARD[CARD.index("[[phases]]") :]
    with pytest.raises(CardError, match="same name"):
        own_card(CARD + phases)


def test_the_2025_phases_lie_on_their_days():
    dev, test = board_card("cvpr2025").phases
    assert (dev.opens.date().isoformat(), dev.closes.date().isoformat()) == (
        "2025-03-10",
        "2025-03-31",
    )
    assert (test.opens.date().isoformat(), test.closes.date().isoformat()) == (
        "2025-04-03",
        "2025-04-05",
    )


@pytest.mark.parametrize(
    ("keys", "named"),
    [
        ('reveals = "mean-q"', False),
        ('reveals = "everything"', True),
        ('reveals = "everything"\nreveals_ids = false', False),
        ('reveals = "coded-tasks"\nreveals_ids = true', True),
    ],
)
def test_ids_are_named_where_the_phase_says_so_or_reveals_everything(
    own_card, keys, named
):
    (phase,) = own_card(CARD.replace('reveals = "coded-tasks"', keys)).phases
    assert phase.names_ids is named
