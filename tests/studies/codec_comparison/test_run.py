import numpy as np
import pytest

from neucobench.codecs.rate_distortion import bits_per_pixel_band
from neucobench.errors import (
    CodecError,
    MissingExtraError,
    UnknownNameError,
    UsageError,
)
from neucobench.studies.codec_comparison.curves import MEAN


def bits_of(comparison):
    return [(p.tile, p.codec, p.rate, p.bits) for p in comparison.points]


def numbers_of(comparison):
    """Return everything about the points but the seconds; text, as NaN is not NaN."""
    qualities = [repr(point.quality) for point in comparison.points]
    return list(zip(bits_of(comparison), qualities, strict=True))


def test_every_codec_is_measured_at_every_rate_on_every_tile(compare):
    found = compare()
    assert len(found.points) == 2 * 4 * 2
    assert found.codecs == ("round", "round-wasteful")
    assert [point.rate for point in found.means[:4]] == [50, 100, 200, 400]


def test_bits_are_those_of_the_streams(compare):
    point = compare("round").points[0]
    assert point.bits % 8 == 0
    assert point.bpppc == bits_per_pixel_band(point.bits, (1, 12, 48, 48))


def test_a_step_costs_what_rounding_costs(compare):
    # The error of rounding to a step is even between -step / 2 and step / 2.
    errors = {p.rate: p.quality.overall.mse for p in compare("round").points}
    assert errors[100] == pytest.approx(100**2 / 12, rel=0.05)


def test_bytes_that_say_nothing_are_seen_as_a_worse_rate(compare):
    row = compare().bjontegaard[0]
    assert (row.codec, row.anchor, row.scope) == ("round-wasteful", "round", MEAN)
    assert row.found.rate > 1
    assert row.found.quality < 0


def test_the_anchor_can_be_chosen(compare):
    found = compare(anchors=("round-wasteful",))
    assert found.anchors == ("round-wasteful",)
    assert found.bjontegaard[0].found.rate < -1


def test_means_are_over_tiles(compare):
    found = compare("round")
    values = [p.quality.overall.psnr for p in found.points if p.rate == 50]
    assert found.means[0].quality.psnr == pytest.approx(np.mean(values))


def test_the_rates_of_a_codec_can_be_given(compare):
    found = compare(rates={"round": (30, 60)})
    rates = [point.rate for point in found.means]
    assert rates == [30, 60, 50, 100, 200, 400]


def test_checkpoints_say_which_rates_are_compared(compare, fakes):
    found = compare("round", weights={("round", 70.0): "mine.pt"})
    assert [point.rate for point in found.means] == [70]
    assert {codec.weights for codec in fakes.made} == {"mine.pt"}


def test_weights_of_a_codec_that_is_not_compared_are_a_usage_error(compare):
    with pytest.raises(UsageError, match="--weights are given for tec-fp"):
        compare(weights={("tec-fp", 10.0): "mine.pt"})


def test_the_same_command_measures_nothing_twice(compare, fakes):
    first = compare()
    fakes.made.clear()
    second = compare()
    assert fakes.calls == 0
    assert second.known == len(second.points)
    assert numbers_of(second) == numbers_of(first)


def test_a_run_goes_on_from_where_it_was_killed(compare, fakes):
    def kill(done, total):
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(advance=kill)
    assert compare().known == 5


def test_a_damaged_point_is_measured_again(compare, tmp_path):
    compare()
    damaged = sorted((tmp_path / "out" / "points").iterdir())[0]
    damaged.write_text("{")
    assert compare().known == 15


def test_another_peak_is_another_point(compare):
    compare()
    assert compare(peak=5000).known == 0


def test_several_workers_find_the_same(compare, tmp_path):
    one = compare(out=tmp_path / "one")
    three = compare(out=tmp_path / "three", workers=3)
    assert numbers_of(three) == numbers_of(one)


def test_progress_ends_at_the_number_of_points(compare):
    seen = []
    compare(advance=lambda *progress: seen.append(progress))
    assert seen[-1] == (16, 16)


def test_a_codec_whose_package_is_missing_is_left_out_and_said(compare):
    found = compare("round", "round-lost")
    assert found.codecs == ("round",)
    assert "lost-package" in found.left_out["round-lost"]


def test_a_missing_package_is_an_error_where_there_is_no_other_codec(compare):
    with pytest.raises(MissingExtraError, match="lost-package"):
        compare("round-lost")


def test_a_codec_that_cannot_take_the_tiles_is_left_out_with_the_tile(
    compare, folder, pixels_of, fakes, monkeypatch
):
    np.save(folder / "north.npy", pixels_of(1, bands=5)[0])
    np.save(folder / "south.npy", pixels_of(2, bands=5)[0])
    with pytest.raises(CodecError, match=r"None of the codecs .* north: It takes no"):
        compare()


def test_tiles_of_two_products_are_refused(compare, folder, pixels_of):
    np.save(folder / "west.npy", pixels_of(3, bands=13)[0])
    with pytest.raises(CodecError, match="south has 12 and west has 13"):
        compare()


def test_an_unknown_codec_is_a_usage_error(compare):
    with pytest.raises(UnknownNameError, match="'round'"):
        compare("rund")


def test_an_anchor_that_is_not_compared_is_a_usage_error(compare):
    with pytest.raises(UsageError, match="--anchor jpeg2000 is not compared"):
        compare(anchors=("jpeg2000",))


def test_rates_of_a_codec_that_is_not_compared_are_a_usage_error(compare):
    with pytest.raises(UsageError, match="--rates are given for webp"):
        compare(rates={"webp": (1,)})


def test_a_codec_that_is_named_twice_is_a_usage_error(compare):
    with pytest.raises(UsageError, match="each once"):
        compare("round", "round")


def test_gaps_and_values_beyond_the_peak_are_counted(compare, folder, pixels_of):
    pixels = pixels_of(1).astype(np.float32)[0]
    pixels[0, 0, :3] = np.nan
    pixels[1, 0, 0] = 20_000
    np.save(folder / "north.npy", pixels)
    north = compare("round").tiles[0]
    assert (north.without_data, north.beyond_peak) == (3, 1)


def test_quality_is_that_of_valid_pixels_only(compare, folder, pixels_of):
    pixels = pixels_of(1).astype(np.float32)[0]
    np.save(folder / "south.npy", pixels)
    pixels[:, :8] = np.nan
    np.save(folder / "north.npy", pixels)
    north, south = compare("round", rates={"round": (400,)}).points
    assert north.bits < south.bits
    assert north.quality.overall.mse == pytest.approx(
        south.quality.overall.mse, rel=0.1
    )
