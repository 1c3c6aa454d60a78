"""The parts of an upload's body: one file to the disk, small texts to memory."""

import hashlib
import os
import threading
from contextlib import suppress
from io import BufferedWriter
from pathlib import Path

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from neucobench.names import printable
from neucobench.server.refusals import Rejected
from neucobench.server.submissions.file_name import clean_name
from neucobench.server.submissions.room import refusal_of, too_large

FILE_FIELD = "file"
MOST_FIELDS = 20
MOST_FIELD_BYTES = 16 * 2**10
MOST_HEADER_BYTES = 4096


def boundary_of(content_type: str) -> bytes:
    """Return the boundary that a request's header states.

    Raises:
        Rejected: when the request is no ``multipart/form-data``.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 200:
        raise Rejected(
            f"The request is '{printable(content_type)[:60]}'; a submission is "
            "multipart/form-data with a part 'file' and a field 'method'. Send it "
            "with: neucobench submit"
        )
    return boundary


class Multipart:
    """Take a body piece by piece, from one thread at a time.

    Args:
        boundary: what parts it.
        place: where the file is written, its ending to be added.
        limit: the largest file that is accepted.

    Attributes:
        path: the file.
        file_name: what the participant calls it.
        ending: its ending, in lower case.
        bytes: its length so far.
        fields: the texts.
    """

    def __init__(self, boundary: bytes, place: Path, *, limit: int) -> None:
        self.path = place
        self.file_name = ""
        self.ending = ""
        self.bytes = 0
        self.fields: dict[str, str] = {}
        self._limit = limit
        self._hash = hashlib.sha256()
        self._file: BufferedWriter | None = None
        self._texts: dict[str, bytearray] = {}
        self._field = ""
        self._header = b""
        self._value = b""
        self._disposition = b""
        self._complete = False
        self._turn = threading.Lock()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._take_header,
                "on_header_value": self._take_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._open,
                "on_part_data": self._take,
                "on_end": self._finish,
            },
        )

    @property
    def digest(self) -> str:
        """Return the SHA-256 of the file so far."""
        return self._hash.hexdigest()

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body.

        Raises:
            Refusal: when it cannot be, or may not go on.
        """
        with self._turn:
            try:
                self._parser.write(piece)
            except FormParserError as error:
                raise _broken() from error
            except OSError as error:
                raise refusal_of(error) from error

    def end(self) -> None:
        """Make sure that everything has come, and that the file is on the disk.

        Raises:
            Refusal: when something is missing.
        """
        with self._turn:
            if not self._complete:
                raise _broken()
            if self._file is None:
                raise Rejected(
                    "There is no file in the request; send it as the part 'file'."
                )
            try:
                self._file.flush()
                os.fsync(self._file.fileno())
                self._file.close()
            except OSError as error:
                raise refusal_of(error) from error
            for name, text in self._texts.items():
                self.fields[name] = _decoded(name, text)

    def discard(self) -> None:
        """Remove what was written."""
        with self._turn:
            if self._file is not None:
                # A full disk would complain about bytes that nobody wants any more.
                with suppress(OSError):
                    self._file.close()
            self.path.unlink(missing_ok=True)

    def _begin(self) -> None:
        self._disposition = b""

    def _take_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]
        self._require_short_headers()

    def _take_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]
        self._require_short_headers()

    def _require_short_headers(self) -> None:
        if len(self._header) + len(self._value) > MOST_HEADER_BYTES:
            raise _broken()

    def _end_header(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header = self._value = b""

    def _open(self) -> None:
        """Look at a part's headers: is it the file, a text, or one too many?"""
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self._field = name
        file_name = options.get(b"filename")
        if (name == FILE_FIELD) != (file_name is not None) or self._has(name):
            raise Rejected(
                f"The part '{printable(name)[:40]}' is one too many, or not of its "
                "kind; there is one file, 'file', and every other part is text and "
                "comes once."
            )
        if file_name is not None:
            self.file_name, self.ending = clean_name(file_name)
            self.path = self.path.with_name(self.path.name + self.ending)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            self._file = os.fdopen(os.open(self.path, flags, 0o600), "wb")
        elif len(self._texts) >= MOST_FIELDS:
            raise Rejected(f"There are more than {MOST_FIELDS} fields; send fewer.")
        else:
            self._texts[name] = bytearray()

    def _has(self, name: str) -> bool:
        return name in self._texts or (name == FILE_FIELD and self._file is not None)

    def _take(self, data: bytes, start: int, end: int) -> None:
        part = memoryview(data)[start:end]
        if self._field != FILE_FIELD or self._file is None:
            text = self._texts[self._field]
            if len(text) + len(part) > MOST_FIELD_BYTES:
                raise Rejected(
                    f"The field '{printable(self._field)[:40]}' is longer than "
                    f"{MOST_FIELD_BYTES:,} bytes; shorten it."
                )
            text += part
            return
        self.bytes += len(part)
        if self.bytes > self._limit:
            raise too_large(self._limit)
        self._hash.update(part)
        self._file.write(part)

    def _finish(self) -> None:
        self._complete = True


def _decoded(name: str, text: bytearray) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Rejected(
            f"The field '{printable(name)[:40]}' is not UTF-8 text; send it as UTF-8."
        ) from error


def _broken() -> Rejected:
    return Rejected(
        "The request broke off, or is not put together as multipart/form-data is; send "
        "it again, e.g. with: neucobench submit"
    )
