"""Whatever happens to a file's bytes is noticed, and the message says where."""

import re
import struct
import zlib

import numpy as np
import pytest

from neucobench.codecs.container.layout import MAGIC, PREFIX, VERSION
from neucobench.codecs.container.reader import ContainerReader
from neucobench.errors import ContainerError

TRIALS = 1000
PLACE = re.compile(
    r"no \.tec container|the prefix|the header|the index|tile \d of 6|the kept metadata"
    r"|behind its last part"
)


def read_all(path):
    with ContainerReader(path) as reader:
        return reader.verify()


def damage(content, rng):
    """Return the content with a byte flipped, a bit flipped, cut off, or longer."""
    kind = rng.integers(4)
    changed = bytearray(content)
    place = int(rng.integers(len(content)))
    if kind == 0:
        changed[place] ^= int(rng.integers(1, 256))
    elif kind == 1:
        changed[place] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        return content[:place]
    else:
        return content + rng.bytes(int(rng.integers(1, 9)))
    return bytes(changed)


def test_the_container_is_whole_and_has_all_kinds_of_parts(container):
    sizes = read_all(container)
    assert min(sizes.streams, sizes.masks, sizes.kept, sizes.header) > 0
    assert sizes.file == container.stat().st_size


def test_random_damage_is_always_detected_and_placed(container, tmp_path):
    content = container.read_bytes()
    path = tmp_path / "damaged.tec"
    rng = np.random.default_rng(11)
    for _ in range(TRIALS):
        path.write_bytes(damage(content, rng))
        with pytest.raises(ContainerError, match=PLACE) as caught:
            read_all(path)
        assert str(caught.value).startswith(f"{path}: ")


def test_a_flip_of_any_byte_is_detected(container, tmp_path):
    content = container.read_bytes()
    path = tmp_path / "damaged.tec"
    with ContainerReader(container) as reader:
        first = reader._starts[0]
    for place in [*range(first), *range(first, len(content), 211)]:
        changed = bytearray(content)
        changed[place] ^= 0xFF
        path.write_bytes(changed)
        with pytest.raises(ContainerError):
            read_all(path)


def test_a_file_may_be_cut_at_no_length(container, tmp_path):
    content = container.read_bytes()
    path = tmp_path / "cut.tec"
    for length in [*range(0, len(content), 53), len(content) - 1]:
        path.write_bytes(content[:length])
        with pytest.raises(ContainerError):
            read_all(path)


def test_parts_that_changed_places_are_detected(container, tmp_path):
    with ContainerReader(container) as reader:
        start, middle, end = reader._starts[:3]
    content = container.read_bytes()
    swapped = content[middle:end] + content[start:middle]
    path = tmp_path / "swapped.tec"
    path.write_bytes(content[:start] + swapped + content[end:])
    with pytest.raises(ContainerError, match="tile 1 of 6"):
        read_all(path)


def test_the_messages_name_the_tile(container, tmp_path):
    with ContainerReader(container) as reader:
        start = reader._starts[2]
    content = bytearray(container.read_bytes())
    content[start + 9] ^= 4
    path = tmp_path / "flipped.tec"
    path.write_bytes(content)
    with pytest.raises(ContainerError, match=r"tile 3 of 6: it fails its CRC-32"):
        read_all(path)
    path.write_bytes(content[: start + 3])
    with pytest.raises(ContainerError, match=r"ends after .* inside tile 3 of 6"):
        read_all(path)


def rewrite(content, **fields):
    """Return a container with other numbers in its prefix and a right checksum."""
    names = ("magic", "version", "zero", "header", "inflated", "parts", "header_crc")
    values = dict(zip(names, PREFIX.unpack(content[:32]), strict=False)) | fields
    packed = PREFIX.pack(*values.values(), 0)[:-4]
    return packed + struct.pack("<I", zlib.crc32(packed)) + content[32:]


def test_another_version_is_named(container, tmp_path):
    path = tmp_path / "new.tec"
    path.write_bytes(rewrite(container.read_bytes(), version=VERSION + 6))
    with pytest.raises(ContainerError, match=r"has version 7 .* update neucobench"):
        read_all(path)


@pytest.mark.parametrize(
    "fields", [{"header": 2**30}, {"inflated": 2**31}, {"parts": 2**25}]
)
def test_sizes_that_no_file_has_are_refused_before_they_are_read(
    container, tmp_path, fields
):
    path = tmp_path / "huge.tec"
    path.write_bytes(rewrite(container.read_bytes(), **fields))
    with pytest.raises(ContainerError, match="are read, so use larger tiles"):
        read_all(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x89", b"II*\x00 a TIFF", b"PK\x03\x04", MAGIC[:-1] + b"\r"]
)
def test_a_file_that_is_no_container_is_called_so(tmp_path, content):
    path = tmp_path / "picture.tec"
    path.write_bytes(content)
    with pytest.raises(ContainerError, match=r"no \.tec container"):
        read_all(path)


def test_a_folder_and_a_missing_file_are_called_so(tmp_path):
    with pytest.raises(ContainerError, match="this is a folder"):
        read_all(tmp_path)
    with pytest.raises(ContainerError, match="there is no such file"):
        read_all(tmp_path / "nothing.tec")
