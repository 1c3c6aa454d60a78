"""Check a file on the participant's machine, as the server will."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from neucobench.embeddings.check import check_table
from neucobench.embeddings.files import read_embeddings, require_ending
from neucobench.embeddings.storage import bytes_per_vector
from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import EmbeddingError
from neucobench.evaluation.protocol import protocol
from neucobench.findings import Finding
from neucobench.leaderboard.card import Phase

_TRUE = "true"


@dataclass(frozen=True, kw_only=True)
class Inspected:
    """Hold what is in a file, and what is wrong with it.

    Attributes:
        table: the embeddings.
        bytes: the file's size.
        bytes_per_vector: as stored.
        findings: what was noticed, errors among them.
    """

    table: EmbeddingTable
    bytes: int
    bytes_per_vector: int
    findings: tuple[Finding, ...]

    @property
    def fit(self) -> bool:
        """Tell whether there is no error among the findings."""
        return all(item.level != "error" for item in self.findings)


def inspect_file(
    file: Path,
    phase: Phase,
    *,
    protocol_name: str,
    transductive: bool = False,
    ids: Collection[str] | None = None,
) -> Inspected:
    """Return what the server would find in a file.

    Args:
        file: an embedding file.
        phase: the phase's rules.
        protocol_name: how the phase scores; a strict one takes no empty cells.
        transductive: whether the participant says that the encoder has seen the cubes.
        ids: the cubes that must have an embedding, where they are known.

    Raises:
        UsageError: when the file's ending is not that of an embedding file.
        UnknownNameError: when this version does not know the protocol.
        EmbeddingError: when it is larger than the phase takes, or cannot be read.
    """
    require_ending(file)
    _require_size(file, phase.max_upload_bytes)
    rules = protocol(protocol_name)
    limits = [item for item in (phase.dims, rules.embedding_dim) if item]
    table = read_embeddings(file, strict=rules.strict_cells)
    return Inspected(
        table=table,
        bytes=file.stat().st_size,
        bytes_per_vector=bytes_per_vector(table),
        findings=(
            *table.findings,
            *check_table(
                table,
                expected_ids=ids,
                dims=min(limits, default=None),
                max_bytes=phase.max_vector_bytes,
                hidden_rows=True,
            ),
            *_check_transductive(table, phase, said=transductive),
        ),
    )


def _require_size(file: Path, limit: int | None) -> None:
    """Refuse what is too large before it is read."""
    if not file.is_file():
        raise EmbeddingError(f"{file} is no file that exists; check the path.")
    size = file.stat().st_size
    if limit is not None and size > limit:
        raise EmbeddingError(
            f"{file} has {size:,} bytes; the phase takes at most {limit:,}. Write it "
            "as Parquet, store the vectors in fewer bytes (float16, int8), or reduce "
            "their dimensions."
        )


def _check_transductive(
    table: EmbeddingTable, phase: Phase, *, said: bool
) -> list[Finding]:
    stated = table.metadata.get("transductive", "").lower() == _TRUE
    if phase.transductive is False and (said or stated):
        message = (
            "The encoder has seen the cubes that are scored (transductive), which this "
            "phase does not take. Fit it on other data."
        )
        return [Finding(code="transductive", level="error", message=message)]
    if stated and not said:
        message = (
            "The file says that its encoder has seen the cubes that are scored; say so "
            "with --transductive."
        )
        return [Finding(code="transductive", level="error", message=message)]
    return []
