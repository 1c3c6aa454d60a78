"""Which labeled cubes have an embedding, and what to say when some have none."""

from collections.abc import Collection, Mapping

from neucobench.embeddings.check import likely_cause
from neucobench.embeddings.ids import examples
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError
from neucobench.evaluation.join import JoinedTask
from neucobench.findings import Finding


def require_overlap(table: EmbeddingTable, labeled_ids: Collection[str]) -> None:
    """Refuse a table of which no id has a label.

    Raises:
        EmbeddingError: with the counts and three examples of each side, and the likely
            cause.
    """
    if not labeled_ids or any(id_ in labeled_ids for id_ in table.ids):
        return
    cause = likely_cause(table.ids, labeled_ids)
    raise EmbeddingError(
        f"None of the {table.rows} ids of {table.name} has a label: the embeddings "
        f"have ids such as {examples(table.ids)}, the {len(labeled_ids)} labeled "
        f"cubes are {examples(sorted(labeled_ids))}. "
        f"{cause or 'Give the cubes their own ids.'}"
    )


def coverage_findings(
    table: EmbeddingTable,
    joined: Mapping[str, JoinedTask],
    labeled_ids: Collection[str],
    *,
    full: bool,
) -> list[Finding]:
    """Return what is to be said about ids that stand on one side only.

    Args:
        table: the embeddings.
        joined: the samples of each task.
        labeled_ids: ids that occur in any label file.
        full: whether the protocol requires an embedding for every labeled cube.

    Raises:
        EmbeddingError: when ``full`` and a labeled cube has no embedding.
    """
    missing = {task: item.missing for task, item in joined.items() if item.missing}
    if missing and full:
        counts = ", ".join(f"{task}: {count}" for task, count in missing.items())
        raise EmbeddingError(
            f"{table.name} lacks embeddings of labeled cubes ({counts}), and the "
            "protocol requires all of them. Encode the missing cubes."
        )
    findings = [
        Finding(
            code="missing-ids",
            level="warning",
            message=f"{count} of {count + len(joined[task].ids)} labeled cubes have no "
            "embedding and are left out of this task.",
            task=task,
            count=count,
        )
        for task, count in missing.items()
    ]
    extra = sum(id_ not in labeled_ids for id_ in table.ids)
    if extra:
        findings.append(
            Finding(
                code="unlabeled-ids",
                level="info",
                message=f"{extra} of {table.rows} embeddings have no label in any file "
                "and are not used.",
                count=extra,
            )
        )
    return findings


def padding_findings(table: EmbeddingTable, embedding_dim: int | None) -> list[Finding]:
    """Return a finding when the protocol pads the table with zeros."""
    if embedding_dim is None or table.dims >= embedding_dim:
        return []
    return [
        Finding(
            code="padded",
            level="info",
            message=f"The embeddings have {table.dims} dimensions and are padded with "
            f"zeros to {embedding_dim}, before standardization.",
            count=embedding_dim - table.dims,
        )
    ]
