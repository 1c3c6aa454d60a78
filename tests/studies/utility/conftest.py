"""A small sample world, and studies of it with codecs that are made in the test."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from neucobench.data.sample import make_sample_world
from neucobench.studies.utility.request import UtilityRequest, codec_settings
from neucobench.studies.utility.run import study_utility

TASKS = ("clouds_reg", "landcover_forest")


class Stages:
    """Remember what was reported."""

    def __init__(self):
        self.steps = {}

    @contextmanager
    def __call__(self, text, unit):
        seen = self.steps.setdefault(text, [])
        yield lambda done, total: seen.append((done, total, unit))


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    """Return a sample world of 40 cubes of 32 px; tests must not change it."""
    folder = tmp_path_factory.mktemp("world")
    make_sample_world(folder, cubes=40, size=32)
    return folder


def base_request(world, out):
    return UtilityRequest(
        cubes=world,
        labels=world / "labels",
        out=out,
        settings=codec_settings(["blocks"], rates={"blocks": [10, 1000]}),
        tasks=TASKS,
        dims=(8,),
        storages=("float32", "binary"),
    )


@pytest.fixture(scope="session")
def finished(world, registered_codecs, tmp_path_factory):
    """Return a finished study of two rates; tests must not change its folder."""
    folder = tmp_path_factory.mktemp("finished")
    with registered_codecs(folder / "content"):
        return study_utility(base_request(world, folder / "out"), stage=Stages())


@pytest.fixture
def study(world, block_codecs, tmp_path):
    """Return a function that runs a small study; keywords change what it is asked."""

    def run(stage=None, **changes):
        small = {
            "settings": codec_settings(["blocks"], rates={"blocks": [10]}),
            "dims": (400,),
        }
        small |= {"storages": ("float32",)} | changes
        request = replace(base_request(world, tmp_path / "utility"), **small)
        return study_utility(request, stage=stage or Stages())

    return run


@pytest.fixture
def stages():
    """Return a recorder of progress."""
    return Stages()
