from contextlib import contextmanager

import pytest

from neucobench.codecs.card import codec_card
from neucobench.encoders.base import CubeBatch
from neucobench.studies.band_means import BandMeans
from neucobench.studies.demo import CODEC, run_demo


@contextmanager
def silent(_text, _unit):
    yield lambda *_progress: None


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return run_demo(tmp_path_factory.mktemp("demo"), cubes=120, stage=silent)


@pytest.fixture(scope="module")
def demo_with_codec(demo):
    """Return the demo where a codec can be loaded, or skip."""
    if demo.utility is None:
        pytest.skip(demo.without_codec)
    return demo


@pytest.mark.slow
def test_the_demo_ranks_its_methods_and_keeps_the_random_one_outside(demo):
    ranks = {entry.method: entry.rank for entry in demo.board.entries}
    ranked = ["band-means", "mean", "mean-corrected", *["latents"] * bool(demo.utility)]
    assert ranks.pop("random") is None
    assert sorted(ranks) == sorted(ranked)
    assert sorted(ranks.values()) == list(range(1, len(ranked) + 1))


@pytest.mark.slow
def test_the_demo_studies_what_a_bit_is_worth(demo_with_codec):
    study = demo_with_codec.utility
    inputs = [point.input for point in study.swept("rate")]
    rates = len(codec_card(CODEC).rates)
    assert inputs == ["original", *["decoded", "latents"] * rates]
    assert study.cubes == 120
    assert study.synthetic
    assert (study.request.out / "figures" / "rate.png").is_file()


@pytest.mark.slow
def test_without_a_codec_the_demo_goes_the_rest_of_the_way(tmp_path, monkeypatch):
    monkeypatch.setattr("neucobench.studies.demo.CODEC", "no-such-codec")
    demo = run_demo(tmp_path, cubes=20, stage=silent)
    assert demo.utility is None
    assert "no-such-codec" in demo.without_codec
    assert demo.board_page.exists()


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
