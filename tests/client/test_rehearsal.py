import json

import pytest

from neucobench.client.phases import phase_rules
from neucobench.client.rehearsal import NotTaken, rehearse, write_rehearsal
from neucobench.client.submissions import Form, ask, hand_in
from neucobench.errors import InputError
from neucobench.server.dispatch.worker import score
from neucobench.server.submissions.queue import claim, finish

pytestmark = pytest.mark.slow


@pytest.fixture
def rules(connect):
    """Return a function that gives the rules of a phase of the real server."""
    return lambda phase: phase_rules(connect(), phase)


def test_a_rehearsal_on_the_same_labels_shows_what_the_server_shows(
    rules, connect, hosted, world, write_vectors
):
    file = write_vectors()
    receipt = hand_in(connect("ada"), "open", file, Form(method="mine"))
    work = claim(hosted.context)
    assert finish(hosted.context, work, score(work).evaluation)
    shown = ask(connect("ada"), receipt.id).document["result"]
    found = rehearse(file, rules("open"), labels=world / "labels", threads=1)
    for task, expected in shown["tasks"].items():
        again = found.revealed["tasks"][task]
        assert again["scores"] == expected["scores"]
    assert found.revealed["mean_q"] == shown["mean_q"]
    assert found.findings == ()


def test_a_blind_phase_shows_code_names_and_the_rest_is_for_oneself(
    rules, world, write_vectors, tmp_path
):
    found = rehearse(
        write_vectors(), rules("coded"), labels=world / "labels", method="mine"
    )
    written = write_rehearsal(found, tmp_path / "out")
    revealed = json.loads((tmp_path / "out" / "revealed.json").read_text())
    assert sorted(revealed["tasks"]) == [f"task-{n:02}" for n in range(1, 15)]
    page = (tmp_path / "out" / "board" / "index.html").read_text()
    assert "task-01" in page
    assert "crops" not in page.split("How the numbers are made")[0]
    assert "crops" in (written[-1] / "evaluation.json").read_text()
    assert (tmp_path / "out" / "report" / "report.html").is_file()


def test_a_file_that_the_phase_refuses_is_refused(rules, world, write_vectors):
    with pytest.raises(NotTaken, match="would refuse") as caught:
        rehearse(write_vectors(dims=17), rules("open"), labels=world / "labels")
    assert "too-wide" in {item.code for item in caught.value.findings}


def test_labels_of_other_tasks_are_scored_and_said_so(
    rules, world, write_vectors, tmp_path
):
    labels = tmp_path / "labels"
    labels.mkdir()
    source = world / "labels" / "crops__regression.csv"
    (labels / "mine__regression.csv").write_bytes(source.read_bytes())
    found = rehearse(write_vectors(), rules("open"), labels=labels)
    assert list(found.evaluation.tasks) == ["mine"]
    assert [item.code for item in found.findings] == ["other-tasks"]
    assert "0 of the 14 tasks" in found.findings[0].message


def test_a_task_without_a_score_ends_it_as_the_phase_would(
    rules, world, write_vectors, tmp_path
):
    labels = tmp_path / "labels"
    labels.mkdir()
    lines = (world / "labels" / "crops__regression.csv").read_text().splitlines()
    (labels / "good__regression.csv").write_text("\n".join(lines) + "\n")
    constant = [lines[0], *(line.rsplit(",", 1)[0] + ",1" for line in lines[1:])]
    (labels / "flat__regression.csv").write_text("\n".join(constant) + "\n")
    with pytest.raises(InputError, match="end this run without a score"):
        rehearse(write_vectors(), rules("open"), labels=labels)
