from dataclasses import replace

import pytest

from neucobench.errors import UnknownNameError
from neucobench.findings import Finding
from neucobench.reports.page import write_board_page

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(2)>=cmd()'


def test_the_same_board_gives_the_same_bytes(make_board, tmp_path):
    first = write_board_page(make_board(), tmp_path / "a").read_bytes()
    assert write_board_page(make_board(), tmp_path / "b").read_bytes() == first


def test_the_page_loads_nothing(make_board, tmp_path, read_page):
    page = read_page(write_board_page(make_board(), tmp_path))
    assert page.values("src", "srcset") == []
    assert page.count("link") == 0
    links = page.values("href", "xlink:href")
    assert {link for link in links if not link.startswith("#")} == {
        "board.csv",
        "board.json",
    }


def test_every_entry_and_task_is_a_row_and_a_column(make_board, tmp_path, read_page):
    page = read_page(write_board_page(make_board(("first", "second")), tmp_path))
    for text in ("first", "second", "Corn and soybean", "Missing pixels"):
        assert text in page.text
    assert "task:crops" in page.values("data-key")


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("weighted", "summed with weights"),
        ("uniform", "equal weights"),
        ("mean-q", "averaged over the tasks"),
        ("borda", "half a point"),
    ],
)
def test_the_sentence_of_the_rule_is_on_the_page(
    make_board, tmp_path, read_page, rule, text
):
    page = write_board_page(make_board(rule=rule, weights=None), tmp_path)
    assert text in read_page(page).text


def test_an_unknown_rule_is_an_error(make_board, tmp_path):
    with pytest.raises(UnknownNameError):
        write_board_page(make_board(rule="coin"), tmp_path)


def test_unranked_methods_stand_below_with_what_they_lack(
    make_board, tmp_path, read_page
):
    text = read_page(write_board_page(make_board(), tmp_path)).text
    assert text.index("Not ranked") < text.index("partial")
    assert "1 of 2" in text
    assert "lacks a score for crops" in text


def test_a_baseline_has_no_rank_and_the_page_says_why(make_board, tmp_path, read_page):
    board = make_board()
    outside = replace(board.entries[1], rank=None, baseline=True)
    board = replace(board, entries=(board.entries[0], outside))
    text = read_page(write_board_page(board, tmp_path)).text
    assert "baseline" in text
    assert "made without them" in text


def test_baselines_that_count_are_said_to_count(make_board, tmp_path, read_page):
    board = make_board()
    counted = tuple(replace(entry, baseline=True) for entry in board.entries)
    text = read_page(write_board_page(replace(board, entries=counted), tmp_path)).text
    assert "ranked as any other entry" in text


def test_rank_intervals_are_shown_where_they_are_known(make_board, tmp_path, read_page):
    board = make_board()
    plain = read_page(write_board_page(board, tmp_path)).text
    known = tuple(replace(entry, rank_interval=(1, 2)) for entry in board.entries)
    page = read_page(write_board_page(replace(board, entries=known), tmp_path))
    assert "Rank interval" not in plain
    assert "1–2" in page.text


def test_hostile_names_are_text(make_board, tmp_path, read_page):
    page = read_page(write_board_page(make_board((HOSTILE, "two")), tmp_path))
    assert HOSTILE in page.text
    assert page.count("script") == 1
    assert page.values("onerror") == []


def test_a_link_to_an_evaluation_is_relative_and_cannot_run(
    make_board, tmp_path, read_page
):
    board = make_board()
    file = tmp_path / "javascript:alert(1)" / "evaluation.json"
    linked = replace(board.entries[0], evaluation=file)
    board = replace(board, entries=(linked,))
    page = read_page(write_board_page(board, tmp_path))
    assert "javascript%3Aalert%281%29/evaluation.json" in page.values("href")


def test_findings_are_on_the_page(make_board, tmp_path, read_page):
    finding = Finding(code="older-runs", level="info", message="One has 2 runs.")
    board = make_board(findings=(finding,))
    assert "One has 2 runs." in read_page(write_board_page(board, tmp_path)).text


def test_synthetic_results_are_marked(make_board, tmp_path, read_page):
    finding = Finding(code="synthetic", level="info", message="Made by a program.")
    board = make_board(findings=(finding,))
    assert "Synthetic data." in read_page(write_board_page(board, tmp_path)).text


def test_a_board_with_a_card_has_its_title(make_board, tmp_path, read_page):
    text = read_page(write_board_page(make_board(board="not-a-card"), tmp_path)).text
    assert "not-a-card" in text


def test_a_board_on_which_nothing_is_ranked_is_a_page(make_board, tmp_path, read_page):
    board = make_board((), weights=None)
    assert "0 ranked methods" in read_page(write_board_page(board, tmp_path)).text


def test_a_score_that_is_not_known_is_a_dash(make_board, tmp_path):
    board = make_board()
    entry = replace(board.entries[0], mean_score=None)
    page = write_board_page(replace(board, entries=(entry,)), tmp_path).read_text()
    assert '<td class="n" data-value="">–</td>' in page
