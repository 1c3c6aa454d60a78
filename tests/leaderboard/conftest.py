import json

import pytest

from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.protocol import protocol
from neucobench.evaluation.result import Evaluation, TaskScore

CONFIG = {
    "k_folds": 40,
    "probe_type": "linear",
    "probe_params": {"batch_size": 64, "epochs": 10, "learning_rate": 0.001},
    "embedding_dim": None,
    "standardize_embeddings": True,
    "normalize_labels": True,
}


@pytest.fixture
def write_ours(tmp_path):
    """Return a function that writes one of our run folders below ``results``."""

    def write(
        method,
        qs,
        *,
        phase="results",
        created="2026-11-20T04:00:00Z",
        rules="neuco-1.1",
        labels="a" * 64,
        rows=100,
        failed=(),
        out=None,
    ):
        tasks = {
            task: TaskScore(
                type="regression",
                metric="r2",
                rows=rows,
                scores=(q / 100, q / 100),
                mean=q / 100,
                std=0.0,
                q=q,
                seconds=0.1,
            )
            for task, q in sorted(qs.items())
        }
        evaluation = Evaluation(
            method=method,
            phase=phase,
            created=created,
            suite=None,
            protocol=protocol(rules).resolved(),
            embeddings={"file": "e.csv", "sha256": "0" * 64, "rows": 100, "dims": 4},
            labels={
                task: {"file": f"{task}.csv", "sha256": labels, "rows": rows}
                for task in tasks
            },
            tasks=tasks,
            mean_q=sum(qs.values()) / len(qs),
            mean_score=sum(qs.values()) / len(qs) / 100,
            failed=dict.fromkeys(failed, "The labels are constant."),
        )
        return write_evaluation(evaluation, out or tmp_path / "results")

    return write


@pytest.fixture
def write_upstream(tmp_path):
    """Return a function that writes a run folder of NeuCo-Bench below ``upstream``."""

    def write(
        method,
        qs,
        *,
        phase="dev",
        stamp="20250101_120000",
        q_key="task_q_scores",
        means=None,
        stds=None,
        config=CONFIG,
    ):
        experiment = f"{method}_{stamp}" if stamp else method
        folder = tmp_path / "upstream" / phase / experiment.replace("/", "_")
        folder.mkdir(parents=True)
        summary = {"experiment": experiment, q_key: qs, "config": config}
        if means is not None:
            summary["task_acc_scores"] = means
        (folder / "results_summary.json").write_text(json.dumps(summary))
        for task, std in (stds or {}).items():
            result = {"q_stat": qs[task], "mean_score": 0.25, "std_dev": std}
            (folder / task).mkdir()
            (folder / task / f"{task}_result.json").write_text(json.dumps(result))
        return folder

    return write
