"""A folder of cubes: which there are, where their files lie, and which files lack.

::

    cubes/data/<modality>/part-000000/<id>.zarr.zip     as published
    cubes/<modality>/part-000000/<id>.zarr.zip          without the level data/
    cubes/<modality>/<id>.zarr.zip                      without parts

``<modality>`` is ``s1``, ``s2l1c`` or ``s2l2a``, or another name of the same product
(``s1grd``, ``S2L2A``). A modality's own folder is a folder of cubes too.
"""

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from neucobench.data.bands import MODALITIES, modality
from neucobench.data.buffers import Buffers
from neucobench.data.cube import ENDING, Cube, read_cube
from neucobench.errors import CubeError, UnknownNameError
from neucobench.findings import Finding


class CubeFolder:
    """Find the cubes of a folder and read them by id; the folder is listed once.

    Args:
        root: the folder.

    Raises:
        CubeError: on first use, when there is no such folder, no cube in it, two
            folders for one modality, or one id twice in a modality.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of all cubes, sorted; some may lack a modality."""
        found: set[str] = set()
        for files in self._files.values():
            found.update(files)
        return tuple(sorted(found))

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that have a folder here, in the order s1, s2l1c, s2l2a."""
        return tuple(self._files)

    @cached_property
    def missing(self) -> Mapping[str, tuple[str, ...]]:
        """By modality, the sorted ids that another modality has and this one lacks."""
        return {
            name: tuple(item for item in self.ids if item not in files)
            for name, files in self._files.items()
        }

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed while listing: cubes that lack a modality."""
        return tuple(
            Finding(
                code="missing-modality",
                level="warning",
                message=f"{len(lacking)} of {len(self.ids)} cubes have no {name} file: "
                f"{shorten(lacking)}.",
                count=len(lacking),
            )
            for name, lacking in self.missing.items()
            if lacking
        )

    def files(self, cube: str) -> dict[str, Path]:
        """Return the files of one cube by modality.

        Raises:
            CubeError: when there is no such cube.
        """
        found = {
            name: files[cube] for name, files in self._files.items() if cube in files
        }
        if not found:
            raise CubeError(
                f"{self.root} holds no cube {cube!r}; it holds {len(self.ids)} others, "
                f"such as {shorten(self.ids, 2)}. Check the id."
            )
        return found

    def read(
        self,
        cube: str,
        *,
        modalities: Sequence[str] | None = None,
        seasons: Sequence[int] | None = None,
        offset: int = 0,
        buffers: Buffers | None = None,
        verify: bool = False,
    ) -> Cube:
        """Read one cube; the options are those of `read_cube`.

        Args:
            cube: its id.
            modalities: the ones wanted; by default all that have a folder here.
            seasons: positions along ``time``; all by default.
            offset: what to add to the Sentinel-2 values.
            buffers: memory to reuse; the cube is valid only until the next read.
            verify: whether to check the CRC-32 of every chunk.

        Raises:
            CubeError: when the cube lacks a modality or cannot be read.
            UnknownNameError: when a modality is not known.
        """
        files = self.files(cube)
        wanted = self.modalities if modalities is None else modalities
        names = [modality(name).name for name in wanted]
        for name in names:
            if name not in files:
                raise CubeError(
                    f"Cube {cube!r} has no {name} file in {self.root}, only "
                    f"{', '.join(files)}; add the file or choose other modalities."
                )
        return read_cube(
            {name: files[name] for name in names},
            seasons=seasons,
            offset=offset,
            buffers=buffers,
            verify=verify,
        )

    @cached_property
    def _files(self) -> dict[str, dict[str, Path]]:
        found: dict[str, Path] = {}
        for folder in modality_folders(self.root, below=("data",)):
            name = modality(folder.name.lower()).name
            other = found.setdefault(name, folder)
            if other != folder:
                raise CubeError(
                    f"{self.root} has two folders for {name}, {other} and {folder}; "
                    "move one of them away."
                )
        files = {name: list_files(found[name]) for name in MODALITIES if name in found}
        if not any(files.values()):
            raise CubeError(_nothing(self.root))
        return files


def modality_folders(root: Path, *, below: Sequence[str]) -> list[Path]:
    """Return the folders that are named after a modality, sorted.

    Args:
        root: one of them, or the folder that holds them.
        below: subfolders of ``root`` that may hold them instead.

    Raises:
        CubeError: when ``root`` is missing or no folder.
    """
    if not root.is_dir():
        what = "is a file" if root.exists() else "does not exist"
        raise CubeError(f"{root} {what}; give the folder that holds the cubes.")
    if _is_modality(root.resolve()):
        return [root.resolve()]
    bases = [root, *(root / name for name in below)]
    return sorted(
        folder
        for base in bases
        if base.is_dir()
        for folder in base.iterdir()
        if _is_modality(folder) and folder.is_dir()
    )


def list_files(folder: Path) -> dict[str, Path]:
    """Return the ``.zarr.zip`` files of a folder and its subfolders, id to file.

    Raises:
        CubeError: when an id occurs twice.
    """
    found: dict[str, Path] = {}
    with os.scandir(folder) as entries:
        parts = [Path(entry) for entry in entries if entry.is_dir()]
    for place in (folder, *sorted(parts)):
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            # A hidden file is a download or a copy that was cut off.
            if not name.endswith(ENDING) or name.startswith("."):
                continue
            path = place / name
            other = found.setdefault(name.removesuffix(ENDING), path)
            if other != path:
                raise CubeError(
                    f"The cube {name.removesuffix(ENDING)!r} is there twice, as "
                    f"{other} and as {path}; remove one of them."
                )
    return found


def shorten(ids: Sequence[str], count: int = 5) -> str:
    """Return the first ids as a list for people, and how many more there are."""
    more = f" and {len(ids) - count} more" if len(ids) > count else ""
    return ", ".join(ids[:count]) + more


def _is_modality(folder: Path) -> bool:
    try:
        return bool(modality(folder.name.lower()))
    except UnknownNameError:
        return False


def _nothing(root: Path) -> str:
    nested = [
        str(folder)
        for folder in sorted(root.iterdir())
        if folder.is_dir() and modality_folders(folder, below=())
    ]
    hint = f" Perhaps you mean {' or '.join(nested)}." if nested else ""
    return (
        f"{root} holds no cubes; accepted are folders {', '.join(MODALITIES)} in it or "
        f"in {root / 'data'}, with files <id>{ENDING} or part-*/<id>{ENDING}. Give the "
        f"folder above these.{hint}"
    )
