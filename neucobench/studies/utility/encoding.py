"""All tables of a study, of the same cubes."""

from collections.abc import Mapping
from dataclasses import dataclass

from neucobench.embeddings.table import EmbeddingTable
from neucobench.errors import CubeError
from neucobench.studies.stage import Stage
from neucobench.studies.utility.request import CodecSetting
from neucobench.studies.utility.tables import Measured, Tables, take


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """Hold the tables of a study; all have the same rows in the same order.

    Attributes:
        original: of the original cubes.
        decoded: by setting, of the cubes as the codec leaves them.
        latents: by setting, pooled latents; codecs without latents are missing.
        left_out: how many cubes are not in every table, and therefore in none.
    """

    original: EmbeddingTable
    decoded: Mapping[CodecSetting, Measured]
    latents: Mapping[CodecSetting, EmbeddingTable]
    left_out: int


def encode_all(tables: Tables, stage: Stage) -> Encoded:
    """Return all tables of a study.

    Args:
        tables: says what there is to encode, and keeps it.
        stage: called with a description and a unit; gives a context that yields the
            function to report progress to.

    Raises:
        CubeError: when no cube can be coded at every rate.
    """
    decoded: dict[CodecSetting, Measured] = {}
    latents: dict[CodecSetting, EmbeddingTable] = {}
    with stage("Encoding the original cubes", "cubes") as advance:
        original, fitted = tables.of_originals(advance)
    for setting in tables.request.settings:
        with stage(f"Coding with {setting.name}", "cubes") as advance:
            decoded[setting] = tables.of_decoded(setting, fitted, advance)
        with stage(f"Pooling the latents of {setting.name}", "cubes") as advance:
            found = tables.of_latents(setting, advance)
        if found is not None:
            latents[setting] = found
    every = [original, *(item.table for item in decoded.values()), *latents.values()]
    common = set(original.ids).intersection(*(table.ids for table in every))
    ids = tuple(cube_id for cube_id in original.ids if cube_id in common)
    if not ids:
        raise CubeError(
            f"None of the {original.rows} cubes can be coded at every rate, and scores "
            "of different cubes cannot be compared. Run: neucobench data check CUBES"
        )
    return Encoded(
        original=take(original, ids),
        decoded={key: item.rows(ids) for key, item in decoded.items()},
        latents={key: take(table, ids) for key, table in latents.items()},
        left_out=len(set[str]().union(*(table.ids for table in every))) - len(ids),
    )
