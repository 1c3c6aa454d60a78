"""What ``codec inpaint`` and ``codec inpaint-evaluate`` tell: as text, and as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from neucobench.cli import console

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from neucobench.codecs.base import CodecIdentity
    from neucobench.codecs.inpainting.inpaint_file import InpaintReport
    from neucobench.codecs.inpainting.options import FillOptions
    from neucobench.codecs.inpainting.samples import Summary

_DIGITS = {
    "psnr": ("PSNR dB", 2),
    "rmse": ("RMSE", 1),
    "mae": ("MAE", 1),
    "sam": ("SAM °", 2),
    "ssim": ("SSIM", 4),
    "sam_spectral": ("spectral °", 2),
}
_SMALL = 4  # digits of errors of reflectance between 0 and 1


def filled(report: "InpaintReport") -> str:
    """Return what was filled, as a few sentences for the terminal."""
    shape = " x ".join(map(str, report.stack.shape))
    cloudy = ", ".join(f"{share:.1%}" for share in report.cloudy)
    return (
        f"{report.out}: {shape} (time, band, y, x), cloudy by season {cloudy}; "
        f"{report.clipped:,} clipped to the range of the type, {report.moved:,} moved "
        f"off the no-data value. Took {report.seconds:.1f} s, peak memory "
        f"{report.peak_memory / 1e6:,.0f} MB."
    )


def filled_document(
    report: "InpaintReport", identity: "CodecIdentity", options: "FillOptions"
) -> dict[str, Any]:
    """Return what was filled, as ``--json`` prints it."""
    return {
        "in": str(report.source),
        "out": str(report.out),
        "shape": list(report.stack.shape),
        "codec": codec_document(identity),
        "options": vars(options),
        "cloudy": list(report.cloudy),
        "clipped": report.clipped,
        "moved": report.moved,
        "left_out": report.left_out,
        "quality": {
            name: _finite(quality.as_dict()) for name, quality in report.quality.items()
        },
        "seconds": report.seconds,
        "peak_memory": report.peak_memory,
        "findings": [finding.as_dict() for finding in report.findings],
    }


def codec_document(identity: "CodecIdentity") -> dict[str, Any]:
    """Return which codec filled, as ``--json`` prints it."""
    return {
        "name": identity.name,
        "rate": identity.rate,
        "weights": identity.weights,
    }


def show_quality(report: "InpaintReport") -> None:
    """Print how far each way to fill is from the truth, on standard output."""
    pixels = next(iter(report.quality.values())).pixels
    left = f", {report.left_out:,} left out" if report.left_out else ""
    table = Table(title=f"{pixels:,} cloudy pixels{left}; peak 10,000")
    names = ("psnr", "rmse", "mae", "sam", "ssim")
    table.add_column("filled by")
    for name in names:
        table.add_column(_DIGITS[name][0], justify="right")
    for method, quality in report.quality.items():
        measures = quality.as_dict()
        table.add_row(method, *(_figure(name, measures[name]) for name in names))
    console.output.print(table)


def show_summaries(summaries: "Sequence[Summary]", *, title: str) -> None:
    """Print the mean figures of an evaluation, on standard output."""
    names = [name for name in _DIGITS if name in summaries[0].measures]
    small = "pixels" not in summaries[0].measures
    table = Table(title=title)
    for column in ("clouds", "filled by"):
        table.add_column(column)
    for column in ("samples", *(_DIGITS[name][0] for name in names)):
        table.add_column(column, justify="right")
    for row in summaries:
        table.add_row(
            row.bin,
            row.method,
            str(row.samples),
            *(_figure(name, row.measures[name], small=small) for name in names),
            end_section=row is _last_of(summaries, row.bin),
        )
    console.output.print(table)


def draw(
    path: Path,
    report: "InpaintReport",
    clouds: "NDArray[np.bool_]",
    truth: "NDArray[np.float32] | None",
    codec: str,
) -> None:
    """Draw the cloudiest season that was filled, and say where."""
    from neucobench.studies.inpainting_figure import FilledSeason, write_figure

    season = max(range(len(report.cloudy)), key=report.cloudy.__getitem__)
    write_figure(
        path,
        FilledSeason(
            stack=report.stack,
            clouds=clouds,
            filled=report.filled,
            truth=truth,
            season=season,
            codec=codec,
        ),
    )
    console.say(f"Figure: {path}.")


def _figure(name: str, value: float, *, small: bool = False) -> str:
    digits = _SMALL if small and name in ("mae", "rmse") else _DIGITS[name][1]
    return f"{value:.{digits}f}"


def _finite(measures: Mapping[str, float]) -> dict[str, float | None]:
    from neucobench.codecs.inpainting.samples import finite

    return {name: finite(value) for name, value in measures.items()}


def _last_of(summaries: "Sequence[Summary]", group: str) -> "Summary":
    return [row for row in summaries if row.bin == group][-1]
