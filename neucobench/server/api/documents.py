"""The documents that the API answers with; the OpenAPI schema is made from them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from neucobench.findings import Level
from neucobench.server.challenges.phases import State
from neucobench.server.tables.submissions import Status

Moment = Annotated[
    str,
    Field(
        description="UTC, to the second.",
        examples=["2026-05-04T12:00:00Z"],
        json_schema_extra={"format": "date-time"},
    ),
]


class Document(BaseModel):
    """Serve as the base of every document."""

    model_config = ConfigDict(frozen=True)


class FindingDocument(Document):
    """Hold what the check noticed about a file."""

    code: str
    level: Level
    message: str
    task: str | None
    count: int


class ErrorDocument(Document):
    """Hold a refusal: a sentence, and what the check found where a file was sent."""

    error: str = Field(examples=["There is no phase named 'tset'. Known: 'test'."])
    findings: list[FindingDocument] = []


class HealthDocument(Document):
    """Say how the server is, and how much it has to do."""

    status: Literal["ok"] = "ok"
    queued: int
    running: int
    oldest_queued_seconds: float | None


class AnnouncementDocument(Document):
    """Hold a message of the hosts."""

    text: str
    created: Moment


class PhaseSummaryDocument(Document):
    """Name a phase and its dates."""

    phase: str = Field(description="What addresses name it by.", examples=["practice"])
    name: str
    state: State
    opens: Moment
    closes: Moment


class ChallengeDocument(Document):
    """Describe a challenge."""

    challenge: str = Field(examples=["sample-world"])
    title: str
    description: str
    suite: str
    protocol: str
    rule: str
    archived: bool
    phases: list[PhaseSummaryDocument]
    announcements: list[AnnouncementDocument]


class QuotaDocument(Document):
    """Say how many scores a team has used; null where there is no limit."""

    per_day: int | None
    total: int | None
    used_today: int
    used: int
    waiting: int = Field(description="Queued or running; they hold their place.")
    left: int | None


class PhaseDocument(PhaseSummaryDocument):
    """Describe a phase: where it stands and what its rules are."""

    schema_: Literal["neucobench/rules/1"] = Field(
        "neucobench/rules/1", serialization_alias="schema"
    )
    server: str
    challenge: str
    title: str
    description: str
    suite: str
    protocol: str
    rule: str
    baselines: list[str]
    baselines_count: bool
    settings: dict[str, Any] = Field(description="The phase as the card has it.")
    closed: Moment | None = Field(description="When a host closed it early.")
    now: Moment = Field(description="The server's clock, which decides.")
    quota: QuotaDocument | None = Field(description="Of the team that asks.")


class AcceptedDocument(Document):
    """Say that a submission stands in the queue."""

    id: str = Field(examples=["0f3c8a5e1b7d4c2e9a6f8b0d1e2c3a4f"])
    status: Status
    position: int | None


class SubmissionSummaryDocument(Document):
    """Say how far a submission has come."""

    id: str
    status: Status
    phase: str
    method: str
    public: bool
    baseline: bool
    chosen: bool
    created: Moment
    started: Moment | None
    scored: Moment | None
    position: int | None = Field(description="In the queue; 1 is next.")
    mean_q: float | None = Field(description="As the phase reveals it.")


class SubmissionDocument(SubmissionSummaryDocument):
    """Say all that the visitor may know about a submission."""

    team: str | None
    message: str
    findings: list[FindingDocument]
    result: dict[str, Any] | None = Field(description="What the phase reveals.")


class EntryDocument(Document):
    """Hold what stands beside a row of the board."""

    id: str = Field(description="Of the submission.")
    label: str = Field(description="The row's `method`.")
    method: str
    team: str
    baseline: bool
    transductive: bool
    verified: bool
    card: dict[str, str]
    created: Moment
    scored: Moment | None
    dims: int
    bytes_per_vector: int
    version: int = Field(description="Of the score; `rescore` makes another one.")
    scorer: str = Field(description="The version of NeuCo-Bench that scored it.")


class StandingRowDocument(Document):
    """Hold one row of an earlier state; a baseline has no team, and maybe no rank."""

    rank: int | None
    team: str
    method: str
    mean_q: float


class StateDocument(Document):
    """Hold one state of a board: since when, and its rows, best first."""

    created: Moment
    rows: list[StandingRowDocument]


class BoardRowDocument(Document):
    """Hold one row of a board."""

    rank: int | None
    rank_interval: list[int] | None
    method: str
    score: float | None
    mean_q: float | None
    mean_score: float | None
    tasks: dict[str, Any]
    baseline: bool
    evaluation: str | None


class BoardDocument(Document):
    """Hold ``board.json``."""

    schema_: Literal["neucobench/board/1"] = Field(alias="schema")
    board: str | None
    suite: str | None
    protocol: str | None
    rule: str
    entries: list[BoardRowDocument]
    weights: dict[str, float] | None
    unranked: list[dict[str, Any]]
