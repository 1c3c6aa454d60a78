"""Task cards and suites: what is asked of an embedding, and what belongs together.

The cards are ``tasks/<name>.toml``, the suites ``tasks/suites/<name>.toml``.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from neucobench.content import card_path, card_paths, load_card
from neucobench.errors import CardError

TaskType = Literal["regression", "classification"]
Metric = Literal["r2", "f1"]

SECTION = "tasks"
SUITE_SECTION = "tasks/suites"

METRICS: dict[TaskType, Metric] = {"regression": "r2", "classification": "f1"}

Text = Annotated[str, Field(min_length=1)]
Year = Annotated[int, Field(ge=1970, le=2100)]


class TaskCard(BaseModel):
    """Describe one task: its question, its labels, and where they come from.

    Attributes:
        name: the task's name, and the stem of its label file up to ``__``.
        title: a short name for tables and figures.
        question: what is asked, in plain language.
        type: regression or classification.
        metric: R2 for a regression, F1 for a classification.
        unit: the unit of a label.
        region: where the cubes lie.
        image_years: first and last year of the images.
        label_years: first and last year of the labels.
        samples: published number of labeled cubes.
        label_source: what the labels were taken from.
        label_url: a public page about that source.
        label_license: the licence of that source.
        citation: the publication to cite.
        in_challenge_2025: whether the 2025 EarthVision challenge used the task.
        revision: counts up when labels or meaning change.
        aliases: other names of the label file, as a task name or a whole stem.
        notes: what a reader should know, where sources disagree for instance.
        classes: label value, as text, to 0 or 1, for labels that are neither.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    title: Text
    question: Text
    type: TaskType
    metric: Metric
    unit: Text
    region: Text
    image_years: tuple[Year, Year]
    label_years: tuple[Year, Year]
    samples: Annotated[int, Field(gt=0)]
    label_source: Text
    label_url: Annotated[str, Field(pattern=r"^https://")] | None = None
    label_license: Text
    citation: Text | None = None
    in_challenge_2025: Literal["yes", "no", "unknown"]
    revision: Annotated[int, Field(ge=1)]
    aliases: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    classes: dict[str, Literal[0, 1]] | None = None

    @model_validator(mode="after")
    def _agree(self) -> "TaskCard":
        metric = METRICS[self.type]
        if self.metric != metric:
            raise ValueError(f"a {self.type} is scored by {metric}, not {self.metric}")
        for years in (self.image_years, self.label_years):
            if years[0] > years[1]:
                raise ValueError(f"the years {list(years)} are not in order")
        if self.classes is not None:
            self._check_classes(self.classes)
        return self

    def _check_classes(self, classes: dict[str, Literal[0, 1]]) -> None:
        if self.type != "classification":
            raise ValueError("only a classification has classes")
        if set(classes.values()) != {0, 1}:
            raise ValueError("classes must map to both 0 and 1")
        for label in classes:
            try:
                float(label)
            except ValueError:
                raise ValueError(f"the class {label!r} is not a number") from None

    def as_dict(self) -> dict[str, Any]:
        """Return the card as plain JSON types."""
        return self.model_dump(mode="json")


class Suite(BaseModel):
    """Name a set of tasks that are scored together.

    Attributes:
        name: the suite's name.
        title: a short name for tables and figures.
        description: what the set is.
        tasks: names of task cards, in alphabetical order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Text
    title: Text
    description: Text
    tasks: Annotated[tuple[Text, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _sorted(self) -> "Suite":
        if list(self.tasks) != sorted(set(self.tasks)):
            raise ValueError("tasks must be in alphabetical order, each named once")
        return self

    def as_dict(self) -> dict[str, Any]:
        """Return the suite as plain JSON types."""
        return self.model_dump(mode="json")


def task_names() -> list[str]:
    """Return the names of all task cards, sorted."""
    return list(card_paths(SECTION))


def task_card(name: str) -> TaskCard:
    """Return the card of a task.

    Raises:
        UnknownNameError: when no card has that name.
        CardError: when the card cannot be read.
    """
    return load_card(card_path(SECTION, "task", name), TaskCard)


def card_aliases() -> dict[str, str]:
    """Return every alias on a card, alias to task name, sorted by alias.

    Raises:
        CardError: when an alias stands for two tasks, or is the name of another.
    """
    found: dict[str, str] = {}
    names = task_names()
    for name in names:
        for alias in task_card(name).aliases:
            other = alias if alias in names else found.setdefault(alias, name)
            if other != name:
                raise CardError(
                    f"The alias {alias!r} on the card of the task {name!r} already "
                    f"stands for {other!r}; remove it from one of the two cards."
                )
    return dict(sorted(found.items()))


def suite_names() -> list[str]:
    """Return the names of all suites, sorted."""
    return list(card_paths(SUITE_SECTION))


def suite(name: str) -> Suite:
    """Return a suite, whose tasks all have a card.

    Raises:
        UnknownNameError: when no suite has that name.
        CardError: when the card cannot be read or names a task without a card.
    """
    path = card_path(SUITE_SECTION, "suite", name)
    found = load_card(path, Suite)
    missing = sorted(set(found.tasks) - set(task_names()))
    if missing:
        raise CardError(
            f"{path}: there is no card for the task {missing[0]!r}; add "
            f"{SECTION}/{missing[0]}.toml or correct the suite."
        )
    return found
