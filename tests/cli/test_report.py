import json
from importlib import import_module
from types import SimpleNamespace

import numpy as np
import pytest

from neucobench.errors import ResultError, UsageError
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.result import Evaluation, Predictions, TaskScore

report = import_module("neucobench.cli.report").report


def made(method, mean, *, phase="results", second=0):
    scores = tuple(np.linspace(mean - 0.1, mean + 0.1, 5).tolist())
    score = TaskScore(
        type="regression",
        metric="r2",
        rows=3,
        scores=scores,
        mean=mean,
        std=0.07,
        q=mean * 20,
        seconds=0.1,
    )
    known = Predictions(
        ids=("synthetic-1", "synthetic-2", "synthetic-3"),
        true=np.array([1.0, 2.0, 3.0]),
        predicted=np.array([1.1, 2.2, np.nan]),
    )
    settings = {"folds": 5, "epochs": 10, "learning_rate": 0.001, "batch_size": 64}
    flags = {"embedding_dim": None, "standardize": True, "scale_labels": True}
    return Evaluation(
        method=method,
        phase=phase,
        created=f"2026-11-20T04:00:{second:02d}.000000Z",
        suite=None,
        protocol={"name": "neuco-1.1", **settings, **flags},
        embeddings={"file": "x.csv", "sha256": "0" * 64, "rows": 3, "dims": 2},
        labels={"crops": {"file": "crops__reg.csv", "sha256": "1" * 64, "rows": 3}},
        tasks={"crops": score},
        mean_q=mean * 20,
        mean_score=mean,
        predictions={"crops": known},
    )


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    runs = SimpleNamespace(folder=folder, out=tmp_path / "report")
    runs.good = write_evaluation(made("good", 0.8), folder)
    runs.fair = write_evaluation(made("fair", 0.4), folder)
    return runs


def test_a_folder_of_runs_becomes_a_report_with_predictions(results, capsys):
    report([results.folder], out=results.out)
    page = (results.out / "report.html").read_text()
    assert "good ranks first" in page
    assert "Synthetic data." in page
    assert (results.out / "figures" / "predictions-crops.png").is_file()
    assert str(results.out / "report.html") in capsys.readouterr().err


def test_runs_and_files_can_be_named_one_by_one(results):
    report([results.good, results.fair / "evaluation.json"], out=results.out)
    assert "2 methods on 1 task" in (results.out / "report.html").read_text()


def test_json_is_the_paths_and_nothing_else(results, capsys):
    report([results.folder], out=results.out, as_json=True)
    document = json.loads(capsys.readouterr().out)
    assert document["report"] == str(results.out / "report.html")
    assert str(results.out / "figures" / "q.png") in document["figures"]


def test_the_newest_run_of_a_method_counts(results, capsys):
    write_evaluation(made("good", 0.1, second=9), results.folder)
    report([results.folder], out=results.out)
    assert "fair ranks first" in (results.out / "report.html").read_text()
    assert "the newest counts" in capsys.readouterr().err


def test_a_baseline_is_listed_without_a_rank(results):
    report([results.folder], out=results.out, baseline=["good"])
    assert "fair ranks first" in (results.out / "report.html").read_text()


def test_two_phases_ask_for_a_choice(results):
    write_evaluation(made("good", 0.8, phase="test"), results.folder)
    with pytest.raises(UsageError, match="--phase"):
        report([results.folder], out=results.out)
    report([results.folder], out=results.out, phase="test")
    assert "good on 1 task" in (results.out / "report.html").read_text()


def test_results_of_upstream_alone_are_refused_with_a_sentence(results):
    for file in results.folder.rglob("evaluation.json"):
        file.unlink()
    with pytest.raises(ResultError, match="neucobench evaluate"):
        report([results.folder], out=results.out)


def test_results_of_upstream_beside_ours_are_left_out_and_said(results, capsys):
    (results.fair / "evaluation.json").unlink()
    report([results.folder], out=results.out)
    assert "1 results without an evaluation.json" in capsys.readouterr().err


def test_a_folder_without_results_is_an_error(tmp_path):
    with pytest.raises(ResultError, match="no result"):
        report([tmp_path], out=tmp_path / "report")
