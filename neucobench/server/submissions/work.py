"""One job of the queue, as a worker takes it and as the server knows it again."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Claim:
    """Hold what says that a job was taken, and by which attempt.

    Attributes:
        job_id: the job.
        attempt: how often it was taken, this time included.
        submission_id: what it scores.
    """

    job_id: int
    attempt: int
    submission_id: str


@dataclass(frozen=True, kw_only=True)
class Work(Claim):
    """Hold one job as a worker takes it; a worker needs no database.

    Attributes:
        file: the embedding file.
        labels: the folder of hidden labels.
        suite: the tasks.
        protocol: how they are scored.
        method: the method's name.
        phase: the phase's name.
        failed_probes_allowed: how many folds of a task may end without a score.
    """

    file: Path
    labels: Path
    suite: str
    protocol: str
    method: str
    phase: str
    failed_probes_allowed: int
