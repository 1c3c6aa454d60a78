"""CSV embedding files, written with the shortest digits that read back the same."""

from pathlib import Path

import polars as pl

from neucobench.embeddings.table import EmbeddingTable

BATCH_CELLS = 2**20


def write_csv(table: EmbeddingTable, path: Path) -> None:
    """Write a table to ``path``: ``id,0,1,...``, float32, ids quoted where needed."""
    names = [str(place) for place in range(table.dims)]
    rows = max(1, BATCH_CELLS // table.dims)
    with path.open("wb") as file:
        for first in range(0, table.rows, rows):
            part = slice(first, first + rows)
            frame = pl.DataFrame(table.values[part], schema=names, orient="row")
            ids = pl.Series("id", table.ids[part], dtype=pl.String)
            frame.insert_column(0, ids).write_csv(file, include_header=not first)
