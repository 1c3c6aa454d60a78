"""The ranks of every team, state by state, as one picture for each phase."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from neucobench.leaderboard.history import PhaseHistory, State
from neucobench.reports.drawing import Picture, add_axes, draw_picture
from neucobench.reports.scales import short
from neucobench.reports.theme import GRID, INK, MUTED, Mark, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LABEL = 24
_ROW = 0.21
_TICKS = 7


def rank_picture(
    states: Sequence[State], found: PhaseHistory, *, number: int
) -> Picture:
    """Return a picture of the ranks, state by state; a dot on a line is a swap.

    Args:
        states: the states of one phase, the oldest first.
        found: what they show.
        number: the phase's place, which names the picture.
    """
    teams = _last_order(states)
    height = _ROW * max(len(teams), 4)

    def draw(figure: "Figure") -> None:
        axes = add_axes(figure, left=0.45, top=0.15, width=6.1, height=height)
        for team, mark in zip(teams, marks(len(teams)), strict=True):
            _draw_team(axes, states, team, mark)
        _draw_swaps(axes, states, found)
        _label_places(axes, states, teams)
        _dress(axes, states)

    return draw_picture(
        f"ranks-{number}",
        f"Ranks of {len(teams)} teams over {len(states)} states of the phase "
        f"{found.phase}.",
        size=(8.6, height + 0.75),
        draw=draw,
    )


def _last_order(states: Sequence[State]) -> list[str]:
    """Return all teams: those of the last state in its order, then those that left."""
    last = states[-1].rows
    there = sorted(last, key=lambda team: last[team].rank)
    gone = sorted({team for state in states for team in state.rows} - set(there))
    return there + gone


def _draw_team(axes: "Axes", states: Sequence[State], team: str, mark: Mark) -> None:
    ranks = [
        state.rows[team].rank if team in state.rows else np.nan for state in states
    ]
    axes.plot(
        range(1, len(states) + 1),
        ranks,
        drawstyle="steps-post",
        color=mark.color,
        linewidth=1.6 if mark.named else 0.8,
        zorder=3 if mark.named else 2,
    )


def _draw_swaps(axes: "Axes", states: Sequence[State], found: PhaseHistory) -> None:
    """Draw a dot on both lines wherever two teams swapped without a submission."""
    steps = {state.time: step for step, state in enumerate(states)}
    dots = {
        (steps[swap.after] + 1, states[steps[swap.after]].rows[team].rank)
        for swap in found.swaps
        for team in swap.teams
    }
    if dots:
        places, ranks = zip(*sorted(dots), strict=True)
        axes.plot(
            places,
            ranks,
            linestyle="none",
            marker="o",
            markersize=3.4,
            markerfacecolor=INK,
            markeredgewidth=0,
            zorder=4,
        )


def _label_places(axes: "Axes", states: Sequence[State], teams: list[str]) -> None:
    last = states[-1]
    taken: dict[int, list[str]] = {}
    for team in teams:
        if team in last.rows:
            taken.setdefault(last.rows[team].rank, []).append(team)
    for rank, names in taken.items():
        axes.annotate(
            short(" = ".join(names), _LABEL),
            (1.0, rank),
            xycoords=("axes fraction", "data"),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            fontsize=7.5,
            color=INK,
            annotation_clip=False,
        )


def _dress(axes: "Axes", states: Sequence[State]) -> None:
    most = max((row.rank for state in states for row in state.rows.values()), default=1)
    steps = sorted({round(step) for step in np.linspace(1, len(states), _TICKS)})
    axes.set_xticks(steps, [f"{step}\n{states[step - 1].time:%d %b}" for step in steps])
    axes.set_xlabel("State, and its day")
    axes.set_ylim(most + 0.6, 0.4)
    axes.set_yticks(range(1, most + 1))
    axes.set_ylabel("Rank")
    axes.margins(x=0.01)
    axes.grid(axis="y", color=GRID)
    axes.tick_params(axis="x", colors=MUTED)
