"""Open every cube of a folder and report what is missing, broken or misshapen."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from neucobench.data.buffers import Buffers
from neucobench.data.cube import Cube
from neucobench.data.dataset import CubeFolder, shorten
from neucobench.errors import CubeError
from neucobench.findings import Finding
from neucobench.machine import reading_threads

Kind = Literal["missing", "broken", "misshapen"]
Shape = tuple[int, int, int]

_TITLES: dict[Kind, str] = {
    "missing": "lack a file of a modality that others have",
    "broken": "cannot be read",
    "misshapen": "have another size than the rest",
}


@dataclass(frozen=True, kw_only=True)
class CubeProblem:
    """State one thing that is wrong with one cube.

    Attributes:
        id: the cube.
        modality: the modality it concerns.
        kind: ``"missing"``, ``"broken"`` or ``"misshapen"``.
        message: a sentence.
    """

    id: str
    modality: str
    kind: Kind
    message: str


@dataclass(frozen=True, kw_only=True)
class FolderReport:
    """Say what was found in a folder of cubes.

    Attributes:
        folder: the folder.
        cubes: how many ids there are.
        files: how many files were opened.
        modalities: the modalities that have a folder.
        shape: the usual (time, y, x) of a cube; None when no file could be read.
        problems: everything that is wrong, sorted by id and modality.
    """

    folder: Path
    cubes: int
    files: int
    modalities: tuple[str, ...]
    shape: Shape | None
    problems: tuple[CubeProblem, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The problems, one finding per kind, with the number of cubes concerned."""
        found = []
        for kind, title in _TITLES.items():
            ids = sorted({item.id for item in self.problems if item.kind == kind})
            if ids:
                found.append(
                    Finding(
                        code=f"{kind}-cubes",
                        level="error",
                        message=f"{len(ids)} of {self.cubes} cubes {title}: "
                        f"{shorten(ids)}.",
                        count=len(ids),
                    )
                )
        return tuple(found)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as one JSON object."""
        return {
            **vars(self),
            "folder": str(self.folder),
            "problems": [vars(problem) for problem in self.problems],
            "findings": [finding.as_dict() for finding in self.findings],
        }


def check_folder(
    root: Path | str,
    *,
    threads: int | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> FolderReport:
    """Read every file of a folder of cubes, CRC-32s included.

    Args:
        root: the folder, laid out as `CubeFolder` accepts it.
        threads: how many cubes are read at a time; by default one per core, at most 8.
        advance: called with how many cubes are done, and of how many.

    Raises:
        CubeError: when the folder holds no cubes, or an id occurs twice.
    """
    folder = CubeFolder(root)
    problems = _missing(folder)
    shapes: dict[tuple[str, str], Shape] = {}
    local = threading.local()

    def check(cube: str) -> None:
        if not hasattr(local, "buffers"):
            local.buffers = Buffers()
        for name in folder.files(cube):
            try:
                read = folder.read(
                    cube, modalities=[name], buffers=local.buffers, verify=True
                )
            except CubeError as error:
                message = str(error)
                problems.append(
                    CubeProblem(id=cube, modality=name, kind="broken", message=message)
                )
            else:
                shapes[cube, name] = _shape(read, name)

    pool = ThreadPoolExecutor(threads or reading_threads())
    try:
        jobs = [pool.submit(check, cube) for cube in folder.ids]
        for done, job in enumerate(as_completed(jobs), 1):
            job.result()
            if advance:
                advance(done, len(jobs))
    finally:
        pool.shutdown(cancel_futures=True)
    usual = _usual(shapes)
    problems += _misshapen(shapes, usual)
    return FolderReport(
        folder=folder.root,
        cubes=len(folder),
        files=sum(len(folder.files(cube)) for cube in folder.ids),
        modalities=folder.modalities,
        shape=usual,
        problems=tuple(sorted(problems, key=lambda item: (item.id, item.modality))),
    )


def _missing(folder: CubeFolder) -> list[CubeProblem]:
    return [
        CubeProblem(
            id=cube,
            modality=name,
            kind="missing",
            message=f"Cube {cube!r} has no {name} file.",
        )
        for name, lacking in folder.missing.items()
        for cube in lacking
    ]


def _shape(cube: Cube, name: str) -> Shape:
    time, _, y, x = cube.arrays[name].shape
    return time, y, x


def _usual(shapes: dict[tuple[str, str], Shape]) -> Shape | None:
    # The larger shape on a tie, so that the result does not depend on the threads.
    counts = Counter(shapes.values())
    return max(counts, key=lambda shape: (counts[shape], shape), default=None)


def _misshapen(
    shapes: dict[tuple[str, str], Shape], usual: Shape | None
) -> list[CubeProblem]:
    return [
        CubeProblem(
            id=cube,
            modality=name,
            kind="misshapen",
            message=f"Cube {cube!r}, {name}: (time, y, x) is {shape}, and {usual} in "
            "most files.",
        )
        for (cube, name), shape in shapes.items()
        if shape != usual
    ]
