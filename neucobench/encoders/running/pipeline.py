"""What a run computes: an encoder, a reducer behind it, and how the result is stored.

::

    cubes ─▶ encoder ─▶ features ─▶ reducer ─▶ vectors ─▶ storage ─▶ file
               │                      │
               └── fitted, or from ───┘
                   a saved state
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from neucobench.embeddings.quantizers import FITTED_STORAGES
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.reducers.base import Reducer, most_dims
from neucobench.encoders.reducers.chain import Chain
from neucobench.encoders.reducers.per_block import PerBlock
from neucobench.encoders.reducers.state import Fitted
from neucobench.errors import InputError, UsageError

_SAME = ("encoder", "encoder_version", "encoder_source", "options", "modalities")


@dataclass(frozen=True, kw_only=True)
class Pipeline:
    """Say what a run computes.

    Attributes:
        encoder: what turns a cube into features.
        reducer: what is fitted on the features and shortens them; None: nothing.
        state: what was fitted before, on these or other cubes, to be used as it is.
        storage: how a number is stored in the file.
    """

    encoder: CheckedEncoder
    reducer: Reducer | None = None
    state: Fitted | None = None
    storage: str = "float32"

    @property
    def learns(self) -> bool:
        """Tell whether anything is fitted on the cubes that are encoded."""
        about = {} if self.state is None else self.state.about
        # Their parameters are fitted, unless a state holds them.
        stored = self.storage in FITTED_STORAGES
        if stored and about.get("storage") != self.storage:
            return True
        if self.encoder.tables_transductive:
            return True
        if self.state is not None and self.encoder.needs_fit:
            return False
        reduced = self.reducer is not None and self.reducer.fits
        return reduced or self.encoder.needs_fit or self.encoder.transductive

    def describe(self) -> dict[str, str]:
        """Return what decides the numbers, apart from the cubes, as text."""
        record = describe_encoder(self.encoder)
        reducer = None if self.reducer is None else _plain(self.reducer)
        record["reducer"] = json.dumps(reducer, sort_keys=True)
        record["state"] = "" if self.state is None else self.state.digest
        return record


def make_pipeline(
    encoder: CheckedEncoder,
    *,
    reduce: Sequence[Reducer] = (),
    state: Fitted | None = None,
    storage: str = "float32",
) -> Pipeline:
    """Return the pipeline of a run.

    Args:
        encoder: the encoder; when its definition ends in a reducer, that comes first.
        reduce: further reducers, one after the other.
        state: what was fitted before; it takes the place of all reducers.
        storage: how a number is stored.

    Raises:
        UsageError: when there is a state and a reducer, or a reducer's device is not
            there.
        InputError: when the state was fitted with another encoder.
    """
    steps = [*([encoder.reducer] if encoder.reducer else []), *reduce]
    if state is not None:
        if reduce:
            raise UsageError(
                "--reduce fits a reducer and --reducer uses a fitted one; give one of "
                "them."
            )
        _require_same(encoder, state)
        steps = []
    for step in steps:
        _require_device(step)
    reducer = Chain(steps=tuple(steps)) if len(steps) > 1 else next(iter(steps), None)
    return Pipeline(encoder=encoder, reducer=reducer, state=state, storage=storage)


def fewest_dims(pipeline: Pipeline, rows: int) -> int:
    """Return the dimensions that the vectors will have at least.

    It is what can be said before anything is encoded: a limit that this is beyond need
    not wait for the features.

    Args:
        pipeline: what will be computed.
        rows: the number of cubes.
    """
    state = None if pipeline.state is None else pipeline.state.reducer
    if state is not None:
        return state.blocks_out[-1].stop
    dims = pipeline.encoder.dims
    top = pipeline.reducer
    for step in top.steps if isinstance(top, Chain) else [top] if top else []:
        wanted = 1 if isinstance(step, PerBlock) else most_dims(step)
        if wanted is not None:
            dims = min(wanted, rows, dims)
    return dims


def _require_device(reducer: Reducer) -> None:
    """Refuse a device that is not there, before hours of encoding and not after."""
    parts: Iterable[Reducer | None] = ()
    if isinstance(reducer, Chain):
        parts = reducer.steps
    elif isinstance(reducer, PerBlock):
        parts = reducer.steps.values()
    for part in parts:
        if part is not None:
            _require_device(part)
    if getattr(reducer, "device", "cpu") != "cpu":
        from neucobench.device import torch_device

        torch_device(str(reducer.device))  # type: ignore[attr-defined]


def describe_encoder(encoder: CheckedEncoder) -> dict[str, str]:
    """Return what decides the numbers that an encoder gives, as text."""
    seasons = encoder.seasons
    record = {
        "encoder": encoder.name,
        "encoder_version": encoder.version,
        "encoder_source": encoder.source or "",
        "options": json.dumps(dict(encoder.options), sort_keys=True),
        "modalities": ",".join(encoder.modalities),
        "offset": str(encoder.offset),
        "seasons": "all" if seasons is None else ",".join(map(str, seasons)),
    }
    return record | ({"tables": encoder.tables} if encoder.tables else {})


def check_dims(encoder: CheckedEncoder, found: int, dims: int | None) -> None:
    """Refuse vectors that are longer than allowed.

    Raises:
        UsageError: when ``found`` is more than ``dims``.
    """
    if dims is None or found <= dims:
        return
    if "dims" in encoder.options:
        remedy = f"Give --option dims={dims}, or --dims {found}."
    else:
        remedy = (
            f"Only a reducer makes vectors shorter: give --reduce pca (or "
            "truncated-svd, random-projection, truncate, autoencoder), or "
            f"--dims {found}."
        )
    raise UsageError(
        f"The encoder {encoder.name!r} gives {found} dimensions and --dims "
        f"allows {dims}. {remedy}"
    )


def digest_of(record: Mapping[str, str]) -> str:
    """Return the digest of a description."""
    text = json.dumps(dict(record), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _require_same(encoder: CheckedEncoder, state: Fitted) -> None:
    expected = describe_encoder(encoder)
    for key in _SAME:
        if state.about.get(key) != expected[key]:
            raise InputError(
                f"The saved state was fitted with the {key.replace('_', ' ')} "
                f"{state.about.get(key)!r}, and this run has {expected[key]!r}; give "
                "the same encoder and options, or leave out --reducer."
            )
    if encoder.reducer is None:
        return
    own = _steps(_plain(encoder.reducer))
    fitted = _steps(json.loads(str(state.about.get("reducer", "null"))))
    if fitted[: len(own)] != own:
        raise InputError(
            f"The saved state holds other reducers than {encoder.name!r} ends in, or "
            "the same ones with other options; give the recipe that it was fitted "
            "with, or leave out --reducer."
        )


def _steps(described: Any) -> list[Any]:
    """Return the steps of a described reducer, one after the other."""
    if described is None:
        return []
    if described["reducer"] != "Chain":
        return [described]
    steps: list[Any] = described["steps"]
    return steps


def _plain(value: Any) -> Any:
    """Return a reducer, and what is in it, as plain JSON types."""
    if is_dataclass(value):
        parts = {
            item.name: _plain(getattr(value, item.name))
            for item in fields(value)
            # Training on another kind of device draws other numbers.
            if (item.name, getattr(value, item.name)) != ("device", "cpu")
        }
        return {"reducer": type(value).__name__} | parts
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
