"""Submissions over the API: hand in, look, withdraw."""

import pytest
from sqlalchemy import select

from neucobench.server.tables import StoredFile


def test_a_submission_stands_in_the_queue(quick):
    first, second = quick.hand_in("ada"), quick.hand_in("bob")
    assert (first.status_code, second.status_code) == (202, 202)
    assert set(first.json()) == {"id", "status", "position"}
    assert first.json()["status"] == "queued"
    assert [first.json()["position"], second.json()["position"]] == [1, 2]


def test_what_was_handed_in_can_be_looked_at(quick):
    id_ = quick.hand_in("ada", method="näme", public="false").json()["id"]
    found = quick.client("ben").get(f"/api/v1/submissions/{id_}").json()
    assert found["status"] == "queued"
    assert found["method"] == "näme"
    assert found["public"] is False
    assert found["created"] == "2026-05-04T12:00:00Z"
    assert found["started"] is None
    assert found["scored"] is None
    assert found["position"] == 1
    assert found["result"] is None


def test_a_file_with_errors_is_refused_with_findings(hosted):
    content = hosted.csv(ids=[*hosted.ids[:-1], hosted.ids[0]])
    found = hosted.hand_in("ada", content=content)
    assert found.status_code == 422
    assert found.json()["error"]
    assert any(item["level"] == "error" for item in found.json()["findings"])
    assert hosted.client("ada").get("/api/v1/submissions").json() == []


def test_a_blind_phase_tells_the_mean_with_three_digits(quick):
    id_ = quick.hand_in("ada").json()["id"]
    quick.score([1.23456789] * 14)
    found = quick.client("ada").get(f"/api/v1/submissions/{id_}").json()
    assert found["status"] == "scored"
    assert found["mean_q"] == 1.235
    assert found["result"] == {"mean_q": 1.235}


def test_a_phase_that_reveals_everything_shows_the_evaluation(quick):
    id_ = quick.hand_in("ada", "open").json()["id"]
    quick.score()
    found = quick.client("ada").get(f"/api/v1/submissions/{id_}").json()
    assert found["result"]["schema"] == "neucobench/evaluation/1"
    assert len(found["result"]["tasks"]) == 14


def test_another_team_s_submission_is_as_one_that_does_not_exist(quick):
    id_ = quick.hand_in("ada").json()["id"]
    for name in (None, "bob"):
        client = quick.client(name)
        real = client.get(f"/api/v1/submissions/{id_}")
        none = client.get(f"/api/v1/submissions/{'0' * 32}")
        assert real.status_code == none.status_code == 404
        assert real.content == none.content
        assert dict(real.headers) == dict(none.headers)


def test_withdrawing_another_team_s_submission_is_as_unknown(quick):
    id_ = quick.hand_in("ada").json()["id"]
    real = quick.client("bob").delete(f"/api/v1/submissions/{id_}")
    none = quick.client("bob").delete(f"/api/v1/submissions/{'0' * 32}")
    assert real.status_code == none.status_code == 404
    assert real.content == none.content


def test_a_scored_public_entry_is_shown_without_the_notes_on_its_file(quick):
    id_ = quick.hand_in("ada").json()["id"]
    quick.score()
    found = quick.client("bob").get(f"/api/v1/submissions/{id_}").json()
    assert found["team"] == "lovelace"
    assert found["findings"] == []
    assert found["message"] == ""


def test_the_list_is_one_s_own(quick):
    ids = [quick.hand_in("ada", method=f"m{n}").json()["id"] for n in range(2)]
    quick.hand_in("bob")
    quick.score([7.0004] * 14)
    found = quick.client("ben").get("/api/v1/submissions").json()
    assert {item["id"] for item in found} == set(ids)
    by_id = {item["id"]: item for item in found}
    assert by_id[ids[0]]["mean_q"] == 7.0
    assert by_id[ids[1]]["mean_q"] is None


def test_the_list_can_be_of_one_phase(quick):
    quick.hand_in("ada", "blind")
    quick.hand_in("ada", "open")
    client = quick.client("ada")
    found = client.get("/api/v1/submissions", params={"phase": "open"}).json()
    assert [item["phase"] for item in found] == ["open"]


