"""Everything the template of a history page is given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from neucobench import __version__
from neucobench.leaderboard.history import PhaseHistory, State, Swap, replay
from neucobench.reports.drawing import Picture
from neucobench.reports.history_figure import rank_picture


@dataclass(frozen=True, kw_only=True)
class SwapRow:
    """Hold one swap: two teams, and where they stood before and after.

    Attributes:
        before: the time of the state before.
        after: the time of the state after.
        teams: the two; the one that came out ahead first.
        ranks: their ranks before and after, as ``((before, after), (before, after))``.
        mean_q: their mean Q, in neither state another one.
        step: the number of the state after, within its phase.
    """

    before: str
    after: str
    teams: tuple[str, str]
    ranks: tuple[tuple[int, int], tuple[int, int]]
    mean_q: tuple[float, float]
    step: int


@dataclass(frozen=True, kw_only=True)
class PhaseView:
    """Hold one phase of a history.

    Attributes:
        key: names its parts on the page.
        found: what its states show.
        first: the time of the first state.
        last: the time of the last one.
        swaps: who changed places without having submitted.
        rows: the last state: rank, team, mean Q.
        picture: ranks over time.
        data: every state, for the page's script.
    """

    key: str
    found: PhaseHistory
    first: str
    last: str
    swaps: list[SwapRow]
    rows: list[tuple[int, str, float]]
    picture: Picture
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class HistoryView:
    """Hold what a history page says.

    Attributes:
        version: of NeuCo-Bench.
        title: the page's heading.
        phases: the phases, in the order of their first states.
        states: how many states there are in all.
        swaps: how many swaps in all.
        transitions: between how many pairs of states they happened.
    """

    version: str
    title: str
    phases: list[PhaseView]
    states: int
    swaps: int
    transitions: int


def history_view(states: Iterable[State], *, title: str) -> HistoryView:
    """Return the content of a history page.

    Args:
        states: the states of a board, of one or more phases.
        title: the page's heading.
    """
    ordered = sorted(states, key=lambda state: state.time)
    phases = [
        phase_view(
            [state for state in ordered if state.phase == found.phase],
            found,
            number=number,
        )
        for number, found in enumerate(replay(ordered), start=1)
    ]
    return HistoryView(
        version=__version__,
        title=title,
        phases=phases,
        states=len(ordered),
        swaps=sum(len(phase.swaps) for phase in phases),
        transitions=sum(phase.found.transitions for phase in phases),
    )


def phase_view(
    states: Sequence[State], found: PhaseHistory, *, number: int = 1
) -> PhaseView:
    """Return one phase of a history.

    Args:
        states: its states, the oldest first.
        found: what they show.
        number: its place among the phases.
    """
    last = states[-1].rows.values()
    return PhaseView(
        key=f"phase-{number}",
        found=found,
        first=_moment(found.first),
        last=_moment(found.last),
        swaps=_swap_rows(states, found.swaps),
        rows=[
            (row.rank, row.team, row.mean_q)
            for row in sorted(last, key=lambda row: (row.rank, -row.mean_q, row.team))
        ],
        picture=rank_picture(states, found, number=number),
        data=_data(states, found),
    )


def _swap_rows(states: Sequence[State], swaps: Sequence[Swap]) -> list[SwapRow]:
    steps = {state.time: step for step, state in enumerate(states)}
    rows = []
    for swap in swaps:
        before, after = (states[steps[time]].rows for time in (swap.before, swap.after))
        one, two = sorted(swap.teams, key=lambda team: (after[team].rank, team))
        rows.append(
            SwapRow(
                before=_moment(swap.before),
                after=_moment(swap.after),
                teams=(one, two),
                ranks=(
                    (before[one].rank, after[one].rank),
                    (before[two].rank, after[two].rank),
                ),
                mean_q=(after[one].mean_q, after[two].mean_q),
                step=steps[swap.after],
            )
        )
    return rows


def _data(states: Sequence[State], found: PhaseHistory) -> dict[str, Any]:
    """Return every state for the script: names once, then numbers.

    A state is its time, its rows (team, rank, mean Q), and the teams that have swapped.
    """
    teams = sorted({team for state in states for team in state.rows})
    number = {team: place for place, team in enumerate(teams)}
    swapped: dict[datetime, set[int]] = {}
    for swap in found.swaps:
        swapped.setdefault(swap.after, set()).update(number[x] for x in swap.teams)
    return {
        "teams": teams,
        "states": [
            [
                _moment(state.time),
                [
                    [number[row.team], row.rank, row.mean_q]
                    for row in sorted(
                        state.rows.values(),
                        key=lambda row: (row.rank, -row.mean_q, row.team),
                    )
                ],
                sorted(swapped.get(state.time, ())),
            ]
            for state in states
        ],
    }


def _moment(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M}"
