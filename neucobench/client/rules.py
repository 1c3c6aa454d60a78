"""The rules of a phase, as the server states them and as ``rules.json`` keeps them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neucobench.content import read_text
from neucobench.errors import InputError
from neucobench.leaderboard.card import Phase
from neucobench.scoring.ranking import Rule

SCHEMA: Final = "neucobench/rules/1"
FILE_NAME = "rules.json"

Text = Annotated[str, Field(min_length=1)]
# They stand in commands and in documents: no space, no markup.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,159}$")]


class Rules(BaseModel):
    """Hold what a participant must know about one phase.

    Attributes:
        schema_: always ``neucobench/rules/1``; ``schema`` in the file.
        server: the address of the server, or None.
        challenge: the challenge's name.
        title: its heading.
        description: what it is about.
        phase: the name that addresses have for the phase.
        suite: the tasks, by the suite's name.
        protocol: how they are scored.
        rule: how scores become ranks.
        baselines: methods that are listed, but not ranked.
        baselines_count: whether baselines are ranked as any other entry.
        settings: the phase as its card has it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    schema_: Literal["neucobench/rules/1"] = Field(default=SCHEMA, alias="schema")
    server: str | None = None
    challenge: Text
    title: str = ""
    description: str = ""
    phase: Name
    suite: Name
    protocol: Name
    rule: Rule
    baselines: tuple[str, ...] = ()
    baselines_count: bool = False
    settings: Phase

    def as_dict(self) -> dict[str, Any]:
        """Return the document of ``rules.json``."""
        return self.model_dump(mode="json", by_alias=True)


def read_rules(path: Path) -> Rules:
    """Return the rules in a ``rules.json``.

    Raises:
        InputError: when it cannot be read, or does not say what it must.
    """
    try:
        return Rules.model_validate_json(read_text(path))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read: {error}. Give the {FILE_NAME} that 'neucobench "
            "init' wrote."
        ) from error
    except ValidationError as error:
        raise InputError(
            f"{path} does not follow the schema {SCHEMA!r}: {_problem(error)}. Let "
            "'neucobench init' write it again."
        ) from error


def rules_of(document: Mapping[str, Any], *, server: str) -> Rules:
    """Return the rules in a server's answer about a phase.

    Args:
        document: the answer; what a newer server says beyond the rules is passed over.
        server: the address that was asked.

    Raises:
        InputError: when the answer lacks something.
    """
    known = document.get("settings") or {}
    settings = {name: known[name] for name in Phase.model_fields if name in known}
    content = {**document, "server": server, "settings": settings}
    try:
        # As JSON text, in which dates are text.
        return Rules.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise InputError(
            f"{server} describes the phase in a way that this version does not know: "
            f"{_problem(error)}. Update NeuCo-Bench to the server's version."
        ) from error


def _problem(error: ValidationError) -> str:
    problem = error.errors()[0]
    where = ".".join(str(part) for part in problem["loc"]) or "the file"
    return f"{where}: {problem['msg']}"
