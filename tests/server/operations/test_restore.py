"""Restoring: the same rows and files, across databases and versions, or nothing."""

import io
import json
import stat
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, inspect, text

from neucobench.errors import InputError
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import phase_of
from neucobench.server.challenges.quota import quota
from neucobench.server.context import open_context
from neucobench.server.database.engine import Database
from neucobench.server.database.schema import current_revision, head_revision, upgrade
from neucobench.server.operations.backup import back_up
from neucobench.server.operations.manifest import MEMBER
from neucobench.server.operations.restore import restore
from neucobench.server.operations.rows import stored_tables
from neucobench.server.settings import Settings
from neucobench.server.submissions.queue import recover
from neucobench.server.tables import Job, Submission, Team


@pytest.fixture
def backup(filled_sqlite, tmp_path):
    """Return a backup of a filled server on SQLite."""
    back_up(filled_sqlite.context.settings, tmp_path / "backup.tar")
    return tmp_path / "backup.tar"


def _files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "sqlite" not in path.name
    }


def test_a_restored_server_has_the_same_rows_and_files(
    filled, tmp_path, settings_at, rows_of
):
    back_up(filled.context.settings, tmp_path / "backup.tar")
    settings = settings_at("again")
    restore(tmp_path / "backup.tar", settings)
    assert rows_of(settings.database) == rows_of(filled.context.settings.database)
    assert _files(settings.folder) == _files(filled.context.settings.folder)


@pytest.mark.postgres
def test_from_sqlite_to_postgres_and_back_every_row_is_equal(
    backup, tmp_path, settings_at, rows_of, postgres_url, filled_sqlite
):
    there = settings_at("there", postgres_url)
    restore(backup, there)
    assert rows_of(postgres_url) == rows_of(filled_sqlite.context.settings.database)
    back_up(there, tmp_path / "second.tar")
    back = settings_at("back")
    restore(tmp_path / "second.tar", back)
    assert rows_of(back.database) == rows_of(filled_sqlite.context.settings.database)


@pytest.mark.postgres
def test_rows_added_after_a_restore_get_new_numbers(backup, settings_at, postgres_url):
    settings = settings_at("there", postgres_url)
    restore(backup, settings)
    context = open_context(settings)
    with context.database.write() as session:
        session.add(Team(name="new", created=context.clock()))
    with context.database.read() as session:
        ids = [team.id for team in session.query(Team)]
    context.database.dispose()
    assert sorted(ids) == [1, 2, 3]


def test_quota_and_scores_are_as_they_were(filled, tmp_path, settings_at, two_tasks):
    def facts(context):
        phase = phase_of(context, "test")
        with context.database.read() as session:
            quotas = [
                quota(session, phase, team.id, context.clock())
                for team in session.query(Team).order_by(Team.id)
            ]
        return quotas, standing(context, phase).board.as_dict()

    back_up(filled.context.settings, tmp_path / "backup.tar")
    settings = replace(settings_at("again"), clock=filled.context.clock)
    restore(tmp_path / "backup.tar", settings)
    again = open_context(settings)
    quotas, board = facts(again)
    assert (quotas, board) == facts(filled.context)
    assert [item.used + item.waiting for item in quotas] == [2, 1]
    assert len(board["entries"]) == 2
    again.database.dispose()


def test_what_was_running_is_queued_again_at_the_next_start(backup, settings_at):
    settings = settings_at("again")
    restore(backup, settings)
    context = open_context(settings)
    assert recover(context) == 1
    with context.database.read() as session:
        assert {job.status for job in session.query(Job)} == {"done", "queued"}
        waiting = session.query(Submission).filter_by(method="waiting").one()
        assert waiting.status == "queued"
    context.database.dispose()


def test_a_backup_of_an_older_version_is_brought_up_to_date(
    url, tmp_path, settings_at, rows_of
):
    older = _server_at_0002(url, tmp_path / "older")
    report = back_up(older, tmp_path / "backup.tar")
    assert report.manifest.revision == "0002"
    settings = settings_at("again")
    found = restore(tmp_path / "backup.tar", settings)
    assert found.revision == head_revision()
    rows = rows_of(settings.database)
    submission = json.loads(rows["submissions"][0])
    assert (submission["verified"], submission["host_message"]) == (False, "")
    score = json.loads(rows["scores"][0])
    assert score["mean_q"] == 12.123456789012345
    assert rows["standings"] == []


