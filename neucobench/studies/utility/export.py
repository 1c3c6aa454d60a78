"""The files of a study: a table, a document, and figures."""

import csv
import json
from io import StringIO

import numpy as np

from neucobench.atomic import whole_file, write_text
from neucobench.studies.codec_comparison.style import standalone_svg
from neucobench.studies.utility.figures import study_pictures
from neucobench.studies.utility.point import UtilityPoint
from neucobench.studies.utility.study import UtilityStudy

TABLE = "utility.csv"
DOCUMENT = "utility.json"
FIGURES = "figures"


def write_study(study: UtilityStudy) -> None:
    """Write ``utility.csv``, ``utility.json`` and ``figures/*.png`` and ``*.svg``."""
    out = study.request.out
    write_text(out / TABLE, csv_text(study))
    document = json.dumps(study.as_dict(), indent=2, allow_nan=False)
    write_text(out / DOCUMENT, f"{document}\n")
    for picture in study_pictures(study):
        with whole_file(out / FIGURES / f"{picture.name}.png") as hidden:
            hidden.write_bytes(picture.png)
        write_text(out / FIGURES / f"{picture.name}.svg", standalone_svg(picture))


def csv_text(study: UtilityStudy) -> str:
    """Return a row for each point; what a point does not have is left empty."""
    text = StringIO()
    rows = [_row(point, study) for point in study.points]
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(point: UtilityPoint, study: UtilityStudy) -> dict[str, object]:
    setting, scores = point.setting, point.evaluation.tasks
    psnr = point.coding.psnr
    return {
        "sweep": point.sweep,
        "input": point.input,
        "codec": setting.codec if setting else "",
        "rate": setting.rate if setting else "",
        "bits_per_cube": point.coding.bits,
        "bpppc": point.coding.bpppc,
        "psnr_db": psnr if np.isfinite(psnr) else "",
        "dims": point.dims,
        "storage": point.storage,
        "bytes_per_embedding": point.bytes,
        "mean_q": point.evaluation.mean_q,
        "mean_score": point.evaluation.mean_score,
        **{
            f"q::{task}": scores[task].q if task in scores else ""
            for task in study.tasks
        },
    }
