"""Uploaded files, stored once by their digest."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from neucobench.server.context import Context
from neucobench.server.refusals import Rejected
from neucobench.server.submissions.room import refusal_of
from neucobench.server.submissions.upload import Incoming
from neucobench.server.tables import StoredFile


def keep_file(
    context: Context, session: Session, incoming: Incoming, when: datetime
) -> None:
    """Move an upload to its place, and note it, unless the same file is there already.

    The file is in its place before the transaction ends: there is no note without its
    file. A file without a note, of a server that was killed in between, is taken as it
    is when somebody hands it in again.

    Raises:
        Rejected: when the same bytes are there as another kind of file: what was
            checked as one kind would be scored as another.
    """
    known = session.get(StoredFile, incoming.digest)
    if known is not None and known.ending != incoming.ending:
        raise Rejected(
            f"{incoming.file_name} can be read as another kind of file, too, with "
            "other vectors; an embedding file is of one kind. Write it again."
        )
    place = context.settings.upload(incoming.digest, incoming.ending)
    if not place.is_file() or place.stat().st_size != incoming.bytes:
        place.parent.mkdir(mode=0o700, exist_ok=True)
        incoming.path.replace(place)
        _flush_folder(place.parent)
        _flush_folder(place.parent.parent)
    if known is None:
        _note(session, incoming, when)


@contextmanager
def refusing_full_disk() -> Iterator[None]:
    """Turn a full disk, in the block, into a refusal."""
    try:
        yield
    except OSError as error:
        raise refusal_of(error) from error


def _note(session: Session, incoming: Incoming, when: datetime) -> None:
    """Add the file's row; another team may be adding the same one at this moment."""
    values = {
        "digest": incoming.digest,
        "ending": incoming.ending,
        "bytes": incoming.bytes,
        "created": when,
    }
    if session.get_bind().dialect.name == "postgresql":
        there = postgresql.insert(StoredFile).values(values)
        session.execute(there.on_conflict_do_nothing())
    else:
        here = sqlite.insert(StoredFile).values(values)
        session.execute(here.on_conflict_do_nothing())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
