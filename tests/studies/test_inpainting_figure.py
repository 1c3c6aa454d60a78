"""The picture of a filled season."""

import numpy as np
import pytest

from neucobench.studies.inpainting_figure import FilledSeason, write_figure


@pytest.fixture
def season():
    """Return a function that makes what is drawn."""

    def make(bands, truth, cover=0.5):
        rng = np.random.default_rng(0)
        clear = rng.uniform(200, 3000, (3, bands, 40, 300)).astype(np.float32)
        clouds = np.zeros((3, 40, 300), bool)
        clouds[1, :, 200:] = True
        if cover == 1:
            clouds[1] = True
        stack = np.where(clouds[:, None], np.float32(9000), clear)
        return FilledSeason(
            stack=stack,
            clouds=clouds,
            filled=clear + np.float32(5),
            truth=clear if truth else None,
            season=1,
            codec="tec-tt",
        )

    return make


@pytest.mark.parametrize("cover", [0.5, 1])
@pytest.mark.parametrize("truth", [True, False])
@pytest.mark.parametrize("bands", [1, 12, 13])
def test_a_png_is_written(tmp_path, season, bands, truth, cover):
    path = write_figure(tmp_path / "a.png", season(bands, truth, cover))
    assert path.read_bytes().startswith(b"\x89PNG")


def test_the_same_season_gives_the_same_bytes(tmp_path, season):
    once, again = (
        write_figure(tmp_path / name, season(12, truth=True)).read_bytes()
        for name in ("a.png", "b.png")
    )
    assert once == again
