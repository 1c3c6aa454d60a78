"""The record of a sample world: what it was made from, and what may be added to it."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from neucobench.errors import InputError

RECORD = "sample.json"
SIZES = (16, 1024)
MOST_CUBES = 1_000_000

_SCHEMA = "neucobench/sample/1"


@dataclass(frozen=True, kw_only=True)
class SampleSettings:
    """Hold what a sample world was made from.

    Attributes:
        version: the version of the generator.
        seed: its seed.
        size: height and width of every picture in pixels.
        cubes: how many cubes there are.
    """

    version: int
    seed: int
    size: int
    cubes: int


def record_text(settings: SampleSettings) -> str:
    """Return the content of ``sample.json``."""
    record = {"schema": _SCHEMA, "synthetic": True, **asdict(settings)}
    return json.dumps(record, indent=2) + "\n"


def _read(path: Path) -> SampleSettings:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record["schema"] != _SCHEMA:
            raise ValueError(f"its schema is {record['schema']!r}")
        numbers = {name: int(record[name]) for name in SampleSettings.__annotations__}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path} is not the record of a sample world ({error}); remove the folder "
            "or choose another one."
        ) from error
    return SampleSettings(**numbers)


def check_settings(settings: SampleSettings) -> None:
    """Raise when a number is out of range.

    Raises:
        InputError: with the number, what is accepted, and an example.
    """
    low, high = SIZES
    if not low <= settings.size <= high:
        raise InputError(
            f"A sample world of {settings.size} pixels was asked for; a size may be "
            f"{low} to {high}; choose e.g. 64, or 264 as in the real set."
        )
    if not 1 <= settings.cubes <= MOST_CUBES:
        raise InputError(
            f"A sample world of {settings.cubes} cubes was asked for; it may have 1 to "
            f"{MOST_CUBES:,}; choose e.g. 200."
        )
    if settings.seed < 0:
        raise InputError(
            f"The seed {settings.seed} was given; a seed is 0 or larger; choose e.g. 0."
        )


def check_folder(folder: Path, settings: SampleSettings) -> None:
    """Raise when ``folder`` holds anything but the same sample world, or less of it.

    Raises:
        InputError: with what was found there.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"{folder} is a file; a sample world needs a folder; choose another name."
        )
    if not (folder / RECORD).exists():
        taken = [name for name in ("data", "labels") if (folder / name).exists()]
        if taken:
            raise InputError(
                f"{folder} already holds {' and '.join(taken)} that are no sample "
                "world's; synthetic data is kept apart from other data; choose another "
                "folder."
            )
        return
    found = _read(folder / RECORD)
    same = (found.version, found.seed, found.size)
    if same != (settings.version, settings.seed, settings.size):
        raise InputError(
            f"{folder} holds a sample world of version {found.version}, seed "
            f"{found.seed} and size {found.size}; version {settings.version}, seed "
            f"{settings.seed} and size {settings.size} was asked for; choose another "
            "folder."
        )
    if found.cubes > settings.cubes:
        raise InputError(
            f"{folder} holds a sample world of {found.cubes} cubes; it can grow, but "
            f"not shrink to {settings.cubes}; choose another folder."
        )
