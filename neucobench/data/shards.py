"""SSL4EO-S12 v1.1, the set for pre-training: many samples in each file.

::

    ssl4eo-s12/{train,val}/S2L2A/<shard>.zarr.zip     as published, 64 samples each
    ssl4eo-s12/S2L2A/<shard>.zarr.zip                 without the level of the split
    ssl4eo-s12/S2L2A/{train,val}/<shard>.zarr.zip     or with it below

The array ``bands`` is (sample, time, band, y, x). The files of one shard have the same
name in every modality. Sentinel-2 is stored with +1000; the four seasons are in the
order of their dates and may begin with any season.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from math import lcm
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES, S2_OFFSET, modality
from neucobench.data.bands_file import BandsFile
from neucobench.data.buffers import Buffers
from neucobench.data.cube import ENDING, Cube, optical_only, shift
from neucobench.data.dataset import list_files, modality_folders
from neucobench.errors import CubeError

SPLITS = ("train", "val")


class ShardFolder:
    """Read a folder of shards as a stream of cubes.

    Args:
        root: the folder that holds the modalities, or the splits above them.

    Raises:
        CubeError: on first use, when there is no such folder or no shard in it.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @property
    def modalities(self) -> tuple[str, ...]:
        """The modalities that have a folder here, in the order s1, s2l1c, s2l2a."""
        return tuple(self._files)

    @cached_property
    def shards(self) -> tuple[str, ...]:
        """The names of all shards, sorted: file names without ``.zarr.zip``."""
        found: set[str] = set()
        for files in self._files.values():
            found.update(files)
        return tuple(sorted(found))

    def __iter__(self) -> Iterator[Cube]:
        return self.cubes()

    def cubes(
        self,
        *,
        shards: Sequence[str] | None = None,
        modalities: Sequence[str] | None = None,
        seasons: Sequence[int] | None = None,
        offset: int = S2_OFFSET,
        buffers: Buffers | None = None,
        verify: bool = False,
    ) -> Iterator[Cube]:
        """Yield the cubes of the shards, one after another.

        A cube's id is the sample's name in the file, or ``<shard>_<index>`` where the
        file does not name its samples. Samples that share a chunk are decoded together:
        a shard in chunks of 64 samples takes the memory of 64 cubes.

        Args:
            shards: the names wanted; all by default.
            modalities: the ones wanted; by default all that have a folder here.
            seasons: positions along ``time``, in the order wanted; all by default.
            offset: the convention wanted for Sentinel-2: 1000 leaves the numbers as
                stored, 0 takes the shift off. `Cube.offsets` records it.
            buffers: memory to reuse; a cube is then valid only until the next one.
            verify: whether to check the CRC-32 of every chunk.

        Raises:
            CubeError: when no modality is chosen, or when a shard lacks one, cannot be
                read, or differs between them.
            UnknownNameError: when a modality is not known.
        """
        wanted = self.modalities if modalities is None else modalities
        names = [modality(name).name for name in wanted]
        if not names:
            raise CubeError("No modality was chosen; choose at least one.")
        for shard in self.shards if shards is None else shards:
            with ExitStack() as stack:
                files = {
                    name: stack.enter_context(BandsFile(self._file(shard, name)))
                    for name in names
                }
                ids = _sample_ids(shard, files)
                for block in _blocks(files):
                    arrays = {
                        name: shift(
                            file.read(
                                samples=block,
                                seasons=seasons,
                                buffers=buffers,
                                loan=name,
                                verify=verify,
                            ),
                            optical_only(name, offset - S2_OFFSET),
                        )
                        for name, file in files.items()
                    }
                    yield from _split(ids, block, arrays, offset)

    def _file(self, shard: str, name: str) -> Path:
        path = self._files.get(name, {}).get(shard)
        if path is None:
            raise CubeError(
                f"The shard {shard!r} has no {name} file in {self.root}; add the file "
                "or choose other modalities or shards."
            )
        return path

    @cached_property
    def _files(self) -> dict[str, dict[str, Path]]:
        files: dict[str, dict[str, Path]] = {}
        folders = modality_folders(self.root, below=SPLITS)
        for name in MODALITIES:
            for folder in folders:
                if modality(folder.name.lower()).name == name:
                    _add(files.setdefault(name, {}), list_files(folder))
        if not any(files.values()):
            raise CubeError(
                f"{self.root} holds no shards; accepted are folders S1GRD, S2L1C, "
                f"S2L2A in it or in {' and '.join(SPLITS)}, with files "
                f"<shard>{ENDING}. Give the folder above these."
            )
        return files


def _add(files: dict[str, Path], more: dict[str, Path]) -> None:
    for shard, path in more.items():
        if shard in files:
            raise CubeError(
                f"The shard {shard!r} is there twice, as {files[shard]} and as {path}; "
                "read the splits one at a time."
            )
        files[shard] = path


def _sample_ids(shard: str, files: dict[str, BandsFile]) -> Sequence[str]:
    found = {}
    for name, file in files.items():
        stored = file.names()
        numbered = tuple(f"{shard}_{index}" for index in range(file.samples))
        found[name] = stored or numbered
    ids, *others = found.values()
    if any(other != ids for other in others):
        raise CubeError(
            f"The shard {shard!r} holds other samples in one modality than in another "
            f"({', '.join(found)}); download its files again."
        )
    return ids


def _blocks(files: dict[str, BandsFile]) -> Iterator[range]:
    """Yield runs of samples such that no chunk is decoded twice."""
    count = next(iter(files.values())).samples
    step = lcm(*(file.sample_chunk for file in files.values()))
    for start in range(0, count, step):
        yield range(start, min(start + step, count))


def _split(
    ids: Sequence[str], block: range, arrays: dict[str, NDArray[Any]], offset: int
) -> Iterator[Cube]:
    offsets = {name: optical_only(name, offset) for name in arrays}
    for place, sample in enumerate(block):
        yield Cube(
            id=ids[sample],
            arrays={name: array[place] for name, array in arrays.items()},
            offsets=offsets,
        )
