import os
import signal
import subprocess
import sys
import time

import pytest

from neucobench.atomic import (
    HIDDEN_PREFIX,
    remove_leftovers,
    whole_file,
    whole_folder,
    write_text,
)

WRITER = """
import sys, time
from pathlib import Path
from neucobench.atomic import whole_folder
with whole_folder(Path(sys.argv[1])) as hidden:
    (hidden / "part").write_text("half")
    print("writing", flush=True)
    time.sleep(60)
"""


def write_half_a_file(path):
    with whole_file(path) as hidden:
        hidden.write_text("half")
        raise RuntimeError


def write_half_a_folder(path):
    with whole_folder(path) as hidden:
        (hidden / "a").write_text("half")
        raise RuntimeError


def test_a_file_appears_with_its_content(tmp_path):
    write_text(tmp_path / "new" / "a.txt", "whole\n")
    assert (tmp_path / "new" / "a.txt").read_text() == "whole\n"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        write_half_a_file(path)
    assert [item.name for item in tmp_path.iterdir()] == ["a.txt"]
    assert path.read_text() == "old"


def test_the_hidden_file_keeps_the_ending(tmp_path):
    with whole_file(tmp_path / "a.parquet") as hidden:
        hidden.write_bytes(b"")
        assert hidden.suffix == ".parquet"


def test_a_failed_folder_disappears(tmp_path):
    with pytest.raises(RuntimeError):
        write_half_a_folder(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_never_overwritten(tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(FileExistsError), whole_folder(tmp_path / "run"):
        pass


def test_a_killed_run_leaves_a_hidden_folder_that_the_next_removes(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout.readline() == "writing\n"
        process.send_signal(signal.SIGKILL)
    left = [item.name for item in tmp_path.iterdir()]
    assert len(left) == 1
    assert left[0].startswith(HIDDEN_PREFIX)
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_running_process_writes_is_no_leftover(tmp_path):
    with whole_file(tmp_path / "a.txt") as hidden:
        hidden.write_text("still being written")
        assert remove_leftovers(tmp_path) == []
    assert (tmp_path / "a.txt").exists()


def test_another_machine_s_work_is_left_alone_for_a_day(tmp_path):
    path = tmp_path / f"{HIDDEN_PREFIX}abcdef-1-12345678-a.txt"
    path.write_text("")
    assert remove_leftovers(tmp_path) == []
    two_days_ago = time.time() - 2 * 86_400
    os.utime(path, (two_days_ago, two_days_ago))
    assert remove_leftovers(tmp_path) == [path]
