import os
from pathlib import Path

import pytest

from neucobench import content
from neucobench.content import read_text


def test_the_text_of_a_file_is_returned(tmp_path):
    (tmp_path / "card.toml").write_text("größe = 1\n", encoding="utf-8")
    assert read_text(tmp_path / "card.toml") == "größe = 1\n"


def test_a_byte_order_mark_is_removed_where_it_is_asked_for(tmp_path):
    (tmp_path / "c.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_text(tmp_path / "c.yaml", encoding="utf-8-sig") == "a: 1"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        read_text(tmp_path / "pipe")


def test_a_device_without_an_end_is_refused():
    with pytest.raises(OSError, match="not a regular file"):
        read_text(Path("/dev/zero"))


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(content, "LARGEST_TEXT", 2**20)
    (tmp_path / "large").write_bytes(b" " * (2**20 + 1))
    with pytest.raises(OSError, match="larger than 1 MiB"):
        read_text(tmp_path / "large")


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_missing_file_or_a_folder_is_refused(tmp_path, name):
    with pytest.raises(OSError, match=r"does not exist|is a folder"):
        read_text(tmp_path / name)
