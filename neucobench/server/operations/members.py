"""The members of a backup, compared with its manifest before anything is written."""

import hashlib
import tarfile
from pathlib import PurePosixPath

from neucobench.errors import InputError
from neucobench.server.operations.manifest import (
    FOLDERS,
    MEMBER,
    SECRET,
    TABLES,
    Manifest,
)

_PIECE = 2**20


def verify_members(
    archive: tarfile.TarFile, manifest: Manifest, *, source: str
) -> list[tarfile.TarInfo]:
    """Return the members of a backup, each of which is what its manifest says.

    Args:
        archive: the opened backup.
        manifest: what it says about itself.
        source: what the message of an error calls it.

    Raises:
        InputError: when a member is missing, was added, was changed, is no plain file,
            or would be written elsewhere.
    """
    members: dict[str, tarfile.TarInfo] = {}
    for member in archive:
        if member.name == MEMBER:
            continue
        if member.name not in manifest.members or member.name in members:
            raise _changed(source, member.name, "is not in its manifest, or twice")
        if member.type != tarfile.REGTYPE or member.issparse():
            raise _changed(source, member.name, "is no plain file")
        if not _is_ours(member.name):
            raise _changed(source, member.name, "does not belong to a server")
        _compare(archive, member, manifest, source)
        members[member.name] = member
    expected = {
        *manifest.members,
        *(f"{TABLES}{name}.jsonl" for name in manifest.tables),
    }
    missing = sorted(expected - members.keys())
    if missing:
        raise _changed(source, missing[0], "is missing")
    return list(members.values())


def _compare(
    archive: tarfile.TarFile, member: tarfile.TarInfo, manifest: Manifest, source: str
) -> None:
    facts = manifest.members[member.name]
    content = archive.extractfile(member)
    digest = hashlib.sha256()
    while content is not None and (piece := content.read(_PIECE)):
        digest.update(piece)
    if member.size != facts.bytes or digest.hexdigest() != facts.sha256:
        raise _changed(source, member.name, "has other bytes than its digest says")


def _is_ours(name: str) -> bool:
    """Tell whether a member lies where a server keeps its things."""
    path = PurePosixPath(name)
    plain = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    known = name == SECRET or name.startswith((TABLES, *FOLDERS))
    return plain and known and path.as_posix() == name


def _changed(source: str, name: str, what: str) -> InputError:
    return InputError(
        f"{source} cannot be restored: its member {name!r} {what}; the backup is "
        "damaged, or was changed. Nothing was written. Take another one."
    )