def test_making_a_backup_leaves_an_older_database_as_it_is(url, tmp_path):
    older = _server_at_0002(url, tmp_path / "older")
    back_up(older, tmp_path / "backup.tar")
    database = Database(url)
    assert current_revision(database) == "0002"
    database.dispose()


def _server_at_0002(url, folder):
    """Return the settings of a server as an older version has left it."""
    rows = {
        "teams": {"id": 1, "name": "Ada", "created": "moment"},
        "users": {"id": 1, "name": "ada", "role": "admin", "created": "moment"},
        "challenges": {"id": 1, "name": "water", "card": {}, "created": "moment"},
        "phases": {
            "id": 1, "challenge_id": 1, "key": "test", "name": "test", "settings": {},
            "labels": "x", "ids": "y", "codes": {"crops": "task-01"}, "revision": 0,
        },
        "files": {
            "digest": "d" * 64, "ending": ".csv", "bytes": 1, "created": "moment",
        },
        "submissions": {
            "id": "a" * 32, "phase_id": 1, "team_id": 1, "user_id": 1, "method": "m",
            "public": True, "baseline": False, "chosen": False, "transductive": False,
            "card": {}, "file_digest": "d" * 64, "file_name": "f", "rows": 1, "dims": 1,
            "bytes_per_vector": 4, "findings": [], "status": "scored", "message": "",
            "created": "moment",
        },
        "jobs": {
            "id": 1, "submission_id": "a" * 32, "kind": "score", "status": "done",
            "attempt": 1, "crashes": 0, "created": "moment", "message": "",
        },
        "scores": {
            "id": 1, "submission_id": "a" * 32, "version": 1, "job_id": 1,
            "scorer": "0.0.9", "created": "moment", "evaluation": {"tasks": {}},
            "mean_q": 12.123456789012345,
        },
    }  # fmt: skip
    settings = Settings(folder=folder, database=url)
    (folder / "challenges").mkdir(parents=True)
    (folder / "secret").write_text("ab" * 32)
    database = Database(url)
    upgrade(database, "0002")
    with database.engine.begin() as connection:
        tables = {table.name: table for table in stored_tables(connection)}
        for name, row in rows.items():
            moment = settings.clock()
            content = {k: moment if v == "moment" else v for k, v in row.items()}
            connection.execute(insert(tables[name]), [content])
    database.dispose()
    return settings


def test_restored_folders_and_files_are_private(backup, settings_at):
    settings = settings_at("again")
    restore(backup, settings)
    label = settings.challenges / "water" / "test" / "labels" / "crops__regr.csv"
    assert stat.S_IMODE(label.stat().st_mode) == 0o600
    folders = (settings.folder, settings.challenges, label.parent)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert stat.S_IMODE((settings.folder / "secret").stat().st_mode) == 0o600


def test_a_folder_with_anything_in_it_is_refused(backup, settings_at):
    settings = settings_at("again")
    settings.folder.mkdir()
    (settings.folder / "note").write_text("mine")
    with pytest.raises(InputError, match="is not empty"):
        restore(backup, settings)
    assert [path.name for path in settings.folder.iterdir()] == ["note"]


def test_a_database_with_tables_is_refused_and_kept(backup, settings_at, other_url):
    database = Database(other_url)
    with database.engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (id INTEGER)"))
    with pytest.raises(InputError, match="'mine' among them"):
        restore(backup, settings_at("again", other_url))
    assert inspect(database.engine).get_table_names() == ["mine"]
    database.dispose()


def _changed(backup, tmp_path, change):
    """Return a copy of a backup in which a function has changed the members."""
    with tarfile.open(backup) as archive:
        members = [(item, archive.extractfile(item).read()) for item in archive]
    copy = tmp_path / "changed.tar"
    with tarfile.open(copy, "w") as archive:
        for item, content in change(members):
            item.size = len(content) if item.isreg() else 0
            archive.addfile(item, io.BytesIO(content))
    return copy


def _with_manifest(members, change):
    """Return members whose manifest a function has changed."""
    item, content = members[-1]
    assert item.name == MEMBER
    document = json.loads(content)
    change(document)
    return [*members[:-1], (item, json.dumps(document).encode())]


def _flip(members):
    item, content = next(pair for pair in members if pair[0].name.startswith("uploads"))
    others = [pair for pair in members if pair[0] is not item]
    return [(item, b"X" + content[1:]), *others]


