"""The result of a study: the values of ``utility.json``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.codec_input import LEVEL
from neucobench.evaluation.result import Evaluation
from neucobench.findings import SYNTHETIC, Finding
from neucobench.studies.utility.point import Sweep, UtilityPoint
from neucobench.studies.utility.request import UtilityRequest

SCHEMA = "neucobench/utility/1"


@dataclass(frozen=True, kw_only=True)
class UtilityStudy:
    """Hold what a study found; see ``docs/files.md`` for the schema.

    Attributes:
        request: what was asked for.
        reader: the encoder of original and decoded cubes.
        cubes: how many cubes are in every table.
        cube_digest: of all cubes of the folder.
        points: the original cubes first.
        findings: what was noticed.
        seconds: wall time of this run, less where an earlier one had begun.
    """

    request: UtilityRequest
    reader: CheckedEncoder
    cubes: int
    cube_digest: str
    points: tuple[UtilityPoint, ...]
    findings: tuple[Finding, ...]
    seconds: float

    @property
    def reference(self) -> Evaluation:
        """Return what the vectors of the original cubes score."""
        return self.points[0].evaluation

    @property
    def tasks(self) -> tuple[str, ...]:
        """Return the tasks that have a score."""
        return tuple(self.reference.tasks)

    @property
    def synthetic(self) -> bool:
        """Tell whether the cubes are made up."""
        return any(item.code == SYNTHETIC for item in self.reference.findings)

    @property
    def passed_unchanged(self) -> tuple[str, ...]:
        """Return the modalities that the encoder reads and no codec has touched."""
        return tuple(name for name in self.reader.modalities if name != LEVEL)

    def swept(self, sweep: Sweep) -> Sequence[UtilityPoint]:
        """Return the points of one sweep, in order."""
        return [point for point in self.points if point.sweep == sweep]

    def as_dict(self) -> dict[str, Any]:
        """Return the document written to ``utility.json``."""
        return {
            "schema": SCHEMA,
            "synthetic": self.synthetic,
            "cubes": self.cubes,
            "cube_digest": self.cube_digest,
            "coded": LEVEL,
            "passed_unchanged": list(self.passed_unchanged),
            "encoder": {
                "name": self.reader.name,
                "version": self.reader.version,
                "options": dict(self.reader.options),
                "modalities": list(self.reader.modalities),
            },
            "suite": self.reference.suite,
            "protocol": dict(self.reference.protocol),
            "labels": {key: dict(item) for key, item in self.reference.labels.items()},
            "peak": self.request.peak,
            "reducer": self.request.reduce,
            "points": [point.as_dict(self.reference) for point in self.points],
            "failed": dict(self.reference.failed),
            "findings": [finding.as_dict() for finding in self.findings],
            "software": dict(self.reference.software),
            "seconds": self.seconds,
        }
