"""Board cards: what a board ranks, by which rule, and the phases of a challenge.

The cards are ``leaderboard/boards/<name>.toml``. Where the labels lie is never on one.
"""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from neucobench.content import card_path, card_paths, load_card
from neucobench.errors import CardError, UnknownNameError
from neucobench.evaluation.protocol import protocol
from neucobench.scoring.ranking import Rule
from neucobench.tasks.card import suite

SECTION = "leaderboard/boards"

Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]


class Phase(BaseModel):
    """Describe one phase of a challenge; what was not stated is None.

    Attributes:
        name: the phase's name.
        opens: when submissions are first accepted, UTC.
        closes: when they are last accepted, UTC.
        quota_per_day: scored submissions per team and day.
        quota_total: scored submissions per team in the whole phase.
        counts: which submission of a team counts.
        reveals: what a team learns about its submission.
        reveals_ids: whether messages name ids that a file lacks; where it is not
            stated, only if everything is revealed.
        private_submissions: whether a team may keep one off the board.
        transductive: whether an encoder may have seen the cubes that are scored.
        dims: the longest vector that is accepted.
        max_vector_bytes: the most bytes of a vector, as it is stored.
        max_upload_bytes: the largest file that is accepted.
        failed_probes_allowed: how many folds of a task may end without a score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: Text
    opens: AwareDatetime
    closes: AwareDatetime
    quota_per_day: Count | None = None
    quota_total: Count | None = None
    counts: Literal["last-public", "best-public", "chosen"] = "last-public"
    reveals: Literal["mean-q", "coded-tasks", "everything"] = "mean-q"
    reveals_ids: bool | None = None
    private_submissions: bool = False
    transductive: bool | None = None
    dims: Count | None = None
    max_vector_bytes: Count | None = None
    max_upload_bytes: Count | None = None
    failed_probes_allowed: Annotated[int, Field(ge=0)] = 0

    @property
    def names_ids(self) -> bool:
        """Return whether messages name ids that a file lacks."""
        if self.reveals_ids is None:
            return self.reveals == "everything"
        return self.reveals_ids

    @model_validator(mode="after")
    def _check_times(self) -> "Phase":
        for moment in (self.opens, self.closes):
            if moment.utcoffset():
                raise ValueError(f"{moment.isoformat()} is not in UTC; end it with Z")
        if self.opens >= self.closes:
            raise ValueError(f"the phase {self.name!r} closes before it opens")
        return self


class BoardCard(BaseModel):
    """Describe a board.

    Attributes:
        name: the board's name.
        title: its heading.
        description: what it ranks, and how.
        suite: the tasks that it ranks.
        protocol: how they are scored.
        rule: how scores become ranks.
        baselines: methods that are listed, but not ranked.
        baselines_count: rank the baselines as any other entry.
        phases: the phases of a challenge.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    title: Text
    description: Text
    suite: Text
    protocol: Text
    rule: Rule
    baselines: tuple[Text, ...] = ()
    baselines_count: bool = False
    phases: tuple[Phase, ...] = ()

    @model_validator(mode="after")
    def _check_phases(self) -> "BoardCard":
        names = [phase.name for phase in self.phases]
        if len(names) != len(set(names)):
            raise ValueError(f"two phases have the same name among {names}")
        return self

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON types."""
        return self.model_dump(mode="json")


def board_card_names() -> list[str]:
    """Return the names of all board cards, sorted."""
    return list(card_paths(SECTION))


def board_card(name: str) -> BoardCard:
    """Return a board card, whose suite and protocol exist.

    Raises:
        UnknownNameError: when no board has that name.
        CardError: when the card cannot be read, or names a suite or protocol that does
            not exist.
    """
    path = card_path(SECTION, "board", name)
    card = load_card(path, BoardCard)
    try:
        suite(card.suite)
        protocol(card.protocol)
    except UnknownNameError as error:
        raise CardError(f"{path}: {error}") from error
    return card