def test_withdrawing_hides_an_entry_and_gives_no_quota_back(quick):
    id_ = quick.hand_in("ada").json()["id"]
    quick.score()
    client = quick.client("ada")
    assert client.delete(f"/api/v1/submissions/{id_}").json()["status"] == "withdrawn"
    assert client.get("/api/v1/phases/blind/board").json()["entries"] == []
    assert client.get("/api/v1/phases/blind").json()["quota"]["used"] == 1
    found = quick.client("bob").get(f"/api/v1/submissions/{id_}")
    assert found.status_code == 404


def test_a_phase_that_counts_the_best_one_lets_nobody_choose(quick):
    id_ = quick.hand_in("ada").json()["id"]
    quick.score()
    found = quick.client("ada").post(f"/api/v1/submissions/{id_}/choice")
    assert found.status_code == 409
    assert "best" in found.json()["error"]


def test_choosing_another_team_s_submission_is_as_unknown(quick):
    id_ = quick.hand_in("ada").json()["id"]
    real = quick.client("bob").post(f"/api/v1/submissions/{id_}/choice")
    none = quick.client("bob").post(f"/api/v1/submissions/{'0' * 32}/choice")
    assert real.status_code == none.status_code == 404
    assert real.content == none.content


def test_withdrawing_before_a_score_gives_the_quota_back(quick):
    id_ = quick.hand_in("ada").json()["id"]
    client = quick.client("ada")
    client.delete(f"/api/v1/submissions/{id_}")
    quota = client.get("/api/v1/phases/blind").json()["quota"]
    assert (quota["used"], quota["waiting"]) == (0, 0)


@pytest.mark.parametrize("moved", [{"days": 60}, {"days": -60}])
def test_a_phase_that_is_not_open_takes_nothing(quick, clock, moved):
    clock.move(**moved)
    found = quick.hand_in("ada")
    assert found.status_code == 409
    assert "2026-05" in found.json()["error"]


def test_a_file_over_the_limit_is_refused_with_the_limit(quick):
    found = quick.hand_in("ada", content=b"id,0\n" + b"x" * 100_000)
    assert found.status_code == 413
    assert "100,000 bytes" in found.json()["error"]


def test_nobody_hands_in_without_a_token(quick):
    found = quick.hand_in_as_nobody()
    assert found.status_code == 401
    assert found.headers["www-authenticate"] == "Bearer"
    assert "Bearer" in found.json()["error"]


def test_a_wrong_token_is_refused_where_anybody_may_read(quick):
    client = quick.client(authorization="Bearer nb_wrong")
    for place in ("phases/blind", "phases/blind/board", "challenges"):
        assert client.get(f"/api/v1/{place}").status_code == 401


def test_a_baseline_is_for_hosts(quick):
    assert quick.hand_in("ada", baseline="true").status_code == 403
    assert quick.hand_in("hana", baseline="true").status_code == 202


def test_uploads_are_counted_refused_ones_too(quick):
    limit = quick.context.settings.uploads_per_hour
    content = b"no embeddings"
    statuses = {
        quick.hand_in("ada", "blind", content=content, bad="1").status_code
        for _ in range(limit)
    }
    assert statuses == {422}
    found = quick.hand_in("ben")
    assert found.status_code == 429
    assert int(found.headers["retry-after"]) > 0
    assert quick.hand_in("bob").status_code == 202


def test_a_file_of_two_kinds_is_scored_as_the_one_that_was_checked(quick):
    content = quick.csv()
    assert quick.hand_in("ada", content=content).status_code == 202
    answer = quick.client("bob").post(
        "/api/v1/phases/blind/submissions",
        files={"file": ("mine.npz", content)},
        data={"method": "mine"},
    )
    assert answer.status_code == 422
    with quick.context.database.read() as session:
        assert session.scalars(select(StoredFile.ending)).all() == [".csv"]


def test_no_file_fails_for_a_label_only(hosted):
    # Were it taken, it would fail, at no cost, where its one huge row has a label.
    lines = hosted.csv().decode().split("\n")
    cells = lines[-2].split(",")
    lines[-2] = ",".join([cells[0], "1e30", *cells[2:]])
    answer = hosted.hand_in("ada", content="\n".join(lines).encode())
    assert answer.status_code == 422
    assert "can be standardized in any selection of rows" in answer.json()["error"]
