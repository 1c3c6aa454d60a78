"""Published entries as ``leaderboard/results`` keeps them, one folder for each.

::

    results/<method>/<revision>/
    ├── method.toml         the method card
    └── evaluation.json     its evaluation, from which 'board build' ranks it

A revision is named by the time of the submission and the digest of the evaluation: an
entry that has not changed has the same name in every export.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Any

from sqlalchemy import select

from neucobench.evaluation.folder import safe_name
from neucobench.evaluation.result import FILE_NAME, evaluation_from_dict
from neucobench.leaderboard.reveal import reveal_evaluation
from neucobench.server.boards.entries import EntryFacts
from neucobench.server.challenges.phases import PhaseRecord
from neucobench.server.clock import stamp
from neucobench.server.context import Context
from neucobench.server.submissions.form import CARD_FIELDS
from neucobench.server.tables import Score

CARD = "method.toml"
RESULTS = "results"


def write_entries(
    context: Context, phase: PhaseRecord, entries: Sequence[EntryFacts], folder: Path
) -> dict[str, Path]:
    """Write the folder of every entry; return each one's evaluation by its label.

    Args:
        context: the server's.
        phase: a phase that reveals everything.
        entries: those that its board shows.
        folder: the folder of the phase's board; ``results`` is made in it.
    """
    assert phase.rules.reveals == "everything", "a blind phase publishes no evaluations"
    written: dict[str, Path] = {}
    for entry in entries:
        evaluation = evaluation_from_dict(_stored(context, entry), source=entry.id)
        named = replace(evaluation, method=entry.label)
        document = reveal_evaluation(named, phase.rules, phase.codes)
        text = json.dumps(document, indent=2, allow_nan=False) + "\n"
        place = folder / RESULTS / safe_name(entry.label) / _revision(entry, text)
        place.mkdir(parents=True)
        (place / FILE_NAME).write_text(text, encoding="utf-8", newline="\n")
        card = method_card(entry, phase)
        (place / CARD).write_text(card, encoding="utf-8", newline="\n")
        written[entry.label] = place / FILE_NAME
    return written


def method_card(entry: EntryFacts, phase: PhaseRecord) -> str:
    """Return the card of an entry as TOML."""
    content: dict[str, str | int | bool] = {
        "method": entry.label,
        "team": entry.team,
        "challenge": phase.challenge,
        "phase": phase.name,
        "submitted": stamp(entry.created),
        "scorer": entry.scorer,
        "dims": entry.dims,
        "bytes_per_vector": entry.bytes_per_vector,
        "baseline": entry.baseline,
        "transductive": entry.transductive,
        "verified": entry.verified,
        **{name: text for name in CARD_FIELDS if (text := entry.card.get(name))},
    }
    return "".join(f"{name} = {_toml(value)}\n" for name, value in content.items())


def _toml(value: str | int | bool) -> str:
    if isinstance(value, str):
        # A JSON string is a TOML string, but for one control character.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower()


def _revision(entry: EntryFacts, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{entry.created.astimezone(UTC):%Y%m%dT%H%M%SZ}-{digest}"


def _stored(context: Context, entry: EntryFacts) -> dict[str, Any]:
    wanted = select(Score.evaluation).where(
        Score.submission_id == entry.id, Score.version == entry.version
    )
    with context.database.read() as session:
        stored: dict[str, Any] = session.execute(wanted).scalar_one()
    return stored
