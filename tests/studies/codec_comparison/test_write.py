import csv
import math
from xml.etree import ElementTree

import numpy as np
import pytest

from neucobench.errors import UsageError
from neucobench.studies.codec_comparison.comparison import point_store
from neucobench.studies.codec_comparison.equal_rate import equal_rate_shots
from neucobench.studies.codec_comparison.strip import strip_picture
from neucobench.studies.codec_comparison.style import strokes
from neucobench.studies.codec_comparison.tiles import find_tiles
from neucobench.studies.codec_comparison.write import (
    choose_tile,
    write_comparison,
    write_strip,
)

PICTURES = ("psnr", "ssim", "ms_ssim", "sam", "bands", "seconds")


def rows(out, name):
    with (out / f"{name}.csv").open() as file:
        return list(csv.DictReader(file))


def test_points_hold_what_was_measured(written):
    comparison, out = written
    found = rows(out, "points")
    assert list(found[0]) == [
        *("tile", "codec", "rate", "bits", "bpppc", "mse", "psnr", "ssim", "ms_ssim"),
        *("sam", "mae", "encode_seconds", "decode_seconds", "peak"),
    ]
    assert len(found) == len(comparison.points)
    assert float(found[0]["psnr"]) == comparison.points[0].quality.overall.psnr
    assert {row["peak"] for row in found} == {"10000.0"}


def test_bands_are_counted_from_one_and_their_errors_average_to_the_whole(written):
    comparison, out = written
    first = rows(out, "bands")[:12]
    assert [row["band"] for row in first] == [str(n) for n in range(1, 13)]
    errors = [float(row["mse"]) for row in first]
    whole = comparison.points[0].quality.overall.mse
    assert sum(errors) / 12 == pytest.approx(whole)


def test_the_anchor_is_compared_on_the_means_and_on_each_tile(written):
    found = rows(written[1], "bd_rate")
    assert [row["scope"] for row in found] == ["mean over tiles", "north", "south"]
    assert all(float(row["bd_rate_percent"]) > 0 for row in found)


def test_bits_at_equal_psnr_are_divided_by_those_of_the_anchor(written):
    for row in rows(written[1], "equal_psnr"):
        if row["codec"] == "round" and row["bpppc"]:
            assert float(row["times_fewer_bits"]) == 1


def test_a_level_that_no_curve_reaches_has_empty_cells(written):
    found = {(row["psnr"], row["codec"]): row for row in rows(written[1], "equal_psnr")}
    assert found["33", "round"]["bpppc"] == ""
    assert found["40", "round"]["bpppc"] != ""


def test_the_summary_is_standard_json_and_tells_what_matters(written, read_json):
    summary = read_json(written[1] / "summary.json")
    assert summary["schema"] == "neucobench/codec-comparison/1"
    assert summary["peak"] == 10_000
    assert [tile["name"] for tile in summary["tiles"]] == ["north", "south"]
    curve = summary["codecs"]["round"]["curve"]
    assert [point["rate"] for point in curve] == [50, 100, 200, 400]
    assert summary["codecs"]["round"]["bpppc_at_psnr"]["33"] is None
    assert summary["bd_rate"][0]["scope"] == "mean over tiles"


def test_a_lossless_point_is_null_in_the_summary_and_inf_in_the_table(
    compare, tmp_path, read_json
):
    write_comparison(compare("round", rates={"round": (1, 100)}), tmp_path / "out")
    point = read_json(tmp_path / "out" / "summary.json")["codecs"]["round"]["curve"][0]
    assert point["psnr"] is None
    assert point["lossless"] is True
    assert math.isinf(float(rows(tmp_path / "out", "points")[0]["psnr"]))


def test_one_codec_alone_has_no_anchor_but_itself(compare, tmp_path):
    write_comparison(compare("round"), tmp_path / "out")
    assert rows(tmp_path / "out", "bd_rate") == []


def test_every_figure_states_peak_tile_count_and_credit(written):
    for name in PICTURES:
        text = (written[1] / "figures" / f"{name}.svg").read_text()
        assert "Peak 10,000; 2 tiles. Made in the test." in text, name


