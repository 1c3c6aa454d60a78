from contextlib import contextmanager

import pytest

from neucobench.encoders.base import CubeBatch
from neucobench.studies.band_means import BandMeans
from neucobench.studies.demo import run_demo


@contextmanager
def silent(_text, _unit):
    yield lambda *_progress: None


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return run_demo(tmp_path_factory.mktemp("demo"), cubes=120, stage=silent)


@pytest.mark.slow
def test_the_demo_ranks_its_methods_and_keeps_the_random_one_outside(demo):
    ranks = {entry.method: entry.rank for entry in demo.board.entries}
    assert sorted(ranks) == ["band-means", "mean", "mean-corrected", "random"]
    assert ranks.pop("random") is None
    assert sorted(ranks.values()) == [1, 2, 3]


@pytest.mark.slow
def test_the_demo_scores_all_fourteen_tasks(demo):
    assert len(demo.board.tasks) == 14


@pytest.mark.slow
def test_the_demo_s_pages_say_that_the_data_is_synthetic(demo):
    for page in (demo.board_page, demo.report):
        assert "Synthetic data." in page.read_text()


@pytest.mark.slow
def test_the_demo_s_report_opens_offline(demo):
    assert 'src="http' not in demo.report.read_text()


@pytest.mark.slow
def test_the_smallest_demo_says_which_scores_are_missing(tmp_path):
    demo = run_demo(tmp_path, cubes=20, stage=silent)
    assert not demo.board.entries
    assert all("ships_row" in item.missing for item in demo.board.unranked)
    assert demo.report.exists()


def test_band_means_are_zero_for_a_cube_of_the_statistics_mean():
    import numpy as np

    from neucobench.data.bands import SSL4EO_S12_V11

    arrays = {}
    for name, statistics in SSL4EO_S12_V11.items():
        values = np.array(statistics.mean) - statistics.offset
        shape = (1, 4, len(values), 2, 2)
        arrays[name] = np.broadcast_to(values[None, None, :, None, None], shape)
    batch = CubeBatch(ids=("a",), arrays=arrays, offsets=dict.fromkeys(arrays, 0))
    np.testing.assert_allclose(BandMeans().encode(batch), 0, atol=1e-6)
