"""Make a challenge from a board card and a folder of labels."""

import re
import shutil
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from neucobench.atomic import hidden_path, remove_leftovers
from neucobench.errors import CardError
from neucobench.leaderboard.card import BoardCard, Phase, board_card
from neucobench.server.accounts.locks import hold
from neucobench.server.audit import record
from neucobench.server.challenges.codes import draw_codes
from neucobench.server.challenges.label_store import (
    IDS,
    LABELS,
    PhaseLabels,
    read_phase_labels,
    store_phase_labels,
)
from neucobench.server.challenges.phases import PhaseRecord, list_phases
from neucobench.server.context import Context
from neucobench.server.refusals import Conflict
from neucobench.server.tables import Challenge, ChallengePhase

# They stand in addresses and are names of folders.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")


def create_challenge(
    context: Context,
    board: str,
    *,
    labels: Path,
    ids: Path | None = None,
    actor: str,
) -> list[PhaseRecord]:
    """Make a challenge, whose labels are copied into the server's folder.

    Args:
        context: the server's.
        board: the name of a board card with phases.
        labels: a folder of label files; one of its folders that has a phase's name
            holds those of that phase.
        ids: the ids that a submission must cover; None takes the labeled ones.
        actor: who does it, for the audit log.

    Returns:
        its phases, in the card's order.

    Raises:
        UnknownNameError: when there is no such card.
        CardError: when the card has no phases, or names that cannot stand in an
            address.
        Conflict: when there is such a challenge already.
        InputError: when the labels or ids cannot be used.
    """
    card = board_card(board)
    _require_challenge(card)
    found = read_phase_labels(card, labels, ids=ids)
    folder = context.settings.challenges / card.name
    remove_leftovers(folder.parent)
    hidden = hidden_path(folder)
    hidden.mkdir(mode=0o700)
    try:
        for item in found:
            store_phase_labels(item, hidden / item.phase)
        _store(context, card, found, hidden=hidden, folder=folder, actor=actor)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)
    return [item for item in list_phases(context) if item.challenge == card.name]


def _store(
    context: Context,
    card: BoardCard,
    found: list[PhaseLabels],
    *,
    hidden: Path,
    folder: Path,
    actor: str,
) -> None:
    """Add the rows and put the folder in its place, in one transaction."""
    moved = False
    try:
        with context.database.write() as session:
            hold(session, "phase keys")
            challenge = _add_challenge(context, session, card)
            for phase, item in zip(card.phases, found, strict=True):
                _add_phase(context, session, challenge, phase, item)
            record(context, session, actor, "challenge-created", card.name)
            session.flush()
            # What lies there without a row was left by a creation that was killed.
            shutil.rmtree(folder, ignore_errors=True)
            hidden.rename(folder)
            moved = True
    except BaseException:
        if moved:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def _add_challenge(context: Context, session: Session, card: BoardCard) -> Challenge:
    challenge = Challenge(
        name=card.name, card=card.as_dict(), created=context.clock(), archived=None
    )
    session.add(challenge)
    try:
        session.flush()
    except IntegrityError as error:
        raise Conflict(
            f"There is a challenge {card.name!r} on this server already. Copy the card "
            "under another name to run it again, or change the dates of its phases "
            "with: neucobench admin challenge dates"
        ) from error
    return challenge


def _add_phase(
    context: Context,
    session: Session,
    challenge: Challenge,
    phase: Phase,
    found: PhaseLabels,
) -> None:
    key = _free_key(session, challenge.name, phase.name)
    place = Path("challenges") / challenge.name / phase.name
    session.add(
        ChallengePhase(
            challenge_id=challenge.id,
            key=key,
            name=phase.name,
            settings=phase.model_dump(mode="json"),
            labels=str(place / LABELS),
            ids=str(place / IDS),
            codes=draw_codes(context.secret, key, found.tasks),
            closed=None,
        )
    )
    session.flush()


def _free_key(session: Session, challenge: str, name: str) -> str:
    """Return the first key that no phase has: the name, or one with the challenge's."""
    wanted = [name, f"{challenge}-{name}"]
    wanted += [f"{challenge}-{name}-{number}" for number in range(2, 100)]
    query = select(ChallengePhase.key).where(ChallengePhase.key.in_(wanted))
    taken = set(session.scalars(query))
    return next(key for key in wanted if key not in taken)


def _require_challenge(card: BoardCard) -> None:
    if not card.phases:
        raise CardError(
            f"The board {card.name!r} has no phases, so it is no challenge; add "
            "[[phases]] to a card of your own, with a name, opens and closes."
        )
    for name in (card.name, *(phase.name for phase in card.phases)):
        if not _NAME.fullmatch(name) or name.endswith("."):
            raise CardError(
                f"The name {name!r} cannot stand in an address; names of challenges "
                "and phases have 1 to 80 letters, digits, '.', '_' and '-'. Rename it "
                "on the card."
            )
