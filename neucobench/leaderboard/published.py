"""Boards that others published: ranks and mean scores, nothing to recompute them from.

They are ``leaderboard/published/*.json`` with the schema
``neucobench/published-board/1``; a history of a board is a CSV file beside them.
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from neucobench.content import content_roots, read_text
from neucobench.errors import ResultError, UnknownNameError

SCHEMA = "neucobench/published-board/1"
SECTION = "leaderboard/published"

Text = Annotated[str, Field(min_length=1)]


class PublishedRow(BaseModel):
    """Hold one row of a published board.

    Attributes:
        rank: 1 is best.
        team: the name as it was published.
        mean_q: the mean quality score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rank: Annotated[int, Field(ge=1)]
    team: str
    mean_q: Annotated[float, Field(allow_inf_nan=False)]


class PublishedBoard(BaseModel):
    """Hold one published state of a board.

    Attributes:
        schema_: always ``neucobench/published-board/1``; ``schema`` in the file.
        name: the board's name; the file's stem.
        title: its heading.
        phase: the phase of the challenge.
        date: when this state was published.
        source: where.
        rows: the rows, best first.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Annotated[Literal["neucobench/published-board/1"], Field(alias="schema")]
    name: Text
    title: Text
    phase: Text
    date: AwareDatetime
    source: Text
    rows: tuple[PublishedRow, ...]


def published_path(name: Path | str) -> Path:
    """Return a file as it is, or the published file of that name or stem.

    Raises:
        UnknownNameError: when it is a bare name that no published file has.
    """
    path = Path(name)
    if not path.exists() and path.name == str(name):
        found = [
            file
            for root in content_roots()
            for file in sorted((root / SECTION).glob("*"))
            if file.suffix in (".csv", ".json")
        ]
        for file in found:
            if str(name) in (file.name, file.stem):
                return file
        if not path.suffix:
            known = [file.stem for file in found]
            raise UnknownNameError("published board", str(name), known)
    return path


def read_published(path: Path | str) -> PublishedBoard:
    """Return a published board.

    Raises:
        ResultError: when the file cannot be read or does not follow the schema.
    """
    try:
        text = read_text(Path(path))
        return PublishedBoard.model_validate_json(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ResultError(f"{path} cannot be read: {error}.") from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = ".".join(str(part) for part in problem["loc"]) or "the file"
        raise ResultError(
            f"{path} does not follow the schema {SCHEMA!r}: {where}: {problem['msg']}."
        ) from error