def _drop_one(members):
    return members[1:]


def _add_one(members):
    return [(tarfile.TarInfo("uploads/more"), b"more"), *members]


def _repeat_one(members):
    return [members[0], *members]


def _climb(members, name="../outside"):
    import hashlib

    facts = {"bytes": 4, "sha256": hashlib.sha256(b"evil").hexdigest()}
    members = _with_manifest(members, lambda d: d["members"].update({name: facts}))
    return [(tarfile.TarInfo(name), b"evil"), *members]


def _climb_inside(members):
    return _climb(members, "challenges/../../outside")


def _be_absolute(members):
    return _climb(members, "/outside")


def _overwrite_the_database(members):
    return _climb(members, "neucobench.sqlite")


def _link(members):
    link = tarfile.TarInfo("uploads/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    name = "uploads/link"
    facts = {"bytes": 0, "sha256": "0" * 64}
    members = _with_manifest(members, lambda d: d["members"].update({name: facts}))
    return [(link, b""), *members]


@pytest.mark.parametrize(
    "change",
    [
        _flip,
        _drop_one,
        _add_one,
        _repeat_one,
        _climb,
        _climb_inside,
        _be_absolute,
        _overwrite_the_database,
        _link,
    ],
)
def test_a_changed_backup_is_refused_before_anything_is_written(
    backup, tmp_path, settings_at, change
):
    settings = settings_at("again")
    with pytest.raises(InputError, match="Nothing was written"):
        restore(_changed(backup, tmp_path, change), settings)
    assert not settings.folder.exists() or list(settings.folder.iterdir()) == []
    assert not (tmp_path / "outside").exists()


def test_a_backup_of_a_newer_version_is_refused(backup, tmp_path, settings_at):
    def newer(members):
        return _with_manifest(members, lambda d: d.update(revision="9999"))

    with pytest.raises(InputError, match="Install the newer version"):
        restore(_changed(backup, tmp_path, newer), settings_at("again"))


def test_a_backup_that_was_cut_off_is_refused(backup, tmp_path, settings_at):
    cut = tmp_path / "cut.tar"
    content = backup.read_bytes()
    cut.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"cut off|not a readable tar file"):
        restore(cut, settings_at("again"))


@pytest.mark.parametrize("content", [b"", b"no tar", b"\x1f\x8b\x08\x00" + b"0" * 99])
def test_a_file_that_is_no_backup_is_refused(tmp_path, settings_at, content):
    file = tmp_path / "no.tar"
    file.write_bytes(content)
    with pytest.raises(InputError, match="neucobench admin backup"):
        restore(file, settings_at("again"))


def test_rows_that_do_not_fit_leave_folder_and_database_empty(
    backup, tmp_path, settings_at, other_url
):
    import hashlib

    row = b'{"id": 1, "name": "A", "created": "2026-01-01T00:00:00+00:00", "x": 1}\n'
    facts = {"bytes": len(row), "sha256": hashlib.sha256(row).hexdigest()}
    name = "tables/teams.jsonl"

    def spoil(members):
        members = [
            (item, row if item.name == name else content) for item, content in members
        ]
        return _with_manifest(members, lambda d: d["members"].update({name: facts}))

    settings = settings_at("again", other_url)
    with pytest.raises(InputError, match="'teams' in the backup does not fit"):
        restore(_changed(backup, tmp_path, spoil), settings)
    assert list(settings.folder.iterdir()) == []
    database = Database(other_url)
    assert inspect(database.engine).get_table_names() == []
    database.dispose()


def test_a_text_keeps_every_kind_of_line_end(filled_sqlite, tmp_path, settings_at):
    context = filled_sqlite.context
    name = "one\u2028two\x85three\rfour\nfive"
    with context.database.write() as session:
        session.add(Team(name=name, created=context.clock()))
    back_up(context.settings, tmp_path / "backup.tar")
    settings = settings_at("again")
    restore(tmp_path / "backup.tar", settings)
    again = open_context(settings)
    with again.database.read() as session:
        assert name in {team.name for team in session.query(Team)}
    again.database.dispose()


def test_the_restored_secret_is_the_old_one(backup, settings_at, filled_sqlite):
    settings = settings_at("again")
    restore(backup, settings)
    again = open_context(settings)
    assert again.secret == filled_sqlite.context.secret
    assert Path(again.settings.folder / "incoming").is_dir()
    again.database.dispose()
