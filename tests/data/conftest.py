"""Small cubes, and files around them that are written as others write them."""

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES
from neucobench.data.writer import write_cube_file

Array = NDArray[Any]


@pytest.fixture(scope="session")
def make_array() -> Callable[..., Array]:
    """Return a function that makes (time, band, y, x) for a modality."""

    def make(name: str = "s2l2a", *, size: int = 12, seed: int = 0) -> Array:
        rng = np.random.default_rng(seed)
        shape = (4, len(MODALITIES[name].bands), size, size)
        if name == "s1":
            return rng.normal(-12, 4, shape).astype(np.float32)
        steps = rng.integers(-20, 21, shape)
        return (1500 + steps.cumsum(axis=-1)).astype(np.int16)

    return make


@pytest.fixture(scope="session")
def write_zarr() -> Callable[..., Path]:
    """Return a function that writes an array with Zarr itself."""

    def write(path: Path, array: Array, *, name: str = "bands", **options: Any) -> Path:
        import zarr
        from numcodecs import Blosc
        from zarr.storage import ZipStore

        path.parent.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {"zarr_format": 2, "chunks": array.shape, **options}
        if settings["zarr_format"] == 2:
            settings.setdefault("compressors", Blosc(cname="lz4"))
        with ZipStore(path, mode="w") as store:
            target = zarr.create_array(
                store, name=name, shape=array.shape, dtype=array.dtype, **settings
            )
            target[...] = array
        return path

    return write


@pytest.fixture(scope="session")
def pack() -> Callable[..., Path]:
    """Return a function that writes a zip of the given entries."""

    def write(
        path: Path, entries: Mapping[str, bytes], method: int = zipfile.ZIP_STORED
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        return path

    return write


@pytest.fixture(scope="session")
def unpack() -> Callable[[Path], dict[str, bytes]]:
    """Return a function that returns the entries of a zip."""

    def read(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return read


@pytest.fixture
def cube_files(
    tmp_path: Path, make_array: Callable[..., Array]
) -> tuple[dict[str, Path], dict[str, Array]]:
    """Return the files of one cube in all modalities, and its arrays."""
    arrays = {name: make_array(name) for name in MODALITIES}
    files = {name: tmp_path / name / "place.zarr.zip" for name in MODALITIES}
    for name, path in files.items():
        write_cube_file(path, arrays[name])
    return files, arrays


@pytest.fixture
def published(tmp_path: Path, make_array: Callable[..., Array]) -> Path:
    """Return a folder of three cubes in the published layout, in two parts."""
    root = tmp_path / "cubes"
    for number, cube in enumerate(("c", "a", "b")):
        for name in MODALITIES:
            part = root / "data" / name / f"part-{number // 2:06d}"
            path = part / f"{cube}.zarr.zip"
            write_cube_file(path, make_array(name, seed=number))
    return root
