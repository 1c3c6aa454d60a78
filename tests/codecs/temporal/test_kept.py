"""Tables are read where they were kept, and built where they cannot be."""

from io import BytesIO

import numpy as np
import pytest

from neucobench.codecs.entropy.coder import Tables
from neucobench.codecs.temporal.kept import kept_path, kept_tables


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUCOBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


class Builder:
    """Count how often it is asked for its tables."""

    def __init__(self):
        self.asked = 0

    def __call__(self) -> Tables:
        self.asked += 1
        entries = np.array([0, 9, 65536, 0, 65536], np.int32)
        return Tables.from_rows(
            entries, np.array([3, 2], np.int32), np.array([-1, 4], np.int32)
        )


def one_array() -> bytes:
    content = BytesIO()
    np.save(content, np.arange(3))
    return content.getvalue()


def assert_same(one: Tables, other: Tables) -> None:
    for name in ("entries", "starts", "lengths", "offsets"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert mine.dtype == theirs.dtype
        assert mine.tolist() == theirs.tolist()


def test_kept_tables_are_not_built_again(folder):
    build = Builder()
    first = kept_tables("some", build)
    assert_same(kept_tables("some", build), first)
    assert build.asked == 1
    assert kept_path("some").is_relative_to(folder)


def test_tables_of_another_name_are_others(folder):
    build = Builder()
    kept_tables("some", build)
    kept_tables("more", build)
    assert build.asked == 2


def test_no_flipped_bit_gives_other_tables(folder):
    whole = kept_tables("some", Builder())
    path = kept_path("some")
    content = path.read_bytes()
    for place in range(0, len(content), 10):
        for bit in (0, 5):
            damaged = bytearray(content)
            damaged[place] ^= 1 << bit
            path.write_bytes(damaged)
            assert_same(kept_tables("some", Builder()), whole)


@pytest.mark.parametrize(
    "damage", ["cut", "flipped", "emptied", "replaced", "one array"]
)
def test_a_damaged_file_is_built_and_written_anew(folder, damage):
    build = Builder()
    whole = kept_tables("some", build)
    path = kept_path("some")
    content = path.read_bytes()
    place = content.index(np.int32(65536).tobytes())
    path.write_bytes(
        {
            "cut": content[: len(content) // 2],
            "flipped": content[:place] + b"\xff" + content[place + 1 :],
            "emptied": b"",
            "replaced": b"these are no tables",
            "one array": one_array(),
        }[damage]
    )
    assert_same(kept_tables("some", build), whole)
    assert build.asked == 2
    assert path.read_bytes() == content


def test_a_file_whose_parts_do_not_fit_is_built_anew(folder):
    build = Builder()
    whole = kept_tables("some", build)
    np.savez(
        kept_path("some"),
        entries=whole.entries[:-1],
        lengths=whole.lengths,
        offsets=whole.offsets,
    )
    assert_same(kept_tables("some", build), whole)
    assert build.asked == 2


def test_a_folder_that_cannot_be_made_is_no_error(folder):
    folder.write_text("a file is in the way")
    build = Builder()
    assert_same(kept_tables("some", build), Builder()())
    kept_tables("some", build)
    assert build.asked == 2
