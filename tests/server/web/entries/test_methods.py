"""The page of one method."""

import pytest

from neucobench.reports.scales import window
from neucobench.server.web.entries.methods import _ticks


@pytest.fixture
def of_ada(scored):
    """Return the number of ada's submission in a phase."""
    own = scored.client("ada").get("/api/v1/submissions").json()
    return {item["phase"]: item["id"] for item in own}


def test_rank_and_scores_per_task_are_shown(of_ada, browser):
    page = browser().page(f"/phases/open/methods/{of_ada['open']}")
    assert "Rank 2 of 2" in page.text
    assert "Corn and soybean" in page.text
    assert len(page.of("circle", **{"class": "this"})) == 14
    assert len(page.of("circle", **{"class": "other"})) == 14


def test_a_coded_phase_shows_code_names_and_q(of_ada, browser):
    page = browser().page(f"/phases/coded/methods/{of_ada['coded']}")
    assert "under code names" in page.text
    assert "Corn and soybean" not in page.text
    assert "R²" not in page.text


def test_a_blind_phase_shows_a_mean_and_no_figure(of_ada, browser):
    page = browser().page(f"/phases/blind/methods/{of_ada['blind']}")
    assert "16.500" in page.text
    assert page.of("circle") == []
    assert "nothing per task" in page.text


def test_a_submission_of_another_phase_is_not_there(of_ada, browser):
    answer = browser().get(f"/phases/blind/methods/{of_ada['open']}")
    assert answer.status_code == 404


def test_a_submission_that_does_not_count_says_so(scored, of_ada, browser):
    scored.hand_in("ada", "open", method="better")
    scored.score([50.0] * 14)
    text = browser().page(f"/phases/open/methods/{of_ada['open']}").text
    assert "another one of its team counts" in text


@pytest.mark.parametrize("values", [[0.0], [-3.0, 2.0], [1e-4, 2e-4], [-900.0, 95.0]])
def test_the_axis_has_a_few_ticks(values):
    ticks = _ticks(window(values, least=5.0))
    assert 1 <= len(ticks) <= 7
    assert all(label not in ("−0", "-0") for _, label in ticks)
