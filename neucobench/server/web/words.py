"""The rules of a phase in words, with the limits of this server."""

from neucobench.reports.phase_words import Saying, phase_sayings
from neucobench.server.challenges.phases import PhaseRecord

# Said beside the server's clock, with the date as an element of its own.
_DATES = ("Opens", "Closes")


def sayings(phase: PhaseRecord, largest: int | None = None) -> list[Saying]:
    """Return the rules of a phase, the dates left out.

    Args:
        phase: the phase.
        largest: the most bytes that the server takes, where that is stated.
    """
    rules = phase.rules
    if largest is not None:
        rules = rules.model_copy(update={"max_upload_bytes": largest})
    said = phase_sayings(
        rules,
        suite=phase.card.suite,
        protocol=phase.card.protocol,
        rule=phase.card.rule,
        baselines_count=phase.card.baselines_count,
    )
    return [item for item in said if item.term not in _DATES]


def file_sentence(phase: PhaseRecord, largest: int) -> str:
    """Return which files a phase accepts on a server that takes so many bytes."""
    return next(
        item.sentence for item in sayings(phase, largest) if item.term == "File"
    )