def test_figures_are_whole_svg_and_png_files(written):
    for name in PICTURES:
        svg = (written[1] / "figures" / f"{name}.svg").read_text()
        ElementTree.fromstring(svg)
        assert "var(--" not in svg
        png = (written[1] / "figures" / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG")


def test_the_figure_of_psnr_has_units_and_a_log_axis_of_bits(written):
    text = (written[1] / "figures" / "psnr.svg").read_text()
    assert "PSNR (dB)" in text
    assert "bits per pixel, band and season (log scale)" in text


def test_variants_of_a_codec_share_a_color_and_nothing_else():
    found = strokes(["jpeg2000", "jpeg2000-klt", "webp"])
    plain, klt, webp = found.values()
    assert plain.color == klt.color != webp.color
    assert plain.line != klt.line
    assert plain.marker != klt.marker


def test_no_two_of_seventeen_codecs_look_alike():
    names = [f"{stem}-{n}" for stem in "abcdefg" for n in range(4)]
    looks = {(s.color, s.line) for s in strokes(names).values()}
    assert len(looks) == len(names)


@pytest.fixture
def north(written):
    """Return the first tile of the comparison, and its store."""
    comparison, out = written
    tile = find_tiles([out.parent / "tiles"])[0].read()
    return tile, point_store(out, comparison.peak)


def test_codecs_with_a_free_knob_are_tuned_to_the_rate(written, north, fakes):
    comparison, _ = written
    low, high = sorted(p.bpppc for p in comparison.points if p.tile == "north")[3:5]
    target, shots = equal_rate_shots(comparison, *north, target=(low + high) / 2)
    points = [shot.point for shot in shots]
    for point in points:
        assert point.bpppc == pytest.approx(target, rel=0.03)
    assert points[0].quality.overall.psnr > points[1].quality.overall.psnr


def test_a_knob_of_whole_numbers_is_tuned_in_whole_numbers(written, north, fakes):
    fakes.whole = True
    _, shots = equal_rate_shots(written[0], *north, target=2.2)
    for point in (shot.point for shot in shots):
        assert point.rate == int(point.rate)
        assert point.bpppc == pytest.approx(2.2, rel=0.03)


def test_what_was_tried_is_not_tried_again(written, north, fakes):
    comparison, _ = written
    equal_rate_shots(comparison, *north, target=2.2)
    calls = fakes.calls
    _, shots = equal_rate_shots(comparison, *north, target=2.2)
    assert fakes.calls - calls == len(shots)


def test_a_rate_beyond_all_points_shows_the_nearest(written, north, fakes):
    _, shots = equal_rate_shots(written[0], *north, target=1e-4)
    assert [shot.point.rate for shot in shots] == [400, 400]


def test_the_strip_labels_each_codec_with_its_bits_and_decibel(written, north, fakes):
    svg = strip_picture(written[0], *north).svg
    _, shots = equal_rate_shots(written[0], *north)
    assert "original" in svg
    for point in (shot.point for shot in shots):
        decibel = point.quality.overall.psnr
        assert f"{point.bpppc:.3g} bpppc, {decibel:.1f} dB" in svg
    assert "Peak 10,000; 2 tiles" in svg


def test_a_product_that_is_not_known_is_shown_in_gray(
    compare, folder, pixels_of, tmp_path
):
    for name in ("north", "south"):
        np.save(folder / f"{name}.npy", pixels_of(1, bands=3)[0])
    tiles = find_tiles([folder])
    _, svg = write_strip(compare("round"), tiles, tmp_path / "out")
    assert "Band 1" in svg.read_text()


def test_the_strip_is_written_beside_the_other_figures(compare, folder, tmp_path):
    paths = write_strip(compare(), find_tiles([folder]), tmp_path, name="south")
    assert [path.name for path in paths] == ["strip.png", "strip.svg"]
    assert "south" in paths[1].read_text()


def test_a_tile_for_the_strip_that_does_not_exist_is_a_usage_error(folder):
    with pytest.raises(UsageError, match="they are north, south"):
        choose_tile(find_tiles([folder]), "east")
