import json
import shutil
import stat
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from neucobench.data.sample import make_sample_world
from neucobench.embeddings.id_list import read_id_list
from neucobench.errors import CardError, InputError, LabelError, UnknownNameError
from neucobench.leaderboard.card import board_card
from neucobench.server.challenges.codes import draw_codes
from neucobench.server.challenges.create import create_challenge
from neucobench.server.challenges.desk import set_dates
from neucobench.server.challenges.phases import list_phases, phase_of
from neucobench.server.refusals import Conflict, NotFound
from neucobench.server.tables import AuditEntry, Challenge
from neucobench.tasks.card import suite


@pytest.fixture
def content(small, staging, tmp_path):
    """Return the folder of the cards of ``small``, and cards of its kind."""
    folder = tmp_path / "content"
    small.write_content(folder)
    staging.write_card(folder, dev={}, test={})
    return folder


@pytest.fixture
def labels(small, tmp_path):
    return small.write_labels(tmp_path / "labels")


def create(context, labels, board="staged", **options):
    return create_challenge(context, board, labels=labels, actor="hana", **options)


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_challenge_has_the_phases_of_its_card(context, content, labels):
    dev, test = create(context, labels)
    assert [dev.key, test.key] == ["dev", "test"]
    assert dev.card == board_card("staged")
    assert dev.rules == board_card("staged").phases[0]
    assert list_phases(context) == [dev, test]
    assert (dev.revision, dev.closed, dev.archived) == (0, None, False)


def test_labels_are_copied_for_the_servers_eyes_only(
    sqlite_context, content, labels, small
):
    dev, test = create(sqlite_context, labels)
    assert dev.labels == sqlite_context.settings.challenges / "staged/dev/labels"
    for phase in (dev, test):
        for path in labels.iterdir():
            assert (phase.labels / path.name).read_bytes() == path.read_bytes()
        assert read_id_list(phase.ids) == tuple(small.IDS)
    folder = sqlite_context.settings.challenges
    modes = {stat.S_IMODE(path.stat().st_mode) for path in files(folder)}
    assert modes == {0o600}
    folders = {path.parent for path in files(folder)}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_a_phase_takes_the_labels_in_the_folder_of_its_name(
    sqlite_context, content, labels, small
):
    small.write_labels(labels / "test")
    path = labels / "test" / "crops__regression.csv"
    path.write_text("id,label\ncube000,1\nother,2\n")
    dev, test = create(sqlite_context, labels)
    assert (test.labels / path.name).read_text() == path.read_text()
    assert "other" in read_id_list(test.ids)
    assert "other" not in read_id_list(dev.ids)


def test_labels_beyond_the_suite_are_kept_since_they_count_for_standardization(
    sqlite_context, content, labels
):
    (labels / "more__regression.csv").write_text("id,label\nextra,1\n")
    dev, _ = create(sqlite_context, labels)
    assert (dev.labels / "more__regression.csv").is_file()
    assert "extra" in read_id_list(dev.ids)
    assert sorted(dev.codes) == ["crops", "nodata"]


def test_the_list_of_cubes_is_kept_in_its_order(
    sqlite_context, content, labels, small, tmp_path
):
    ids = tmp_path / "ids.txt"
    listed = ["zebra", *reversed(small.IDS)]
    ids.write_text("\n".join(listed))
    dev, _ = create(sqlite_context, labels, ids=ids)
    assert read_id_list(dev.ids) == tuple(listed)


def test_a_list_that_lacks_a_labeled_cube_is_refused(
    sqlite_context, content, labels, small, tmp_path
):
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(small.IDS[1:]))
    with pytest.raises(LabelError, match=r"lacks 1 of 40 labeled cubes, e\.g\. 'cube0"):
        create(sqlite_context, labels, ids=ids)


def test_a_task_without_labels_is_named(sqlite_context, content, labels):
    (labels / "nodata__regression.csv").unlink()
    with pytest.raises(LabelError, match="needs label files for nodata"):
        create(sqlite_context, labels)
    assert list_phases(sqlite_context) == []
    assert list(sqlite_context.settings.challenges.iterdir()) == []


def test_a_label_that_is_no_number_is_refused_at_the_creation(
    sqlite_context, content, labels
):
    (labels / "crops__regression.csv").write_text("id,label\ncube000,many\n")
    with pytest.raises(LabelError, match="labels are finite numbers"):
        create(sqlite_context, labels)


def test_an_id_that_no_line_can_hold_is_refused(sqlite_context, content, labels):
    (labels / "crops__regression.csv").write_text('id,label\n"a\nb",1\n')
    with pytest.raises(InputError, match="line break"):
        create(sqlite_context, labels)
    assert list(sqlite_context.settings.challenges.iterdir()) == []


