"""A folder of cubes as a torch ``Dataset``; importing this module imports torch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Dataset

from neucobench.data.bands import modality
from neucobench.data.dataset import CubeFolder


class CubeDataset(Dataset[dict[str, Any]]):
    """Give one item per cube: its id, and one tensor per modality.

    An item is ``{"id": "...", "s1": (time, band, y, x), ...}``; every tensor has memory
    of its own, so that torch's default collation makes batches of them. The object
    holds no open file and no generator: it can be sent to the workers of a
    ``DataLoader``, and the order of the items is that of the sorted ids.

    Args:
        cubes: a folder of cubes, or the path of one.
        modalities: the ones wanted; by default all that have a folder there.
        seasons: positions along ``time``, in the order wanted; all by default.
        offset: what to add to Sentinel-2; 1000 gives the numbers of SSL4EO-S12 v1.1.
        dtype: the type of the tensors; None leaves the stored types.

    Raises:
        UnknownNameError: when a modality is not known.
        CubeError: from ``__getitem__``, when a cube cannot be read.
    """

    def __init__(
        self,
        cubes: CubeFolder | Path | str,
        *,
        modalities: Sequence[str] | None = None,
        seasons: Sequence[int] | None = None,
        offset: int = 0,
        dtype: torch.dtype | None = torch.float32,
    ) -> None:
        self.folder = cubes if isinstance(cubes, CubeFolder) else CubeFolder(cubes)
        wanted = self.folder.modalities if modalities is None else modalities
        self.modalities = tuple(modality(name).name for name in wanted)
        self.seasons = seasons
        self.offset = offset
        self.dtype = dtype

    def __len__(self) -> int:
        return len(self.folder)

    def __getitem__(self, index: int) -> dict[str, Any]:
        cube = self.folder.read(
            self.folder.ids[index],
            modalities=self.modalities,
            seasons=self.seasons,
            offset=self.offset,
        )
        item: dict[str, Any] = {"id": cube.id}
        for name, array in cube.arrays.items():
            tensor = torch.from_numpy(array)
            item[name] = tensor if self.dtype is None else tensor.to(self.dtype)
        return item
