"""A starter kit: an encoder to begin with, the rules, and the commands to type."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

from neucobench.atomic import whole_folder
from neucobench.client.connection import Connection
from neucobench.client.phases import asked_ids, challenge_phases, phase_rules
from neucobench.client.rules import FILE_NAME, Rules
from neucobench.errors import InputError, UnknownNameError
from neucobench.evaluation.folder import safe_name
from neucobench.names import markdown_safe
from neucobench.reports.phase_words import phase_sayings

if TYPE_CHECKING:
    from jinja2 import Environment

IDS = "ids.txt"
_ENCODER = "encoder.py"
_TEMPLATE_DIMS = 48
_PAGES = ("README.md", "RULES.md")


@dataclass(frozen=True, kw_only=True)
class Kit:
    """Say what a kit holds.

    Attributes:
        folder: where it is.
        rules: the phase that it is for.
        phases: the names of all phases of the challenge.
        ids: how many ids the phase asks for; None where the server keeps them.
    """

    folder: Path
    rules: Rules
    phases: tuple[str, ...]
    ids: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return the kit as one JSON object."""
        return {
            "folder": str(self.folder),
            "challenge": self.rules.challenge,
            "phase": self.rules.phase,
            "phases": list(self.phases),
            "ids": self.ids,
            "rules": self.rules.as_dict(),
        }


def write_kit(
    connection: Connection,
    *,
    challenge: str | None,
    phase: str | None = None,
    folder: Path | None = None,
) -> Kit:
    """Write the starter kit of a challenge; the folder appears whole.

    Args:
        connection: an open connection.
        challenge: its name; None takes that of the phase, or the server's only one.
        phase: the phase to take part in; None takes the one that is open, else the
            next one to open, else the last.
        folder: where to; None takes the challenge's name in the current folder.

    Raises:
        UnknownNameError: when there is no such challenge or phase.
        InputError: when the folder is there already and not empty.
        Unreachable: when the server does not answer.
    """
    if challenge is None and phase is not None:
        challenge = phase_rules(connection, phase).challenge
    known = challenge_phases(connection, challenge)
    rules = _choose(known, phase)
    out = folder or Path(safe_name(rules.challenge))
    if out.is_dir() and not any(out.iterdir()):
        out.rmdir()
    if out.exists():
        raise InputError(
            f"{out} exists already and is not empty; name another folder for the kit."
        )
    ids = asked_ids(connection, rules.phase)
    with whole_folder(out) as hidden:
        _write(hidden / FILE_NAME, json.dumps(rules.as_dict(), indent=2) + "\n")
        if ids is not None:
            _write(hidden / IDS, ids)
        for name, text in _texts(rules, has_ids=ids is not None).items():
            _write(hidden / name, text)
    return Kit(
        folder=out,
        rules=rules,
        phases=tuple(item.phase for item in known),
        ids=None if ids is None else len(ids.splitlines()),
    )


def _choose(known: Sequence[Rules], phase: str | None) -> Rules:
    if phase is not None:
        for rules in known:
            if phase in (rules.phase, rules.settings.name):
                return rules
        names = [rules.phase for rules in known]
        raise UnknownNameError("phase of this challenge", phase, names)
    if not known:
        raise InputError(
            "The challenge has no phase, so there is nothing to take part in; ask its "
            "host."
        )
    now = datetime.now(UTC)
    waiting = [rules for rules in known if now <= rules.settings.closes]
    if waiting:
        return min(waiting, key=lambda rules: rules.settings.opens)
    return known[-1]


def _texts(rules: Rules, *, has_ids: bool) -> dict[str, str]:
    """Return the pages of the kit and its encoder, by file name."""
    phase, environment = rules.settings, _environment()
    dims = phase.dims
    facts: dict[str, Any] = {
        "title": markdown_safe(rules.title or rules.challenge),
        "phase": markdown_safe(phase.name),
        "description": markdown_safe(rules.description),
        "key": quote(rules.phase),
        "server": rules.server or "",
        "sayings": phase_sayings(
            phase,
            suite=rules.suite,
            protocol=rules.protocol,
            rule=rules.rule,
            baselines_count=rules.baselines_count,
        ),
        "now": f"{datetime.now(UTC):%Y-%m-%d}",
        "limit": f"at most {dims}" if dims else "any length",
        "dims_option": f" --dims {dims}" if dims else "",
        "reduce_option": " --reduce pca" if dims and dims < _TEMPLATE_DIMS else "",
        "ids_option": f" --ids {IDS}" if has_ids else "",
    }
    templates = {name: name for name in _PAGES} | {_ENCODER: f"{_ENCODER}.txt"}
    return {
        name: environment.get_template(template).render(facts)
        for name, template in templates.items()
    }


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Markdown and Python, not HTML: names are made harmless one by one.
    return Environment(  # noqa: S701
        loader=PackageLoader("neucobench.client"),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
