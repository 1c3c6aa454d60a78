"""The description of a fitted state, as it stands in JSON, and its joining to arrays.

In the file of tensors, an array is ``encoder/<name>`` or ``reducer/<name>``; that of a
reducer within a reducer has the numbers of its parents' steps before its name, e.g.
``reducer/0/matrix``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from neucobench.encoders.reducers.base import Block, ReducerState
from neucobench.encoders.reducers.checks import require_blocks

SCHEMA: Final = "neucobench/reducer-state/1"
_ENCODER, _REDUCER = "encoder", "reducer"

Tensors = Mapping[str, NDArray[Any]]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True
    )


class TensorEntry(_Model):
    """Say what an array is like.

    Attributes:
        dtype: its type, e.g. ``"float32"``.
        shape: its shape.
    """

    dtype: str
    shape: tuple[int, ...]


class BlockEntry(_Model):
    """Say where a block lies.

    Attributes:
        name: its name.
        start: its first column.
        stop: the column after its last one.
    """

    name: str
    start: int
    stop: int


class ReducerEntry(_Model):
    """Describe a fitted reducer.

    Attributes:
        name: its name in ``REDUCERS``.
        options: its settings.
        blocks_in: the blocks of the features.
        blocks_out: the blocks of the vectors.
        tensors: its arrays.
        children: the reducers that it is made of.
    """

    name: str
    options: dict[str, Any]
    blocks_in: tuple[BlockEntry, ...]
    blocks_out: tuple[BlockEntry, ...]
    tensors: dict[str, TensorEntry]
    children: tuple["ReducerEntry", ...]


class StateDocument(_Model):
    """Describe what a run has fitted.

    Attributes:
        schema_name: the name of this format.
        about: what else there is to say.
        encoder: the arrays of the encoder.
        reducer: the fitted reducer, or None.
        digest: the SHA-256 of the description and of all arrays.
    """

    schema_name: Literal["neucobench/reducer-state/1"] = Field(
        validation_alias="schema", serialization_alias="schema"
    )
    about: dict[str, Any]
    encoder: dict[str, TensorEntry]
    reducer: ReducerEntry | None
    digest: str

    def text(self) -> str:
        """Return the JSON document."""
        content = self.model_dump(by_alias=True)
        return json.dumps(content, indent=2, sort_keys=True, allow_nan=False) + "\n"


def describe(
    encoder: Tensors, reducer: ReducerState | None, about: Mapping[str, Any]
) -> StateDocument:
    """Return the description, its digest still empty."""
    return StateDocument(
        schema_name=SCHEMA,
        about=dict(about),
        encoder=_entries(encoder),
        reducer=None if reducer is None else _describe_reducer(reducer),
        digest="",
    )


def flatten(encoder: Tensors, reducer: ReducerState | None) -> dict[str, NDArray[Any]]:
    """Return all arrays by their names in the file, as they are laid out there."""
    named = {f"{_ENCODER}/{name}": tensor for name, tensor in encoder.items()}
    if reducer is not None:
        named |= dict(_walk(reducer, f"{_REDUCER}/"))
    return {
        name: np.asarray(tensor, tensor.dtype.newbyteorder("="), order="C")
        for name, tensor in named.items()
    }


def join_encoder(document: StateDocument, tensors: Tensors) -> dict[str, NDArray[Any]]:
    """Return the arrays of the encoder that a document describes."""
    return {name: tensors[f"{_ENCODER}/{name}"] for name in document.encoder}


def join_reducer(document: StateDocument, tensors: Tensors) -> ReducerState | None:
    """Return the state of the reducer that a document describes, or None.

    Raises:
        InputError: when its blocks leave gaps.
    """
    if document.reducer is None:
        return None
    return _join(document.reducer, tensors, f"{_REDUCER}/")


def listed_tensors(document: StateDocument) -> dict[str, TensorEntry]:
    """Return what a document says of the arrays, by their names in the file."""
    listed = {f"{_ENCODER}/{name}": entry for name, entry in document.encoder.items()}
    if document.reducer is not None:
        listed |= dict(_walk(document.reducer, f"{_REDUCER}/"))
    return listed


def entry_of(tensor: NDArray[Any]) -> TensorEntry:
    """Return what an array is like."""
    return TensorEntry(dtype=str(tensor.dtype.newbyteorder("=")), shape=tensor.shape)


def _entries(tensors: Tensors) -> dict[str, TensorEntry]:
    return {name: entry_of(tensor) for name, tensor in tensors.items()}


def _describe_reducer(state: ReducerState) -> ReducerEntry:
    return ReducerEntry(
        name=state.name,
        options=dict(state.options),
        blocks_in=_describe_blocks(state.blocks_in),
        blocks_out=_describe_blocks(state.blocks_out),
        tensors=_entries(state.tensors),
        children=tuple(map(_describe_reducer, state.children)),
    )


def _describe_blocks(blocks: tuple[Block, ...]) -> tuple[BlockEntry, ...]:
    return tuple(
        BlockEntry(name=block.name, start=block.start, stop=block.stop)
        for block in blocks
    )


def _walk(
    reducer: ReducerState | ReducerEntry, prefix: str
) -> Iterator[tuple[str, Any]]:
    for name, tensor in reducer.tensors.items():
        yield f"{prefix}{name}", tensor
    children: Sequence[ReducerState | ReducerEntry] = reducer.children
    for number, child in enumerate(children):
        yield from _walk(child, f"{prefix}{number}/")


def _join(entry: ReducerEntry, tensors: Tensors, prefix: str) -> ReducerState:
    return ReducerState(
        name=entry.name,
        options=entry.options,
        blocks_in=_join_blocks(entry.blocks_in),
        blocks_out=_join_blocks(entry.blocks_out),
        tensors={name: tensors[f"{prefix}{name}"] for name in entry.tensors},
        children=tuple(
            _join(child, tensors, f"{prefix}{number}/")
            for number, child in enumerate(entry.children)
        ),
    )


def _join_blocks(entries: tuple[BlockEntry, ...]) -> tuple[Block, ...]:
    blocks = tuple(
        Block(name=entry.name, start=entry.start, stop=entry.stop) for entry in entries
    )
    require_blocks(blocks, blocks[-1].stop if blocks else 0)
    return blocks
