"""The exported site: what phases reveal, the server's numbers, the same bytes."""

import csv
import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest

from neucobench.errors import InputError
from neucobench.leaderboard.board import build_board
from neucobench.leaderboard.history import read_states
from neucobench.leaderboard.published import read_published
from neucobench.server.boards.history import record_standing
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import phase_of
from neucobench.server.operations.export import export_site
from neucobench.server.refusals import NotFound
from neucobench.server.tables import Announcement, Submission

HOSTILE = ("=cmd|' /C calc'!A0", '<img src=x onerror="x()">', "../../etc/passwd", "..")


@pytest.fixture
def server(sqlite_context, make, two_tasks):
    """Return what fills a server, with a phase that reveals everything."""
    filled = make.Filled(sqlite_context)
    filled.challenge()
    return filled


def _blind(sqlite_context, make, reveals="mean-q"):
    filled = make.Filled(sqlite_context)
    filled.challenge(reveals=reveals)
    return filled


def _texts(out):
    return {
        path.relative_to(out).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_the_site_has_a_first_page_boards_rules_and_history(server, tmp_path):
    server.submission("Ada", "first", (20.0, 10.5))
    report = export_site(server.context, tmp_path / "site")
    place = "water/test"
    assert {
        "index.html",
        ".nojekyll",
        f"{place}/index.html",
        f"{place}/board.csv",
        f"{place}/board.json",
        f"{place}/board.md",
        f"{place}/rules.html",
        f"{place}/history.csv",
    } <= set(report.files)
    index = (tmp_path / "site" / "index.html").read_text()
    assert "&lt;b&gt;Now&lt;/b&gt;" in index
    rules = (tmp_path / "site" / place / "rules.html").read_text()
    assert "at most 4 dimensions" in rules
    assert "9 in all" in rules


def test_the_page_of_a_board_leads_to_the_other_pages(server, tmp_path):
    export_site(server.context, tmp_path / "site")
    page = (tmp_path / "site/water/test/index.html").read_text()
    for place in ("../../index.html", "rules.html", "history.csv"):
        assert f'href="{place}"' in page


def test_the_page_of_a_board_is_headed_by_the_challenge_and_its_phase(server, tmp_path):
    export_site(server.context, tmp_path)
    page = (tmp_path / "water/test/index.html").read_text()
    phase = phase_of(server.context, "test")
    assert f"<h1>{phase.title}, test</h1>" in page
    assert phase.card.description in page
    assert f"evaluated under {phase.card.protocol}" in page


def test_every_link_of_the_site_is_relative_and_leads_somewhere(server, tmp_path):
    for number, method in enumerate(["100%", "a b?c#d", "plain"]):
        server.submission(f"team {number}", method, (20.0 + number, 10.5))
    export_site(server.context, tmp_path / "site")
    from urllib.parse import unquote

    found = 0
    for page in (tmp_path / "site").rglob("*.html"):
        text = page.read_text()
        for link in re.findall(r'(?:href|src)="([^"]*)"', text):
            assert "://" not in link
            assert not link.startswith("/")
            target = unquote(link.partition("#")[0])
            assert not target or (page.parent / target).exists(), (page, link)
            found += 1
    assert found > 10


def test_board_build_over_the_results_gives_the_numbers_of_the_server(
    server, tmp_path, two_tasks
):
    server.submission("Ada", "same", (20.123456789, 10.5))
    server.submission("Bea", "same", (21.0, 9.25))
    server.submission("Cy", HOSTILE[2], (1.0, 30.0))
    export_site(server.context, tmp_path / "site")
    shown = standing(server.context, phase_of(server.context, "test")).board
    built = build_board(
        tmp_path / "site" / "water" / "test" / "results", board="water", phase="test"
    )
    keys = ("rank", "method", "score", "mean_q", "mean_score", "tasks", "rank_interval")
    rows = [{k: row[k] for k in keys} for row in shown.as_dict()["entries"]]
    again = [{k: row[k] for k in keys} for row in built.as_dict()["entries"]]
    assert rows == again
    assert shown.weights == built.weights
    assert {row["method"] for row in rows} == {"same (Ada)", "same (Bea)", HOSTILE[2]}


def test_the_results_say_how_their_board_is_made_with_its_baselines(server, tmp_path):
    server.submission("Ada", "first", (20.0, 10.5))
    server.submission("Bea", "second", (10.0, 40.5))
    server.submission("Host", "plain base", (15.0, 30.5), baseline=True)
    export_site(server.context, tmp_path / "site")
    results = tmp_path / "site" / "water" / "test" / "results"
    words = shlex.split((results / "README.md").read_text().splitlines()[-1])
    assert words[:4] == ["neucobench", "board", "build", "."]
    options = dict(zip(words[4::2], words[5::2], strict=True))
    built = build_board(
        results,
        board=options["--board"],
        phase=options["--phase"],
        baselines=[options["--baseline"]],
    )
    board = json.loads((results.parent / "board.json").read_text())
    again = built.as_dict(results.parent)
    assert board == again
    assert [row["rank"] for row in board["entries"]].count(None) == 1


def test_the_exported_board_points_to_its_evaluations(server, tmp_path):
    server.submission("Ada", "first", (20.0, 10.5))
    export_site(server.context, tmp_path / "site")
    folder = tmp_path / "site" / "water" / "test"
    board = json.loads((folder / "board.json").read_text())
    evaluation = json.loads((folder / board["entries"][0]["evaluation"]).read_text())
    assert evaluation["mean_q"] == board["entries"][0]["mean_q"] == 15.25


def test_exported_twice_nothing_changes(filled, tmp_path, two_tasks):
    record_standing(filled.context, phase_of(filled.context, "test"))
    first = export_site(filled.context, tmp_path / "site")
    before = _texts(tmp_path / "site")
    again = export_site(filled.context, tmp_path / "site")
    assert (first.written, first.removed) == (len(first.files), 0)
    assert (again.written, again.removed) == (0, 0)
    assert _texts(tmp_path / "site") == before
    export_site(filled.context, tmp_path / "other")
    assert _texts(tmp_path / "other") == before


def test_private_withdrawn_and_unscored_submissions_are_nowhere_in_it(server, tmp_path):
    server.submission("Ada", "shown-method", (20.0, 10.5))
    server.submission("Bea", "private-method", (30.0, 10.5), public=False)
    server.submission("Cy", "withdrawn-method", (40.0, 10.5), status="withdrawn")
    server.submission("Di", "queued-method", None, status="queued", scored=None)
    server.submission("Ed", "failed-method", None, status="failed", scored=None)
    record_standing(server.context, phase_of(server.context, "test"))
    export_site(server.context, tmp_path / "site")
    text = "".join(_texts(tmp_path / "site").values())
    assert "shown-method" in text
    for word in ("private", "withdrawn", "queued", "failed"):
        assert f"{word}-method" not in text
    for team in ("Bea", "Cy", "Di", "Ed"):
        assert team not in text


def test_what_is_withdrawn_later_goes_from_the_folder(server, tmp_path):
    server.submission("Ada", "stays", (20.0, 10.5))
    gone = server.submission("Bea", "goes", (30.0, 10.5))
    out = tmp_path / "site"
    export_site(server.context, out)
    (out / "CNAME").write_text("challenge.example.org")
    assert (out / "water" / "test" / "results" / "goes").is_dir()
    with server.context.database.write() as session:
        session.get(Submission, gone).status = "withdrawn"
        session.get(Submission, gone).phase.revision += 1
    report = export_site(server.context, out)
    assert report.removed == 2
    assert not (out / "water" / "test" / "results" / "goes").exists()
    assert (out / "CNAME").read_text() == "challenge.example.org"


@pytest.mark.parametrize("reveals", ["mean-q", "coded-tasks"])
def test_a_blind_phase_has_a_published_board_and_no_results(
    sqlite_context, make, two_tasks, tmp_path, reveals
):
    filled = _blind(sqlite_context, make, reveals)
    filled.submission("Ada", "first", (20.1234567, 10.7654321))
    record_standing(sqlite_context, phase_of(sqlite_context, "test"))
    export_site(sqlite_context, tmp_path / "site")
    folder = tmp_path / "site" / "water" / "test"
    assert not (folder / "results").exists()
    published = read_published(folder / "water-test.json")
    assert [row.mean_q for row in published.rows] == [15.444]


@pytest.mark.parametrize("reveals", ["mean-q", "coded-tasks"])
def test_a_blind_phase_leaves_nothing_about_labels_or_tasks(
    sqlite_context, make, two_tasks, tmp_path, reveals
):
    filled = _blind(sqlite_context, make, reveals)
    filled.submission("Ada", "first", (20.1234567, 10.7654321))
    record_standing(sqlite_context, phase_of(sqlite_context, "test"))
    export_site(sqlite_context, tmp_path / "site")
    text = "".join(_texts(tmp_path / "site").values())
    for secret in ("1" * 64, "2" * 64, "20.1234567", "10.7654321", "15.44444"):
        assert secret not in text
    for task in ("crops", "nodata", "Crops", "ids.txt", "0.25"):
        assert task not in text


def test_the_history_replays(server, tmp_path):
    server.submission("Ada", "first", (20.0, 10.5))
    record_standing(server.context, phase_of(server.context, "test"))
    export_site(server.context, tmp_path / "site")
    states = read_states(tmp_path / "site" / "water" / "test" / "history.csv")
    assert [list(state.rows) for state in states] == [["Ada"]]
    assert states[0].rows["Ada"].mean_q == 15.25


def test_names_cannot_leave_the_folder_and_are_not_run_by_a_spreadsheet(
    server, tmp_path
):
    for number, name in enumerate(HOSTILE):
        server.submission(name, name, (20.0 + number, 10.5))
    record_standing(server.context, phase_of(server.context, "test"))
    out = tmp_path / "deep" / "site"
    export_site(server.context, out)
    assert [path.name for path in tmp_path.iterdir() if path.name == "etc"] == []
    assert [path.name for path in out.parent.iterdir()] == ["site"]
    folder = out / "water" / "test"
    for name in ("board.csv", "history.csv"):
        with (folder / name).open(newline="") as file:
            cells = [cell for row in csv.reader(file) for cell in row]
        assert f"'{HOSTILE[0]}" in cells
        assert not any(cell.startswith(("=", "@")) for cell in cells)
    assert "<img src=x" not in "".join(
        text for name, text in _texts(out).items() if name.endswith(".html")
    )


def test_a_method_card_holds_any_text(server, tmp_path):
    hostile = "quote \" back \\ line\nend\x7f\x00 \"\" '''"
    server.submission("Ada", "first", (20.0, 10.5), card={"description": hostile})
    export_site(server.context, tmp_path / "site")
    card = next((tmp_path / "site").rglob("method.toml"))
    found = tomllib.loads(card.read_text(encoding="utf-8"))
    assert found["description"] == hostile
    assert (found["team"], found["verified"]) == ("Ada", False)


def test_a_withdrawn_announcement_is_not_in_it(server, tmp_path):
    with server.context.database.write() as session:
        session.query(Announcement).one().withdrawn = server.context.clock()
    export_site(server.context, tmp_path / "site")
    assert "It is on." not in (tmp_path / "site" / "index.html").read_text()


def test_one_phase_can_be_exported_alone(server, tmp_path):
    report = export_site(server.context, tmp_path / "site", phase="test")
    assert report.phases == 1
    with pytest.raises(NotFound):
        export_site(server.context, tmp_path / "other", phase="nothing")
    assert not (tmp_path / "other").exists()


def test_a_site_is_never_written_where_cards_are(server, checkout, two_tasks):
    for root in (checkout, two_tasks):
        for place in ("leaderboard", "leaderboard/boards/x", "tasks/../tasks"):
            with pytest.raises(InputError, match="a site is built elsewhere"):
                export_site(server.context, Path(root) / place)
    assert not (checkout / "leaderboard" / "boards" / "x").exists()


def test_a_file_that_is_not_the_sites_is_never_replaced(server, tmp_path):
    out = tmp_path / "site"
    out.mkdir()
    (out / "index.html").write_text("mine")
    with pytest.raises(InputError, match="not of an earlier export"):
        export_site(server.context, out)
    assert _texts(out) == {"index.html": "mine"}


@pytest.mark.parametrize(
    "listed", ["nothing", '{"schema": "neucobench/export/1", "files": ["../x"]}']
)
def test_a_list_that_is_not_ours_is_refused(server, tmp_path, listed):
    out = tmp_path / "site"
    out.mkdir()
    (tmp_path / "x").write_text("mine")
    (out / "export.json").write_text(listed)
    with pytest.raises(InputError, match="not the list of an exported site"):
        export_site(server.context, out)
    assert (tmp_path / "x").read_text() == "mine"


def test_an_export_that_was_killed_is_completed_by_the_next(
    server, tmp_path, monkeypatch
):
    from neucobench.server.operations import site_folder

    server.submission("Ada", "first", (20.0, 10.5))
    plain, seen = site_folder.write_text, []

    def stop(path, text):
        seen.append(path)
        if len(seen) == 5:
            raise KeyboardInterrupt
        plain(path, text)

    monkeypatch.setattr(site_folder, "write_text", stop)
    with pytest.raises(KeyboardInterrupt):
        export_site(server.context, tmp_path / "site")
    monkeypatch.undo()
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path / "content"))
    export_site(server.context, tmp_path / "site")
    export_site(server.context, tmp_path / "other")
    assert _texts(tmp_path / "site") == _texts(tmp_path / "other")
    assert {path.name for path in tmp_path.iterdir()} >= {"site", "other"}
    assert list(tmp_path.glob(".neucobench-*")) == []
