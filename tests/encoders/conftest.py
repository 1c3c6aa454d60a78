"""Small cubes made in the test, and the real tiles packed into cubes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from neucobench.data.bands import MODALITIES
from neucobench.data.writer import write_cube_file
from neucobench.encoders.base import CubeBatch

SIZE = 16


def make_arrays(seed: int, *, seasons: int = 4, size: int = SIZE) -> dict:
    """Return (seasons, band, size, size) by modality, as the downstream set has it."""
    rng = np.random.default_rng(seed)
    arrays = {}
    for name, modality in MODALITIES.items():
        shape = (seasons, len(modality.bands), size, size)
        if modality.optical:
            arrays[name] = rng.integers(0, 8000, shape).astype(np.int16)
        else:
            arrays[name] = rng.normal(-12, 4, shape).astype(np.float32)
    return arrays


def write_cube(root: Path, cube_id: str, arrays: dict) -> None:
    """Write one cube in the layout of the downstream set."""
    for name, array in arrays.items():
        folder = root / "data" / name / "part-000000"
        write_cube_file(folder / f"{cube_id}.zarr.zip", array)


@pytest.fixture
def cube_writer():
    """Return the functions that make and write one cube."""
    return make_arrays, write_cube


@pytest.fixture(scope="session")
def cubes(tmp_path_factory) -> Path:
    """Return a folder of twelve sound cubes; tests must not change it."""
    root = tmp_path_factory.mktemp("cubes")
    for seed in range(12):
        write_cube(root, f"{seed:04d}", make_arrays(seed))
    return root


@pytest.fixture
def own_cubes(tmp_path) -> Path:
    """Return a folder of five sound cubes that the test may change."""
    root = tmp_path / "cubes"
    for seed in range(5):
        write_cube(root, f"{seed:04d}", make_arrays(seed))
    return root


@pytest.fixture(scope="session")
def other_cubes(tmp_path_factory) -> Path:
    """Return a folder with the pixels of the first five of ``cubes``, under new ids."""
    root = tmp_path_factory.mktemp("others")
    for seed in range(5):
        write_cube(root, f"other-{seed:04d}", make_arrays(seed))
    return root


@pytest.fixture
def batch() -> CubeBatch:
    """Return a batch of five cubes, as stored in the downstream set."""
    cubes = [make_arrays(seed) for seed in range(5)]
    return CubeBatch(
        ids=tuple(f"{seed:04d}" for seed in range(5)),
        arrays={name: np.stack([cube[name] for cube in cubes]) for name in MODALITIES},
        offsets=dict.fromkeys(MODALITIES, 0),
    )


@pytest.fixture(scope="session")
def temporal_weights(tmp_path_factory) -> dict[str, str]:
    """Return files with random weights, 32 wide, by the codec that they are for."""
    from safetensors.torch import save_file

    folder = tmp_path_factory.mktemp("temporal")
    files = {}
    for codec, bands in (("tec-tt", 12), ("tec-tt-l1c", 13), ("flextec", 12)):
        network = _temporal_network(bands, flexible=codec == "flextec")
        files[codec] = str(folder / f"{codec}.safetensors")
        save_file(network.state_dict(), files[codec], metadata={"heads": "4"})
    return files


def _temporal_network(bands: int, *, flexible: bool):
    """Return a network of random weights whose latents do not all round to zero."""
    import torch

    from neucobench.codecs.temporal.network import TemporalNetwork
    from neucobench.codecs.temporal.sizes import TemporalSizes

    sizes = TemporalSizes(
        bands=bands,
        channels=(8, 8, 8, 64 if flexible else 16),
        width=32,
        heads=4,
        separate_layers=1,
        joint_layers=1,
        decoder_layers=1,
        expansion=2,
        flexible=flexible,
    )
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        network = TemporalNetwork(sizes)
        last = network.transform.analysis_transform.transforms[13]
        factor = 40 / network.analyze(torch.randn(1, 2, bands, 64, 64)).std()
        last.weight *= factor
        last.bias *= factor
    return network


@pytest.fixture(scope="session")
def real_tiles() -> ModuleType:
    """Return the script that packs the real tiles."""
    pytest.importorskip("rasterio")
    script = Path(__file__).with_name("pack_real_tiles.py")
    specification = importlib.util.spec_from_file_location("pack_real_tiles", script)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def terramesh_cubes(shared, real_tiles, tmp_path_factory) -> Path:
    """Return a folder of the three TerraMesh places, four rotations as seasons."""
    if not (shared / "data" / "terramesh").is_dir():
        pytest.skip("the TerraMesh tiles are not in the shared folder")
    return real_tiles.pack_terramesh(shared, tmp_path_factory.mktemp("terramesh"))


@pytest.fixture(scope="session")
def ssl4eo_cubes(shared, real_tiles, tmp_path_factory) -> Path:
    """Return a folder of the three SSL4EO-S12 places, L2A of four real seasons."""
    if not (shared / "data" / "ssl4eo-s12-s2l2a").is_dir():
        pytest.skip("the SSL4EO-S12 tiles are not in the shared folder")
    return real_tiles.pack_ssl4eo(shared, tmp_path_factory.mktemp("ssl4eo"))
