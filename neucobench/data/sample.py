"""The sample world: a small synthetic data set in the layout of the real one.

Nothing in it was observed. Places are invented, their pictures computed
(``neucobench.data.world``), and the labels are the generator's own truth, so that
everything downstream can be tried, tested and shown offline. It is marked wherever it
shows: every id begins with ``synthetic-``, every cube's attributes say so, and so do
``SYNTHETIC.md`` and ``sample.json`` beside the data.

Cubes are dealt in blocks of twenty, and each task has labels for some of them. Of 200
cubes: 200 for no data, 130 for land cover (clear skies), 120 for clouds and the two
random controls, 120 for the presence of a ship (where there is water) and 60 for its
row and column (where there is a ship), 110 for biomass and for crops, 100 for heat. In
the real set the groups do not overlap; here they must, to be large enough.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from neucobench.atomic import remove_leftovers, write_text
from neucobench.data.bands import MODALITIES
from neucobench.data.world.cube import Place, draw_place, labels, observe
from neucobench.data.world.record import (
    RECORD,
    SampleSettings,
    check_folder,
    check_settings,
    record_text,
)
from neucobench.data.world.scenes import SEASONS
from neucobench.data.world.surface import PIXEL_M
from neucobench.data.writer import write_cube_file
from neucobench.findings import SYNTHETIC_PREFIX
from neucobench.machine import reading_threads

_VERSION = 1
_PART = 1000
_CLASSIFICATION = ("random_cls", "ships_presence")
_NOTICE = """# Synthetic data

Nothing in this folder was observed. NeuCo-Bench invented the places, computed the
pictures and took the labels from its own truth (`neucobench data sample`, version
{version}, seed {seed}, {size} x {size} pixels). Scores on it say that software works;
they say nothing about the Earth, and must not be published as if they did.

* `data/<modality>/part-NNNNNN/<id>.zarr.zip`: array `bands`, (sample, season, band, y,
  x), one sample, the seasons in the order {seasons}, 10 m a pixel.
* `s2l2a` and `s2l1c`: int16, reflectance x 10,000 **without** the +1000 that
  SSL4EO-S12 v1.1 adds, as in SSL4EO-S12-downstream. 0 is no data; a measured pixel is
  at least 1.
* `s1`: float32, VV and VH in dB. It has no missing pixels.
* `labels/<task>__<type>.csv`: fractions of the scene (land cover; crops are maize and
  soybean; agriculture also counts grassland), Mg/ha (biomass, over the land), degrees
  Celsius (summer surface temperature), pixels from the upper left (ships), and the mean
  over the four seasons (clouds, and no data in Sentinel-2).
"""


@dataclass(frozen=True, kw_only=True)
class SampleWorld:
    """Report a finished sample world.

    Attributes:
        folder: where it is; ``data/`` and ``labels/`` are below it.
        settings: what it was made from.
        written: how many cube files were written now.
        kept: how many were there already.
        rows: labels per task, sorted by task.
    """

    folder: Path
    settings: SampleSettings
    written: int
    kept: int
    rows: dict[str, int]


def make_sample_world(
    folder: Path,
    *,
    cubes: int = 200,
    size: int = 64,
    seed: int = 0,
    workers: int | None = None,
    advance: Callable[[int, int], None] | None = None,
) -> SampleWorld:
    """Make synthetic cubes and labels for all fourteen tasks in ``folder``.

    A cube depends on ``seed``, ``size`` and its own number only, so any number of
    workers gives the same bytes and the first cubes of a larger world are those of a
    smaller one. Cube files that exist already are kept: a run that was interrupted
    goes on, and a world can be made larger.

    Args:
        folder: made if it is missing.
        cubes: how many cubes.
        size: height and width in pixels of 10 m; the real set has 264.
        seed: 0 or larger.
        workers: threads; by default one for each processor, at most eight.
        advance: called with the cubes done and the cubes in all.

    Raises:
        InputError: when a number is out of range, or ``folder`` holds something else.
    """
    settings = SampleSettings(version=_VERSION, seed=seed, size=size, cubes=cubes)
    check_settings(settings)
    folder = Path(folder)
    check_folder(folder, settings)
    _prepare(folder, settings)
    written = 0
    values: dict[str, list[str]] = {}
    pool = ThreadPoolExecutor(workers or reading_threads())
    try:
        results = pool.map(
            lambda index: _make_cube(folder, settings, index), range(cubes)
        )
        for index, (truth, count) in enumerate(results):
            written += count
            for task, value in truth.items():
                values.setdefault(task, []).append(_label_row(task, index, value))
            if advance is not None:
                advance(index + 1, cubes)
    finally:
        pool.shutdown(cancel_futures=True)

    for task, rows in values.items():
        write_text(_label_file(folder, task), "".join(["id,label\n", *rows]))
    return SampleWorld(
        folder=folder,
        settings=settings,
        written=written,
        kept=cubes * len(MODALITIES) - written,
        rows={task: len(rows) for task, rows in sorted(values.items())},
    )


def _prepare(folder: Path, settings: SampleSettings) -> None:
    """Mark ``folder`` as a sample world and clear what a killed run left in it."""
    write_text(folder / RECORD, record_text(settings))
    seasons = ", ".join(SEASONS)
    write_text(
        folder / "SYNTHETIC.md", _NOTICE.format(seasons=seasons, **asdict(settings))
    )
    for hidden_in in ("data/*/part-*", "labels"):
        for place in folder.glob(hidden_in):
            remove_leftovers(place)


def _cube_id(index: int) -> str:
    return f"{SYNTHETIC_PREFIX}{index:06d}"


def _make_cube(
    folder: Path, settings: SampleSettings, index: int
) -> tuple[dict[str, float], int]:
    """Write the files of one cube that are missing; return its labels and how many."""
    place = draw_place(settings.seed, index, settings.size)
    part = f"part-{index // _PART:06d}"
    files = {
        name: folder / "data" / name / part / f"{_cube_id(index)}.zarr.zip"
        for name in MODALITIES
    }
    missing = [name for name, path in files.items() if not path.exists()]
    if missing:
        arrays = observe(place)
        for name in missing:
            attrs = _attributes(settings, place, name)
            write_cube_file(files[name], arrays[name], attrs=attrs)
    return labels(place), len(missing)


def _attributes(settings: SampleSettings, place: Place, name: str) -> dict[str, object]:
    modality = MODALITIES[name]
    return {
        "synthetic": True,
        "generator": "neucobench data sample",
        "generator_version": settings.version,
        "seed": settings.seed,
        "id": _cube_id(place.scene.index),
        "modality": name,
        "bands": list(modality.bands),
        "seasons": list(SEASONS),
        "unit": modality.unit,
        "pixel_size_m": PIXEL_M,
        **({"offset": 0, "no_data": 0} if modality.optical else {}),
    }


def _label_file(folder: Path, task: str) -> Path:
    kind = "classification" if task in _CLASSIFICATION else "regression"
    return folder / "labels" / f"{task}__{kind}.csv"


def _label_row(task: str, index: int, value: float) -> str:
    text = f"{value:.0f}" if task in _CLASSIFICATION else repr(round(value, 6))
    return f"{_cube_id(index)},{text}\n"
