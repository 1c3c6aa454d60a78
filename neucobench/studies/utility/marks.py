"""What the figures of a study have in common: series, labels, axes and notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from neucobench.encoders.codec_input import LEVEL
from neucobench.reports.scales import short
from neucobench.reports.theme import CONTRAST, MUTED, Mark, marks
from neucobench.studies.utility.point import Input, UtilityPoint
from neucobench.studies.utility.study import UtilityStudy

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Inches.
_ROW = 0.19  # of the legend
_MARK = 1.2  # what says that the data is synthetic
_LETTERS = 20  # of a note, on an inch
_WIDE = 20  # a ratio at which a small axis shows powers of ten alone
_THOUSANDS = ((1e9, " G"), (1e6, " M"), (1e3, " k"))


REFERENCE: dict[str, Any] = {
    "color": MUTED,
    "linewidth": 0.9,
    "linestyle": (0, (4, 2)),
}


@dataclass(frozen=True, kw_only=True)
class Series:
    """Hold the points of one line.

    Attributes:
        label: what the legend says.
        codec: the codec, or nothing.
        input: what the vectors were made from.
        points: in the order in which they were scored.
        mark: how they are drawn.
    """

    label: str
    codec: str
    input: Input
    points: Sequence[UtilityPoint]
    mark: Mark

    def as_options(self) -> dict[str, Any]:
        """Return matplotlib's options of a line with markers."""
        latents = self.input == "latents"
        return {
            "color": self.mark.color,
            "linewidth": 1.2,
            "linestyle": (0, (3, 1.5)) if latents else "-",
            "marker": self.mark.marker,
            "markersize": 4.2,
            "markerfacecolor": "none" if latents else self.mark.color,
            "markeredgewidth": 1.0 if latents else 0,
        }


def rate_series(study: UtilityStudy) -> list[Series]:
    """Return a line for each codec and input: its points at all rates."""
    groups: dict[tuple[str, Input], list[UtilityPoint]] = {}
    for point in study.swept("rate"):
        if point.setting is not None:
            groups.setdefault((point.setting.codec, point.input), []).append(point)
    what = {"decoded": f"{study.reader.name} of decoded cubes"}
    return [
        Series(
            label=f"{codec}: {what.get(kind, 'its own latents, pooled')}",
            codec=codec,
            input=kind,
            points=points,
            mark=mark,
        )
        for ((codec, kind), points), mark in zip(
            groups.items(), marks(len(groups)), strict=True
        )
    ]


def storage_series(study: UtilityStudy) -> list[Series]:
    """Return a line for each storage, and one for each codec's decoded cubes."""
    groups: dict[tuple[str, str], list[UtilityPoint]] = {}
    for point in study.swept("storage"):
        groups.setdefault((point.storage, ""), []).append(point)
    for point in study.swept("rate"):
        if point.setting is not None and point.input == "decoded":
            codec = point.setting.codec
            groups.setdefault((f"{codec}: streams", codec), []).append(point)
    return [
        Series(
            label=label,
            codec=codec,
            input="decoded" if codec else "original",
            points=points,
            mark=mark,
        )
        for ((label, codec), points), mark in zip(
            groups.items(), marks(len(groups)), strict=True
        )
    ]


def draw_labels(figure: "Figure", series: Sequence[Series], *, reference: str) -> None:
    """Draw the legend along the upper edge, the line of the reference last."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], label=short(item.label, 48), **item.as_options())
        for item in series
    ]
    handles.append(Line2D([], [], label=reference, **REFERENCE))
    columns = _columns(series)
    figure.legend(handles=handles, loc="upper left", ncols=columns, handlelength=2.6)


def labels_height(series: Sequence[Series]) -> float:
    """Return the inches that the legend takes, with the line of the reference."""
    return _ROW * -(-(len(series) + 1) // _columns(series)) + 0.1


def _columns(series: Sequence[Series]) -> int:
    """Return how many labels stand side by side: those of rates are long."""
    return 2 if all(item.codec for item in series) else 4


def log_axis(axes: Any, *, small: bool = False) -> None:
    """Make the horizontal axis logarithmic, with short numbers.

    Args:
        axes: with everything drawn.
        small: whether there is room for few numbers.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    low, high = axes.get_xlim()
    steps = (1.0,) if small and high / low > _WIDE else (1.0, 2.0, 5.0)
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=6))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: brief(value)))
    axes.xaxis.set_minor_formatter(NullFormatter())


def brief(value: float) -> str:
    """Return e.g. ``"20 k"`` for 20,000."""
    for size, unit in _THOUSANDS:
        if value >= size:
            return f"{value / size:.3g}{unit}"
    return f"{value:g}"


def write_notes(figure: "Figure", study: UtilityStudy, *, stored: bool = False) -> None:
    """Write what was coded, encoded and scored along the lower edge."""
    width = int(_LETTERS * (figure.get_size_inches()[0] - _MARK * study.synthetic))
    lines = wrap(" ".join(_notes(study, stored=stored)), width)
    figure.text(0.01, 0.012, "\n".join(lines), color=MUTED, fontsize=6.5, va="bottom")
    if study.synthetic:
        figure.text(
            0.99,
            0.012,
            "synthetic data",
            color=CONTRAST,
            fontsize=9,
            weight="bold",
            ha="right",
            va="bottom",
        )


def _notes(study: UtilityStudy, *, stored: bool) -> list[str]:
    protocol, tasks = study.reference.protocol["name"], len(study.tasks)
    notes = [f"{study.cubes:,} cubes, {tasks} tasks, protocol {protocol}."]
    if stored:
        notes.append(
            f"{study.reader.name} of the original cubes, shortened by "
            f"{study.request.reduce} and stored in fewer bytes; both fitted on them."
        )
    else:
        notes.append(
            f"Bits: the streams of the {LEVEL} pixels of all seasons, the mean over "
            "the cubes; as they are stored, without compression, they take "
            f"{brief(study.points[0].coding.bits)}bit. Pixels without data are filled, "
            "restored by a mask that counts among the bits, and no part of PSNR."
        )
    unchanged = study.passed_unchanged
    if unchanged:
        notes.append(
            f"{study.reader.name} also reads {' and '.join(unchanged)}, unchanged."
        )
    return notes