def test_a_board_without_phases_is_no_challenge(sqlite_context, labels):
    with pytest.raises(CardError, match="has no phases"):
        create(sqlite_context, labels, board="neuco-11")


def test_an_unknown_board_is_met_with_the_nearest_names(sqlite_context, labels):
    with pytest.raises(UnknownNameError, match="Did you mean 'cvpr2025'"):
        create(sqlite_context, labels, board="cvpr2026")


@pytest.mark.parametrize("name", ["../dev", "de v", "-dev", "dev?", ".."])
def test_names_that_cannot_stand_in_an_address_are_refused(
    sqlite_context, content, labels, staging, name
):
    staging.write_card(content, **{name: {}})
    with pytest.raises(CardError, match="cannot stand in an address"):
        create(sqlite_context, labels)


def test_a_second_challenge_of_the_name_is_refused_and_the_first_stays(
    context, content, labels
):
    dev, _ = create(context, labels)
    before = files(context.settings.challenges)
    with pytest.raises(Conflict, match="a challenge 'staged' on this server already"):
        create(context, labels)
    assert files(context.settings.challenges) == before
    assert phase_of(context, "dev") == dev


def test_a_creation_that_was_killed_leaves_nothing_in_the_way(
    sqlite_context, content, labels
):
    stale = sqlite_context.settings.challenges / "staged" / "dev" / "labels"
    stale.mkdir(parents=True)
    (stale / "old__regression.csv").write_text("id,label\nold,1\n")
    dev, _ = create(sqlite_context, labels)
    assert [path.name for path in dev.labels.iterdir() if "old" in path.name] == []


def test_a_phase_whose_name_is_taken_gets_a_longer_key(
    sqlite_context, content, labels, staging
):
    staging.write_card(content, "again", dev={}, final={})
    create(sqlite_context, labels)
    keys = [phase.key for phase in create(sqlite_context, labels, board="again")]
    assert keys == ["again-dev", "final"]
    assert phase_of(sqlite_context, "dev").challenge == "staged"
    assert phase_of(sqlite_context, "staged-dev").challenge == "staged"
    assert phase_of(sqlite_context, "again-final").key == "final"


def test_an_unknown_phase_is_met_with_the_nearest_names(
    sqlite_context, content, labels
):
    create(sqlite_context, labels)
    with pytest.raises(NotFound, match="Did you mean 'dev'"):
        phase_of(sqlite_context, "devv")


def test_code_names_are_drawn_once_per_phase_from_the_secret(
    sqlite_context, content, labels
):
    dev, _ = create(sqlite_context, labels)
    assert sorted(dev.codes.values()) == ["task-01", "task-02"]
    assert dict(dev.codes) == draw_codes(
        sqlite_context.secret, "dev", ["crops", "nodata"]
    )


def test_code_names_differ_between_phases_and_between_servers():
    tasks = suite("full").tasks
    drawn = [
        tuple(draw_codes(secret, key, tasks).items())
        for secret in (b"a", b"b")
        for key in ("dev", "test")
    ]
    assert len(set(drawn)) == 4
    assert [task for task, _ in drawn[0]] != list(tasks)


def test_nothing_about_labels_stands_in_the_database(sqlite_context, content, labels):
    create(sqlite_context, labels)
    with sqlite_context.database.read() as session:
        entry = session.scalars(select(AuditEntry)).one()
        card = session.scalars(select(Challenge.card)).one()
    assert (entry.actor, entry.action, entry.target, entry.detail) == (
        "hana", "challenge-created", "staged", "",
    )  # fmt: skip
    assert str(labels) not in json.dumps(card)


def test_the_2025_challenge_is_made_from_its_card_and_runs_on_new_dates(
    context, tmp_path, clock
):
    make_sample_world(tmp_path / "world", cubes=12, size=16)
    dev, test = create(context, tmp_path / "world" / "labels", board="cvpr2025")
    assert (dev.state(clock()), test.state(clock())) == ("closed", "closed")
    assert (test.rules.quota_total, test.rules.counts) == (3, "last-public")
    assert (test.card.protocol, test.card.baselines_count) == ("host-2025", True)
    opens = datetime(2026, 5, 1, tzinfo=UTC)
    moved = set_dates(
        context, "test", opens=opens, closes=opens.replace(month=6), actor="hana"
    )
    assert moved.state(clock()) == "open"
    assert moved.card.phases[1].opens.year == 2025
    with context.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Challenge)) == 1


def test_a_failed_commit_leaves_no_labels(sqlite_context, content, labels, monkeypatch):
    def refuse(*_, **__):
        raise OSError("the disk is away")

    monkeypatch.setattr("neucobench.server.challenges.create.record", refuse)
    with pytest.raises(OSError, match="away"):
        create(sqlite_context, labels)
    assert list(sqlite_context.settings.challenges.iterdir()) == []
    monkeypatch.undo()
    shutil.rmtree(labels)
