import csv
import math
import shutil
from dataclasses import replace

import pytest

from neucobench.server.dispatch import worker
from neucobench.server.submissions.work import Work


@pytest.fixture
def work(small, tmp_path):
    """Return a job whose file and labels are fine."""
    file = tmp_path / "uploads" / "file.csv"
    file.parent.mkdir()
    file.write_bytes(small.embeddings(0))
    return Work(
        job_id=1,
        attempt=1,
        submission_id="s",
        file=file,
        labels=small.write_labels(tmp_path / "labels"),
        suite="tiny",
        protocol="tiny",
        method="Ours <b>",
        phase="tiny-dev",
        failed_probes_allowed=0,
    )


def test_a_score_is_that_of_evaluate(work):
    from neucobench.evaluation.run import evaluate

    outcome = worker.score(work)
    local = evaluate(work.file, labels=work.labels, suite="tiny", protocol="tiny")
    assert outcome.evaluation["mean_q"] == local.mean_q
    assert outcome.evaluation["tasks"]["crops"]["scores"] == list(
        local.tasks["crops"].scores
    )
    assert outcome.evaluation["method"] == "Ours <b>"
    assert outcome.evaluation["phase"] == "tiny-dev"


def test_scoring_writes_and_prints_nothing(work, tmp_path, capfd):
    before = sorted(tmp_path.rglob("*"))
    worker.score(work)
    assert sorted(tmp_path.rglob("*")) == before
    assert capfd.readouterr() == ("", "")


def test_a_file_that_is_gone_is_not_the_team_s_fault(work):
    work.file.unlink()
    outcome = worker.score(work)
    assert (outcome.evaluation, outcome.message) == (None, worker.FILE_GONE)
    assert str(work.file) in outcome.host_message


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"id,0\ncube000,1\ncube000,2\n", b"id,0\nother,1\n"]
)
def test_a_file_that_cannot_be_read_is_the_team_s_to_repair(work, content):
    work.file.write_bytes(content)
    outcome = worker.score(work)
    assert (outcome.evaluation, outcome.message) == (None, worker.FILE_UNUSABLE)
    assert outcome.host_message.startswith("EmbeddingError: ")


def no_folder(labels):
    shutil.rmtree(labels)


def no_task(labels):
    (labels / "crops__regression.csv").unlink()


def no_number(labels):
    (labels / "crops__regression.csv").write_text("id,label\ncube000,secret-word\n")


@pytest.mark.parametrize("damage", [no_folder, no_task, no_number])
def test_labels_that_cannot_be_read_are_the_host_s_to_repair(work, damage):
    damage(work.labels)
    outcome = worker.score(work)
    assert (outcome.evaluation, outcome.message) == (None, worker.HOSTS_FAULT)
    assert outcome.host_message


def test_a_suite_that_is_not_known_is_the_host_s_to_repair(work):
    outcome = worker.score(replace(work, suite="other"))
    assert (outcome.evaluation, outcome.message) == (None, worker.HOSTS_FAULT)


def test_a_task_without_a_score_fails_the_whole(work, small):
    with (work.labels / "nodata__regression.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["id", "label"], *([name, 3] for name in small.IDS)])
    outcome = worker.score(work)
    assert (outcome.evaluation, outcome.message) == (None, worker.NOT_ALL_TASKS)
    assert outcome.host_message.startswith("nodata: All 40 labels are 3")


def test_no_task_with_a_score_has_the_same_sentence(work, small):
    for task in small.TASKS:
        with (work.labels / f"{task}__regression.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerows([["id", "label"], *([name, 3] for name in small.IDS)])
    assert worker.score(work).message == worker.NOT_ALL_TASKS


def test_want_of_memory_has_a_sentence_of_its_own(work, monkeypatch):
    def evaluate(*arguments, **options):
        raise MemoryError

    monkeypatch.setattr(worker, "evaluate", evaluate)
    assert worker.score(work).message == worker.NO_MEMORY


def test_the_phase_s_tolerance_reaches_the_evaluation(work, monkeypatch):
    asked = {}

    def evaluate(*arguments, **options):
        asked.update(options)
        raise MemoryError

    monkeypatch.setattr(worker, "evaluate", evaluate)
    worker.score(replace(work, failed_probes_allowed=7))
    assert asked["failed_probes_allowed"] == 7
    assert asked["threads"] == 1


def test_a_worker_is_warm_before_its_first_job():
    worker.dask_setup()


def test_a_score_is_standard_json(work):
    import json

    text = json.dumps(worker.score(work).evaluation, allow_nan=False)
    assert math.isfinite(json.loads(text)["mean_q"])
