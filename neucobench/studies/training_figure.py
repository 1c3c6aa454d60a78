"""The figure of a training run: its losses, and the validation curve."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from neucobench.atomic import whole_file
from neucobench.reports.drawing import add_axes, draw_picture
from neucobench.reports.theme import ACCENT, CONTRAST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (7.2, 5.0)  # inches
_LEFTS, _TOPS = (0.7, 4.3), (0.65, 3.05)
_WIDTH, _HEIGHT = 2.7, 1.5

Rows = Sequence[dict[str, float]]


def write_figure(path: Path, rows: Rows, *, title: str) -> Path:
    """Draw the table of a run to a PNG file, and return its path.

    Args:
        path: the file.
        rows: the lines of the table, column to value.
        title: stands above it.
    """

    def draw(figure: "Figure") -> None:
        figure.text(0.02, 0.96, title, fontsize=11, fontweight="bold", va="center")
        panels = [
            add_axes(figure, left=left, top=top, width=_WIDTH, height=_HEIGHT)
            for top in _TOPS
            for left in _LEFTS
        ]
        _losses(panels[0], rows)
        _curve(panels[1], rows)
        _parts(panels[2], rows)
        _speed(panels[3], rows)

    picture = draw_picture(
        "training",
        "Training and validation loss, the validation curve, rate and distortion, and "
        "the learning rate, by step.",
        size=_SIZE,
        draw=draw,
    )
    with whole_file(path) as hidden:
        hidden.write_bytes(picture.png)
    return path


def _losses(axes: "Axes", rows: Rows) -> None:
    lines = {"training": _line(rows, "loss")}
    if any("validation_loss" in row for row in rows):
        lines["validation"] = _line(rows, "validation_loss")
    _draw_lines(axes, lines)
    _name(axes, "Loss", "step")


def _curve(axes: "Axes", rows: Rows) -> None:
    _steps, rates = _line(rows, "validation_bpppc")
    _steps, psnr = _line(rows, "validation_psnr")
    if psnr:
        axes.plot(rates, psnr, color=CONTRAST, lw=0.8, marker="o", ms=2.5)
        axes.plot(rates[-1], psnr[-1], color=CONTRAST, marker="o", ms=6)
        axes.annotate(
            "last", (rates[-1], psnr[-1]), xytext=(7, -3), textcoords="offset points"
        )
    else:
        axes.text(0.5, 0.5, "no validation", transform=axes.transAxes, ha="center")
    _name(axes, "Validation: PSNR in dB, peak 10,000", "bits per pixel per band")


def _parts(axes: "Axes", rows: Rows) -> None:
    lines = {
        "bits per pixel": _line(rows, "bpp"),
        "squared error x 10": (
            _line(rows, "mse")[0],
            [10 * value for value in _line(rows, "mse")[1]],
        ),
    }
    _draw_lines(axes, lines)
    _name(axes, "Training: rate and squared error", "step")


def _draw_lines(
    axes: "Axes", lines: dict[str, tuple[list[float], list[float]]]
) -> None:
    highest = 0.0
    for (label, (steps, values)), color in zip(
        lines.items(), (ACCENT, CONTRAST), strict=False
    ):
        axes.plot(steps, values, color=color, lw=1.2, label=label)
        # The first lines, and a step that exploded, would flatten the rest.
        usual = sorted(values)[: max(1, len(values) * 19 // 20)]
        highest = max([highest, *usual])
    axes.set_ylim(0, 1.35 * highest if highest else 1)
    axes.legend(loc="upper right", ncols=2)


def _speed(axes: "Axes", rows: Rows) -> None:
    axes.plot(*_line(rows, "learning_rate"), color=ACCENT, lw=1.2)
    axes.set_ylim(bottom=0)
    _name(axes, "Learning rate", "step")


def _line(rows: Rows, column: str) -> tuple[list[float], list[float]]:
    found = [(row["step"], row[column]) for row in rows if column in row]
    return [step for step, _value in found], [value for _step, value in found]


def _name(axes: "Axes", title: str, across: str) -> None:
    axes.set_title(title)
    axes.set_xlabel(across)
    axes.grid(axis="y")
