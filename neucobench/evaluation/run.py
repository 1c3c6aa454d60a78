"""Evaluate one embedding table: load, select, join, probe, score."""

import time
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from neucobench.embeddings.files import read_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import TaskFailure
from neucobench.evaluation.coverage import (
    coverage_findings,
    padding_findings,
    require_overlap,
)
from neucobench.evaluation.join import JoinedTask, join_task, prepare_features
from neucobench.evaluation.prepare import prepare_tasks
from neucobench.evaluation.protocol import Protocol
from neucobench.evaluation.protocol import protocol as load_protocol
from neucobench.evaluation.result import Evaluation
from neucobench.evaluation.select import select_tasks
from neucobench.evaluation.software import software_versions
from neucobench.evaluation.summarize import (
    explain_failures,
    predict_tasks,
    score_tasks,
    tolerated_findings,
)
from neucobench.findings import Finding, synthetic_findings
from neucobench.probes.backends import Device
from neucobench.probes.linear import LinearProbe
from neucobench.scoring.quality import mean_q
from neucobench.tasks.labels import LabelTable, read_label_folder

Advance = Callable[[int, int], None]


def evaluate(
    embeddings: EmbeddingTable | Path | str,
    *,
    labels: Path | str | Mapping[str, LabelTable],
    suite: str | None = None,
    protocol: str | Protocol = "neuco-1.1",
    tasks: Collection[str] | None = None,
    method: str | None = None,
    phase: str = "results",
    device: Device = "auto",
    threads: int | None = None,
    advance: Advance | None = None,
    failed_probes_allowed: int = 0,
) -> Evaluation:
    """Return what an embedding table scores on every task.

    Args:
        embeddings: a table, or an embedding file to read.
        labels: a folder of label files, or its tables.
        suite: a suite's name; None scores every label file of the folder.
        protocol: a protocol, or its name.
        tasks: narrow the choice to these tasks.
        method: the method's name; None takes the table's.
        phase: the phase's name.
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        threads: CPU threads; None takes one for each core.
        advance: called with folds done and folds in all.
        failed_probes_allowed: how many folds of a task may end without a finite score;
            the task is then scored over the others, as upstream's nanmean and nanstd.

    Raises:
        InputError: when the embeddings or labels cannot be used, or no task can be
            scored; each is a sentence.
        UnknownNameError: when the suite, the protocol or a task is not known.
    """
    start = time.perf_counter()
    rules = load_protocol(protocol) if isinstance(protocol, str) else protocol
    tables = labels if isinstance(labels, Mapping) else read_label_folder(Path(labels))
    chosen = select_tasks(tables, suite=suite, tasks=tasks)
    probe = _make_probe(rules, device, threads)
    table, backend = _read_beside_warm_up(embeddings, probe, strict=rules.strict_cells)
    labeled = frozenset[str]().union(*(item.ids for item in tables.values()))
    require_overlap(table, labeled)
    features = prepare_features(
        table,
        labeled,
        embedding_dim=rules.embedding_dim,
        standardize=rules.standardize,
    )
    joined = {task: join_task(item, features.row_of) for task, item in chosen.items()}
    prepared = prepare_tasks(chosen, joined, rules)
    findings = (
        *_collect_findings(table, chosen, joined, labeled, rules),
        *(finding for item in prepared.values() for finding in item.findings),
    )
    drawn = {task: item for task, item in prepared.items() if item.draws}
    folds = probe.score(
        features.values, [item.probe for item in drawn.values()], advance
    )
    scores = score_tasks(drawn, folds, tolerance=failed_probes_allowed)
    failed = explain_failures(prepared, folds, tolerance=failed_probes_allowed)
    if not scores:
        raise TaskFailure(_no_task(failed))
    return Evaluation(
        method=method or table.name,
        phase=phase,
        created=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        suite=suite,
        protocol=rules.resolved(),
        embeddings=_describe_table(table),
        labels={task: _describe_labels(item) for task, item in chosen.items()},
        tasks=scores,
        mean_q=mean_q([score.q for score in scores.values()]),
        mean_score=float(np.mean([score.mean for score in scores.values()])),
        findings=(*findings, *tolerated_findings(scores)),
        failed=failed,
        software=software_versions(*(["torch"] if backend == "torch" else [])),
        seconds=time.perf_counter() - start,
        predictions=predict_tasks(
            {task: prepared[task] for task in scores}, folds, scaled=rules.scale_labels
        ),
    )


def _make_probe(rules: Protocol, device: Device, threads: int | None) -> LinearProbe:
    return LinearProbe(
        epochs=rules.epochs,
        batch_size=rules.batch_size,
        learning_rate=rules.learning_rate,
        weight_decay=rules.weight_decay,
        seed=rules.seed,
        refit_draws=rules.store_probes_draws,
        device=device,
        threads=threads,
    )


def _read_beside_warm_up(
    embeddings: EmbeddingTable | Path | str, probe: LinearProbe, *, strict: bool
) -> tuple[EmbeddingTable, str]:
    """Return the table, read while the probe loads its code, and the backend's name."""
    with ThreadPoolExecutor(1) as pool:
        warm = pool.submit(probe.warm_up)
        table = (
            embeddings
            if isinstance(embeddings, EmbeddingTable)
            else read_embeddings(embeddings, strict=strict)
        )
        return table, warm.result()


def _collect_findings(
    table: EmbeddingTable,
    chosen: Mapping[str, LabelTable],
    joined: Mapping[str, JoinedTask],
    labeled: Collection[str],
    rules: Protocol,
) -> tuple[Finding, ...]:
    return (
        *synthetic_findings(table.ids),
        *table.findings,
        *(finding for item in chosen.values() for finding in item.findings),
        *padding_findings(table, rules.embedding_dim),
        *coverage_findings(table, joined, labeled, full=rules.full_coverage),
    )


def _describe_table(table: EmbeddingTable) -> dict[str, str | int | None]:
    return {
        "file": table.path.name if table.path else table.name,
        "sha256": table.sha256,
        "rows": table.rows,
        "dims": table.dims,
    }


def _describe_labels(table: LabelTable) -> dict[str, str | int]:
    return {
        "file": table.path.name,
        "sha256": table.sha256,
        "rows": len(table.ids),
    }


def _no_task(failed: Mapping[str, str]) -> str:
    reasons = " ".join(f"{task}: {reason}" for task, reason in failed.items())
    return f"No task can be scored. {reasons}"
