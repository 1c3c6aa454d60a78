"""What a Dask worker does: score one file against the hidden labels.

Labels and predictions stay in the memory of this process. What leaves it is the
evaluation, or two sentences: one of a few for the team, which are the same whatever the
labels are, and the reason for hosts.
"""

from dataclasses import dataclass
from typing import Any

from neucobench.errors import EmbeddingError, TaskFailure
from neucobench.evaluation.result import Evaluation
from neucobench.evaluation.run import evaluate
from neucobench.probes.linear import LinearProbe
from neucobench.server.submissions.work import Work

FILE_GONE = (
    "The file is no longer on the server, which is not your fault; tell the host, or "
    "hand it in again. It used no quota."
)
FILE_UNUSABLE = (
    "The embeddings in the file cannot be scored; run 'neucobench check' on it, then "
    "hand in a corrected file. It used no quota."
)
NOT_ALL_TASKS = (
    "The embeddings have no score on every task, so they cannot be ranked; look for "
    "huge or constant values with 'neucobench inspect', then hand in a corrected file. "
    "It used no quota."
)
NO_MEMORY = (
    "The scoring process ran out of memory over this file; hand in fewer dimensions, "
    "or ask the host. It used no quota."
)
HOSTS_FAULT = (
    "The scoring stopped on the server's side, which is not the file's fault; the host "
    "can see why and have it scored again. It used no quota."
)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """Hold what came of one job.

    Attributes:
        evaluation: the content of ``evaluation.json``; None for a failure.
        message: of a failure, the sentence for the team.
        host_message: of a failure, the reason.
    """

    evaluation: dict[str, Any] | None = None
    message: str = ""
    host_message: str = ""


def score(work: Work) -> Outcome:
    """Return what came of scoring one file; nothing is raised, and nothing printed."""
    if not work.file.is_file():
        reason = f"{work.file} is missing; restore it from a backup."
        return Outcome(message=FILE_GONE, host_message=reason)
    try:
        found = _evaluate(work)
    # Dask would log what is raised, and what was asked for, on the worker.
    except Exception as error:  # noqa: BLE001 - hosts see it
        reason = f"{type(error).__name__}: {error}"
        return Outcome(message=_sentence(error), host_message=reason)
    if found.failed:
        reasons = " ".join(f"{task}: {why}" for task, why in found.failed.items())
        return Outcome(message=NOT_ALL_TASKS, host_message=reasons)
    return Outcome(evaluation=found.as_dict())


def dask_setup(worker: Any = None) -> None:  # noqa: ARG001 - Dask calls it
    """Load what scoring needs before the first job comes."""
    LinearProbe(threads=1).warm_up()


def _evaluate(work: Work) -> Evaluation:
    return evaluate(
        work.file,
        labels=work.labels,
        suite=work.suite,
        protocol=work.protocol,
        method=work.method,
        phase=work.phase,
        device="cpu",
        threads=1,
        failed_probes_allowed=work.failed_probes_allowed,
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return NO_MEMORY
    if isinstance(error, EmbeddingError):
        return FILE_UNUSABLE
    if isinstance(error, TaskFailure):
        return NOT_ALL_TASKS
    return HOSTS_FAULT
