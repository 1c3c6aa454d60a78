"""Write a ``.tec`` file while its tiles are being coded."""

import shutil
import tempfile
import zlib
from pathlib import Path
from typing import IO, Self

from neucobench.codecs.container.header import Header, pack_header
from neucobench.codecs.container.layout import (
    LONGEST_PART,
    MOST_PARTS,
    Entry,
    Prefix,
    pack_index,
)
from neucobench.errors import CodecError


class ContainerWriter:
    """Collect parts on disk, then write them behind their header and index.

    The parts lie in a nameless file of the same folder until the header, which counts
    what is missing in them, is known; no more than one is held in memory.

    Args:
        path: the file to write.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries: list[Entry] = []
        self._parts: IO[bytes] = tempfile.TemporaryFile(dir=path.parent)  # noqa: SIM115

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._parts.close()

    def add(self, part: bytes) -> None:
        """Append a part.

        Raises:
            CodecError: when it, or their number, exceeds what a reader accepts.
        """
        if len(part) > LONGEST_PART or len(self._entries) == MOST_PARTS:
            raise CodecError(
                f"A part of {len(part):,} bytes after {len(self._entries):,} others "
                f"does not fit the container, which holds {MOST_PARTS:,} parts of at "
                f"most {LONGEST_PART:,} bytes; choose another --tile."
            )
        self._entries.append(Entry(length=len(part), crc=zlib.crc32(part)))
        self._parts.write(part)

    def finish(self, header: Header) -> None:
        """Write the file.

        Args:
            header: what it begins with; it has as many parts as were added.

        Raises:
            CodecError: when the header is larger than a reader accepts.
        """
        assert header.parts == len(self._entries)
        packed, inflated = pack_header(header)
        prefix = Prefix(
            header=len(packed),
            inflated=inflated,
            parts=header.parts,
            header_crc=zlib.crc32(packed),
        )
        self._parts.seek(0)
        with self._path.open("wb") as file:
            file.write(prefix.pack() + packed + pack_index(self._entries))
            shutil.copyfileobj(self._parts, file)
