"""One table in fewer dimensions, and in fewer bytes for each."""

from collections.abc import Iterator
from dataclasses import replace

from neucobench.embeddings.storage import quantize
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.one_core import one_core
from neucobench.encoders.reducers.base import Block, Reducer
from neucobench.encoders.reducers.parse import parse_reducer
from neucobench.errors import UsageError
from neucobench.studies.utility.request import UtilityRequest

_SHORTEST = 8


def check_reducer(request: UtilityRequest) -> None:
    """Refuse a reducer that does not make vectors shorter, before hours of coding.

    Raises:
        UsageError: when it does not, or its options cannot be read.
        UnknownNameError: when there is no such reducer.
    """
    _reducer(request.reduce, 1)


def stored_tables(
    table: EmbeddingTable, request: UtilityRequest
) -> Iterator[tuple[str, EmbeddingTable]]:
    """Yield a table in each length and storage of a study, with the storage's name.

    Reducers and ranges are fitted on the table itself. Its own length comes last, as it
    is.

    Args:
        table: the vectors.
        request: says the lengths, the storages and the reducer.
    """
    for dims in lengths(table, request):
        shorter = _reduce(table, request.reduce, dims)
        for storage in request.storages:
            yield storage, quantize(shorter, storage)


def lengths(table: EmbeddingTable, request: UtilityRequest) -> tuple[int, ...]:
    """Return the lengths that a table can be reduced to, rising, its own among them.

    A reducer that learns from the rows gives no more dimensions than there are rows.
    """
    wanted = request.dims
    if wanted is None:
        wanted = tuple(_SHORTEST << step for step in range(table.dims.bit_length()))
    most = table.dims
    if _reducer(request.reduce, 1).fits:
        most = min(most, table.rows)
    shorter = {number for number in wanted if number < most}
    return (*sorted(shorter), table.dims)


def _reduce(table: EmbeddingTable, spec: str, dims: int) -> EmbeddingTable:
    if dims == table.dims:
        return table
    block = Block(name=table.name, start=0, stop=table.dims)
    with one_core():
        fitted = _reducer(spec, dims).fit(table.values, [block])
        values = fitted.transform(table.values)
    return replace(table, values=values, path=None, sha256=None)


def _reducer(spec: str, dims: int) -> Reducer:
    """Return the reducer of a text such as ``"pca:whiten=true"``, to some length.

    Raises:
        UsageError: when it does not make vectors shorter.
    """
    reducer = parse_reducer(spec)
    if not hasattr(reducer, "dims"):
        raise UsageError(
            f"The reducer {reducer.name} does not make vectors shorter; give --reduce "
            "pca, truncated-svd, random-projection, truncate or autoencoder."
        )
    shorter: Reducer = replace(reducer, dims=dims)  # type: ignore[type-var]
    return shorter
