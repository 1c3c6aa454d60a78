"""Boards as documents."""

import json

import pytest

from neucobench.server.boards.history import record_standing
from neucobench.server.challenges.phases import phase_of


@pytest.fixture
def scored(quick):
    """Return the server with one entry of each team on every board."""
    for phase in ("blind", "coded", "open"):
        for name, shift in (("ada", 0.0), ("bob", 0.5)):
            assert quick.hand_in(name, phase, method=name).status_code == 202
            quick.score([10.0 + shift + place for place in range(14)])
    return quick


def test_a_board_is_a_board_json(scored):
    found = scored.client().get("/api/v1/phases/open/board")
    assert found.headers["content-type"] == "application/json"
    board = found.json()
    assert board["schema"] == "neucobench/board/1"
    assert [entry["method"] for entry in board["entries"]] == ["bob", "ada"]
    assert len(board["entries"][0]["tasks"]) == 14
    assert set(board) == {
        "schema", "board", "suite", "protocol", "rule", "entries", "weights",
        "unranked",
    }  # fmt: skip


def test_a_blind_board_has_a_rank_and_a_rounded_mean(scored):
    board = scored.client().get("/api/v1/phases/blind/board").json()
    assert board["weights"] is None
    for entry in board["entries"]:
        assert entry["tasks"] == {}
        assert entry["score"] is None
        assert entry["mean_score"] is None
        assert entry["rank_interval"] is None
        assert round(entry["mean_q"], 3) == entry["mean_q"]


def test_a_coded_board_does_not_name_the_tasks(scored):
    board = scored.client().get("/api/v1/phases/coded/board")
    assert "biomass" not in board.text
    assert len(board.json()["entries"][0]["tasks"]) == 14


def test_another_rule_ranks_where_everything_is_revealed(scored):
    found = scored.client().get("/api/v1/phases/open/board?rule=borda")
    assert found.json()["rule"] == "borda"


def test_a_rule_that_is_none_is_refused(scored):
    found = scored.client().get("/api/v1/phases/open/board?rule=dice")
    assert found.status_code == 422
    assert "rule" in found.json()["error"]


def test_a_board_that_has_not_changed_is_not_sent_again(scored):
    client = scored.client()
    first = client.get("/api/v1/phases/blind/board")
    known = {"if-none-match": first.headers["etag"]}
    assert client.get("/api/v1/phases/blind/board", headers=known).status_code == 304
    scored.hand_in("ada", "blind", method="better")
    scored.score([50.0] * 14)
    again = client.get("/api/v1/phases/blind/board", headers=known)
    assert again.status_code == 200
    assert again.json()["entries"][0]["method"] == "better"


def test_what_stands_beside_the_rows_names_teams(scored):
    found = scored.client().get("/api/v1/phases/blind/entries").json()
    assert {entry["team"] for entry in found} == {"lovelace", "boole"}
    assert "biomass" not in json.dumps(found)


def test_the_history_is_not_sent_again_until_it_has_changed(scored):
    client, path = scored.client(), "/api/v1/phases/blind/history"
    tag = client.get(path).headers["etag"]
    asked = {"if-none-match": tag}
    assert client.get(path, headers=asked).status_code == 304
    scored.hand_in("bob")
    scored.score()
    record_standing(scored.context, phase_of(scored.context, "blind"))
    assert client.get(path, headers=asked).status_code == 200


def test_the_history_shows_what_the_board_showed(scored):
    found = scored.client().get("/api/v1/phases/blind/history")
    assert found.status_code == 200
    assert isinstance(found.json(), list)
    assert "biomass" not in found.text
