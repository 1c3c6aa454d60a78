"""What a backup says about itself, in the last member of its tar file.

::

    backup.tar
    ├── tables/<table>.jsonl     the rows, one JSON object per line
    ├── secret                   what form tokens are signed with
    ├── challenges/...           labels and id lists
    ├── uploads/ab/abcd….csv     the files that were handed in
    └── manifest.json            schema, versions, and a digest of each member
"""

import json
from collections.abc import Mapping
from tarfile import TarFile
from typing import Annotated, Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from neucobench.errors import InputError

SCHEMA: Final = "neucobench/backup/1"
MEMBER = "manifest.json"
TABLES = "tables/"
SECRET = "secret"  # noqa: S105 - the name of the file
FOLDERS = ("challenges/", "uploads/")
_LARGEST = 2**28  # bytes; a line of it names one file

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0)]


class MemberFacts(BaseModel):
    """Hold the size and the digest of one member."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: Count
    sha256: Digest


class Manifest(BaseModel):
    """Hold what a backup says about itself.

    Attributes:
        schema_: always ``neucobench/backup/1``; ``schema`` in the file.
        created: when it was made.
        neucobench: the version that made it.
        revision: the version of the tables.
        database: the kind of database it was made from.
        tables: how many rows each table has.
        members: size and digest of every other member.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: Literal["neucobench/backup/1"] = Field(default=SCHEMA, alias="schema")
    created: AwareDatetime
    neucobench: str
    revision: str
    database: str
    tables: Mapping[str, Count]
    members: Mapping[str, MemberFacts]

    def as_dict(self) -> dict[str, Any]:
        """Return the document of ``manifest.json``."""
        return self.model_dump(mode="json", by_alias=True)

    def as_text(self) -> str:
        """Return the text of ``manifest.json``."""
        return json.dumps(self.as_dict(), indent=1, ensure_ascii=False) + "\n"


def read_manifest(archive: TarFile, *, source: str) -> Manifest:
    """Return what a backup says about itself.

    Args:
        archive: the opened tar file.
        source: what the message of an error calls it.

    Raises:
        InputError: when it is no backup, or one of a newer kind.
    """
    try:
        member = archive.getmember(MEMBER)
        content = archive.extractfile(member)
        if content is None or member.size > _LARGEST:
            raise KeyError(MEMBER)
        return Manifest.model_validate_json(content.read())
    except KeyError as error:
        raise InputError(
            f"{source} has no {MEMBER} at its end: it is no backup, or one that was "
            "cut off. Give a file that 'neucobench admin backup' wrote."
        ) from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or MEMBER
        raise InputError(
            f"{source} does not follow the schema {SCHEMA!r}: {where}: "
            f"{problem['msg']}. Restore it with the version that made it, or a newer "
            "one."
        ) from error
