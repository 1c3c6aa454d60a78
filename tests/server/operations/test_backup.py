"""A backup: whole, private, of one moment, while the server runs."""

import json
import stat
import tarfile

import pytest

from neucobench.errors import InputError
from neucobench.server.operations.backup import back_up
from neucobench.server.settings import Settings
from neucobench.server.tables import Team


def _members(file):
    with tarfile.open(file) as archive:
        return {item.name: archive.extractfile(item).read() for item in archive}


def test_a_backup_holds_rows_labels_uploads_and_the_secret(filled, tmp_path):
    report = back_up(filled.context.settings, tmp_path / "backup.tar")
    members = _members(tmp_path / "backup.tar")
    names = set(members)
    assert "secret" in names
    assert "challenges/water/test/labels/crops__regr.csv" in names
    assert "challenges/water/test/ids.txt" in names
    assert sum(name.startswith("uploads/") for name in names) == 3
    assert len(members["tables/submissions.jsonl"].splitlines()) == 3
    assert report.manifest.tables["submissions"] == 3
    assert report.problems == ()


def test_a_backup_can_be_read_by_its_owner_only(filled_sqlite, tmp_path):
    back_up(filled_sqlite.context.settings, tmp_path / "backup.tar")
    mode = (tmp_path / "backup.tar").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_the_manifest_names_versions_and_no_address_of_a_database(filled, tmp_path):
    back_up(filled.context.settings, tmp_path / "backup.tar")
    manifest = json.loads(_members(tmp_path / "backup.tar")["manifest.json"])
    assert manifest["schema"] == "neucobench/backup/1"
    assert manifest["revision"] == "0003"
    assert "://" not in json.dumps(manifest)


def test_a_backup_is_of_one_moment(filled, tmp_path, monkeypatch):
    from neucobench.server.operations import archive

    plain = archive.read_rows

    def write_meanwhile(connection, table):
        yield from plain(connection, table)
        with filled.context.database.write() as session:
            session.add(
                Team(name=f"after {table.name}", created=filled.context.clock())
            )

    monkeypatch.setattr(archive, "read_rows", write_meanwhile)
    before = len(_teams(filled.context))
    report = back_up(filled.context.settings, tmp_path / "backup.tar")
    assert report.manifest.tables["teams"] == before
    assert len(_teams(filled.context)) > before


def _teams(context):
    with context.database.read() as session:
        return session.query(Team).all()


def test_an_upload_that_was_changed_or_lost_is_named(filled_sqlite, tmp_path):
    uploads = sorted(filled_sqlite.context.settings.uploads.rglob("*.csv"))
    uploads[0].write_bytes(b"changed")
    uploads[1].unlink()
    report = back_up(filled_sqlite.context.settings, tmp_path / "backup.tar")
    assert len(report.problems) == 2
    assert uploads[0].name in report.problems[0] + report.problems[1]
    assert uploads[1].name in report.problems[0] + report.problems[1]


def test_what_is_being_received_is_not_in_a_backup(filled_sqlite, tmp_path):
    (filled_sqlite.context.settings.incoming / "half.csv").write_bytes(b"id,0")
    back_up(filled_sqlite.context.settings, tmp_path / "backup.tar")
    assert not any("incoming" in name for name in _members(tmp_path / "backup.tar"))


def test_a_file_that_exists_is_kept_unless_said_otherwise(filled_sqlite, tmp_path):
    file = tmp_path / "backup.tar"
    file.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        back_up(filled_sqlite.context.settings, file)
    assert file.read_text() == "mine"
    back_up(filled_sqlite.context.settings, file, overwrite=True)
    assert "manifest.json" in _members(file)


def test_a_folder_without_a_server_is_refused_and_left_alone(tmp_path):
    folder = tmp_path / "empty"
    folder.mkdir()
    settings = Settings(folder=folder, database=f"sqlite:///{folder / 'x.sqlite'}")
    with pytest.raises(InputError, match="There is no server in"):
        back_up(settings, tmp_path / "backup.tar")
    assert list(folder.iterdir()) == []
    assert not (tmp_path / "backup.tar").exists()


def test_a_backup_that_fails_leaves_no_file(filled_sqlite, tmp_path, monkeypatch):
    from neucobench.server.operations.archive import Archive

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Archive, "add_uploads", fail)
    with pytest.raises(OSError, match="No space"):
        back_up(filled_sqlite.context.settings, tmp_path / "out" / "backup.tar")
    assert list((tmp_path / "out").iterdir()) == []
