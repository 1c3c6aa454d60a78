"""What goes where: standard output, standard error, closed and narrow terminals."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

NEUCOBENCH = f"{sys.executable} -m neucobench"
ASCII = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def shell(command, **kwargs):
    return subprocess.run(
        command, shell=True, capture_output=True, text=True, check=False, **kwargs
    )


@pytest.mark.parametrize("arguments", ["tasks", "tasks --json", "--help"])
def test_a_reader_that_stops_early_is_no_error(arguments):
    done = shell(f"{NEUCOBENCH} {arguments} | head -c 1")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device")
@pytest.mark.parametrize("arguments", ["tasks", "tasks --json"])
def test_output_that_cannot_be_written_is_an_error(arguments):
    done = shell(f"{NEUCOBENCH} {arguments} > /dev/full")
    assert done.returncode == 1
    assert "No space left" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("arguments", ["tasks", "tasks --json"])
def test_a_closed_output_is_no_error(arguments):
    done = shell(f"{NEUCOBENCH} {arguments} >&-")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("arguments", ["tasks", "boards show cvpr2025", "--version"])
def test_an_ascii_locale_prints_tables(neucobench, arguments):
    done = neucobench(*arguments.split(), env=ASCII)
    assert done.returncode == 0, done.stderr


def test_json_is_valid_in_an_ascii_locale(neucobench, tmp_path):
    (tmp_path / "größe.csv").write_text("id,0\na,1\nb,2\n")
    done = neucobench("check", "größe.csv", "--json", env=ASCII)
    assert done.stdout.isascii()
    assert json.loads(done.stdout)["rows"] == 2


def test_a_file_name_that_is_not_unicode_is_valid_json(neucobench, tmp_path):
    name = os.fsdecode(b"n\xff.csv")
    (tmp_path / name).write_text("id,0\na,1\nb,2\n")
    assert json.loads(neucobench("check", name, "--json").stdout)["file"] == name


def test_a_message_cannot_move_the_cursor(neucobench):
    done = neucobench("check", "\x1b[2Jgone.csv")
    assert "\x1b" not in done.stderr
    assert "\\x1b[2Jgone.csv does not exist" in done.stderr


def test_a_lack_of_memory_is_a_sentence(monkeypatch, capsys):
    from neucobench.cli import app

    def fail():
        raise MemoryError("Unable to allocate 3 GiB")

    monkeypatch.setattr(app, "app", fail)
    with pytest.raises(SystemExit) as stopped:
        app.main()
    assert stopped.value.code == 1
    assert "not enough memory (Unable to allocate 3 GiB)" in capsys.readouterr().err


def test_ctrl_c_says_that_nothing_is_half_written(neucobench, tmp_path):
    (tmp_path / "own.py").write_text("raise KeyboardInterrupt\n")
    done = neucobench("encode", ".", "--encoder", "own.py:Own")
    assert done.returncode == 130
    assert done.stderr == "Interrupted; nothing is half written.\n"
