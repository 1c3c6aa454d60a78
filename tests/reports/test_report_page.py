import numpy as np
import pytest

from neucobench.data.writer import write_cube_file
from neucobench.errors import ResultError
from neucobench.findings import Finding
from neucobench.reports.page import write_report

HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)> $\\frac{1}{0}$ --> ]]>'
)


@pytest.fixture(scope="module")
def evaluations(make_evaluation):
    return [make_evaluation("good", 0.8), make_evaluation("fair", 0.4, seed=1)]


@pytest.fixture(scope="module")
def plain(evaluations, tmp_path_factory):
    """Write a report without anything special, once."""
    return write_report(evaluations, tmp_path_factory.mktemp("plain"))


def test_the_page_needs_nothing_else(plain, read_page):
    page = read_page(plain)
    links = page.values("src", "href", "xlink:href", "srcset", "data")
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not {"script", "link", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert "@import" not in plain.read_text()
    assert "url(http" not in plain.read_text()


def test_every_task_and_method_is_on_the_page(plain, read_page):
    text = read_page(plain).text
    for name in ("good", "fair", "crops", "ships_presence", "Corn and soybean"):
        assert name in text


def test_facts_are_on_the_page(plain, read_page):
    text = read_page(plain).text
    for fact in ("ab" * 32, "cd" * 32, "neuco-1.1", "1.26.4", "2026-11-20 04:00:00"):
        assert fact in text


def test_hostile_names_are_text(make_evaluation, tmp_path, read_page):
    evaluation = make_evaluation(HOSTILE, failed={HOSTILE: HOSTILE})
    page = read_page(write_report([evaluation], tmp_path))
    assert HOSTILE in page.text
    assert page.count("script") == 0
    assert page.values("onerror") == []


def test_ranks_and_the_rule_come_from_the_board(
    evaluations, make_board, tmp_path, read_page
):
    board = make_board(("fair", "good"))
    text = read_page(write_report(evaluations, tmp_path, board=board)).text
    assert "fair ranks first" in text
    assert "Weighted rank" in text
    assert "Smaller is better" in text


def test_one_method_on_one_task_makes_a_report(make_evaluation, tmp_path, read_page):
    evaluation = make_evaluation("alone", tasks=("crops",))
    assert "alone on 1 task" in read_page(write_report([evaluation], tmp_path)).text


def test_no_evaluation_at_all_is_an_error(tmp_path):
    with pytest.raises(ResultError, match="at least one"):
        write_report([], tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_findings_and_failed_tasks_are_sentences(make_evaluation, tmp_path, read_page):
    finding = Finding(code="missing-ids", level="warning", message="3 cubes lack.")
    evaluation = make_evaluation(findings=(finding,), failed={"nodata": "One class."})
    text = read_page(write_report([evaluation], tmp_path)).text
    assert "3 cubes lack." in text
    assert "One class." in text
    assert "nodata" in text


def test_nothing_noticed_is_said_too(plain, read_page):
    text = read_page(plain).text
    assert "Nothing was noticed" in text


def test_missing_predictions_are_said(make_evaluation, tmp_path, read_page):
    none = [make_evaluation(predictions=False)]
    assert "no predictions" in read_page(write_report(none, tmp_path)).text


def test_a_method_without_predictions_is_named(make_evaluation, tmp_path, read_page):
    both = [make_evaluation("a"), make_evaluation("b", predictions=False)]
    text = read_page(write_report(both, tmp_path)).text
    assert "Without stored predictions: b." in text


def test_synthetic_data_is_marked(make_evaluation, tmp_path, read_page):
    made = make_evaluation(prefix="synthetic-")
    assert "Synthetic data." in read_page(write_report([made], tmp_path)).text


def test_real_data_is_not_marked(plain, read_page):
    assert "Synthetic" not in read_page(plain).text


def test_a_hopeless_method_is_clipped_and_said_so(make_evaluation, tmp_path, read_page):
    evaluations = [make_evaluation("good", 0.8), make_evaluation("bad", -60)]
    text = read_page(write_report(evaluations, tmp_path)).text
    assert "The axis stops at" in text
    assert "Empty triangles" in text


def test_an_evaluation_that_is_not_finite_makes_a_report(make_evaluation, tmp_path):
    score = make_evaluation().tasks["crops"]
    nan = float("nan")
    broken = {
        **vars(score),
        "scores": (nan,) * 8,
        "mean": nan,
        "std": nan,
        "q": nan,
    }
    evaluation = make_evaluation(
        tasks=("crops",), mean_q=nan, mean_score=nan, predictions=False
    )
    object.__setattr__(evaluation, "tasks", {"crops": type(score)(**broken)})
    page = write_report([evaluation], tmp_path).read_text()
    assert "8 of them have no finite score" in page


def test_evaluations_that_do_not_belong_together_are_called_out(
    make_evaluation, tmp_path, read_page
):
    evaluations = [make_evaluation("a", folds=8), make_evaluation("b", folds=9)]
    text = read_page(write_report(evaluations, tmp_path)).text
    assert "Compare with care." in text


def test_cubes_are_pictured_inside_the_page(evaluations, tmp_path, read_page):
    array = np.full((4, 12, 8, 8), 900, np.int16)
    write_cube_file(tmp_path / "cubes" / "s2l2a" / "one.zarr.zip", array)
    page = read_page(
        write_report(evaluations, tmp_path / "report", cubes=tmp_path / "cubes")
    )
    assert page.count("img") == 4
    assert all(source.startswith("data:image/png") for source in page.values("src"))
    assert "one" in page.text
    assert "Copernicus Sentinel data" in page.text


def test_synthetic_cubes_are_marked(evaluations, tmp_path, read_page):
    array = np.full((1, 12, 8, 8), 900, np.int16)
    write_cube_file(tmp_path / "cubes" / "s2l2a" / "synthetic-1.zarr.zip", array)
    path = write_report(evaluations, tmp_path / "report", cubes=tmp_path / "cubes")
    text = read_page(path).text
    assert "These cubes are synthetic." in text
    assert "Copernicus" not in text


def test_the_figures_are_also_png_files(plain):
    names = sorted(path.name for path in (plain.parent / "figures").iterdir())
    assert names == [
        "folds-crops.png",
        "folds-ships_presence.png",
        "predictions-crops.png",
        "predictions-ships_presence.png",
        "q.png",
    ]


def test_figures_of_an_earlier_report_do_not_stay(make_evaluation, tmp_path):
    old, new = (
        make_evaluation(tasks=(task,), predictions=False)
        for task in ("nodata", "crops")
    )
    write_report([old], tmp_path)
    write_report([new], tmp_path)
    assert not (tmp_path / "figures" / "folds-nodata.png").exists()


def test_the_same_evaluations_give_the_same_page(plain, evaluations, tmp_path):
    assert write_report(evaluations, tmp_path).read_bytes() == plain.read_bytes()
