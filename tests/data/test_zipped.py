import os
import struct
import zipfile

import pytest

from neucobench.data.buffers import Buffers
from neucobench.data.zipped import ZipArchive
from neucobench.errors import CubeError


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_come_back_stored_or_deflated(tmp_path, pack, method):
    entries = {"a": b"", "b/c": b"x" * 5000, "é": bytes(range(256))}
    with ZipArchive(pack(tmp_path / "z", entries, method)) as archive:
        assert set(archive) == set(entries)
        for name, content in entries.items():
            assert archive.read(name, limit=10_000) == content


def test_a_directory_longer_than_one_read_is_read_whole(tmp_path, pack):
    entries = {f"folder/{number:050d}": b"%d" % number for number in range(500)}
    with ZipArchive(pack(tmp_path / "z", entries)) as archive:
        assert len(list(archive)) == 500
        assert archive.read(f"folder/{499:050d}", limit=10) == b"499"


def test_of_two_entries_with_one_name_the_last_counts(tmp_path):
    # Zarr appends a second .zattrs rather than rewriting the zip.
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr(".zattrs", b"old")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(".zattrs", b"new")
    with ZipArchive(tmp_path / "z") as archive:
        assert archive.read(".zattrs", limit=10) == b"new"


def test_a_zip_with_a_comment_or_a_prefix_is_read_too(tmp_path, pack):
    path = pack(tmp_path / "z", {"a": b"content"})
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"made elsewhere"
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    with ZipArchive(path) as archive:
        assert archive.read("a", limit=10) == b"content"


def test_a_zip64_is_read_too(tmp_path, pack, monkeypatch):
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 100)
    path = pack(tmp_path / "z", {"a": b"content" * 50, "b": b"more"})
    assert b"PK\x06\x06" in path.read_bytes()
    with ZipArchive(path) as archive:
        assert archive.read("a", limit=1000) == b"content" * 50
        assert bytes(archive.stored("b", Buffers(), verify=True)) == b"more"


def test_a_long_extra_field_in_the_local_header_is_skipped(tmp_path, pack):
    path = pack(tmp_path / "z", {"a": b"content"})
    content = bytearray(path.read_bytes())
    # The directory does not mention it: only the local header and all positions change.
    extra = struct.pack("<HH", 0xCAFE, 300) + bytes(300)
    content[28:30] = struct.pack("<H", len(extra))
    content[31:31] = extra
    start = struct.unpack_from("<I", content, len(content) - 6)[0] + len(extra)
    content[-6:-2] = struct.pack("<I", start)
    path.write_bytes(content)
    with ZipArchive(path) as archive:
        assert archive.read("a", limit=10) == b"content"


def test_a_flipped_byte_fails_the_checksum(tmp_path, pack):
    path = pack(tmp_path / "z", {"a": b"content"})
    path.write_bytes(path.read_bytes().replace(b"content", b"cantent"))
    with ZipArchive(path) as archive:
        assert bytes(archive.stored("a", Buffers(), verify=False)) == b"cantent"
        with pytest.raises(CubeError, match="CRC-32"):
            archive.stored("a", Buffers(), verify=True)
        with pytest.raises(CubeError, match="CRC-32"):
            archive.read("a", limit=10)


def test_a_name_that_differs_between_header_and_directory_is_damage(tmp_path, pack):
    path = pack(tmp_path / "z", {"bands/0.1": b"content"})
    path.write_bytes(path.read_bytes().replace(b"bands/0.1", b"bands/0.2", 1))
    with (
        ZipArchive(path) as archive,
        pytest.raises(CubeError, match="not where it should be"),
    ):
        archive.read("bands/0.1", limit=10)


def test_an_entry_that_declares_too_much_is_refused_before_it_is_inflated(
    tmp_path, pack
):
    path = pack(tmp_path / "z", {"a": bytes(2**20)}, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 3000
    with (
        ZipArchive(path) as archive,
        pytest.raises(CubeError, match=r"declares 1,048,576 bytes.*at most 65,536"),
    ):
        archive.read("a", limit=2**16)


def test_an_entry_that_inflates_past_its_declared_size_is_refused(tmp_path, pack):
    path = pack(tmp_path / "z", {"a": bytes(2**20)}, zipfile.ZIP_DEFLATED)
    declared, forged = struct.pack("<I", 2**20), struct.pack("<I", 100)
    path.write_bytes(path.read_bytes().replace(declared, forged))
    with ZipArchive(path) as archive, pytest.raises(CubeError, match="CRC-32"):
        archive.read("a", limit=2**16)


@pytest.mark.parametrize("comment", [b"", b"read by the library"])
def test_a_directory_in_which_an_entry_swallows_the_next_is_damage(
    tmp_path, pack, comment
):
    path = pack(tmp_path / "z", {f"chunk{number}": b"x" for number in range(9)})
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = comment
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    content[first + 30] = 46 + len("chunk1")  # the length of the extra field
    path.write_bytes(content)
    with pytest.raises(CubeError, match="download or write it again"):
        ZipArchive(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_another_zip_method_is_refused_with_the_remedy(tmp_path, pack, method):
    path = pack(tmp_path / "z", {"a": b"content"}, method)
    with ZipArchive(path) as archive, pytest.raises(CubeError, match="zip -0"):
        archive.read("a", limit=100)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(CubeError, match="no such file; correct the path"):
        ZipArchive(tmp_path / "absent")


def test_a_folder_is_a_sentence_that_says_how_to_pack_it(tmp_path):
    with pytest.raises(CubeError, match=r"this is a folder.*zip -0 -r"):
        ZipArchive(tmp_path)


def test_an_empty_file_is_a_sentence(tmp_path):
    (tmp_path / "z").touch()
    with pytest.raises(CubeError, match="is empty"):
        ZipArchive(tmp_path / "z")


@pytest.mark.parametrize("content", [b"P", b"no zip at all" * 100, b"PK\x05\x06"])
def test_what_is_no_zip_is_a_sentence(tmp_path, content):
    (tmp_path / "z").write_bytes(content)
    with pytest.raises(CubeError, match="not a zip file, or one that was cut off"):
        ZipArchive(tmp_path / "z")


def test_a_zip_that_was_cut_off_is_a_sentence(tmp_path, pack):
    path = pack(tmp_path / "z", {"a": bytes(1000)})
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(CubeError, match="cut off"):
        ZipArchive(path)


def test_a_file_that_may_not_be_read_is_a_sentence(tmp_path, monkeypatch):
    def denied(*_arguments: object, **_options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", denied)
    with pytest.raises(CubeError, match="cannot be opened: Permission denied"):
        ZipArchive(tmp_path / "z")


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "z")
    with pytest.raises(CubeError, match="is a pipe"):
        ZipArchive(tmp_path / "z")
