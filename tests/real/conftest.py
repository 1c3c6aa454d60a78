"""Real inputs, read from the shared folder; tests skip where it is missing."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def alphaearth(shared, tmp_path_factory) -> Path:
    """Return a folder with four embedding files and ``labels/``, 1,440 rows."""
    source = shared / "data" / "alphaearth"
    if not source.is_dir():
        pytest.skip("the AlphaEarth tables are not in the shared folder")
    script = Path(__file__).with_name("alphaearth.py")
    spec = importlib.util.spec_from_file_location("alphaearth_tables", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    out = tmp_path_factory.mktemp("alphaearth")
    table = module.read_tables(source)
    module.write_embedding_files(table, out)
    module.write_label_files(table, out / "labels")
    return out
