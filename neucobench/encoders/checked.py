"""An encoder whose attributes are known to be right, and whose output is looked at."""

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.data.bands import S2_OFFSET, modality
from neucobench.encoders.base import CubeBatch, CubeSource, Encoder
from neucobench.encoders.reducers.base import Block, Reducer
from neucobench.errors import InputError
from neucobench.findings import Finding


@dataclass(frozen=True, kw_only=True)
class CheckedEncoder:
    """Hold an encoder and all its attributes, the optional ones filled in.

    Attributes:
        inner: the encoder itself.
        name: its name.
        modalities: the modalities it reads.
        dims: the length of a vector.
        version: its version.
        offset: what the reader adds to Sentinel-2 values for it.
        seasons: the indices of the seasons it reads; None: all.
        batch_size: cubes in a batch.
        shard_size: cubes in a unit of work.
        transductive: whether the vector of a cube depends on the other cubes.
        thread_safe: whether several threads may call it at a time.
        device: what it computes on: part of no record, but of what a resumed run may
            go on from.
        options: the constructor's arguments, defaults included, as text.
        source: SHA-256 of the file that defines it, for an encoder of the user's own.
        tables: JSON: the embedding files that it takes vectors from; empty for none.
    """

    inner: Encoder
    name: str
    modalities: tuple[str, ...]
    dims: int
    version: str = "1"
    offset: int = 0
    seasons: tuple[int, ...] | None = None
    batch_size: int = 8
    shard_size: int = 64
    transductive: bool = False
    thread_safe: bool = False
    device: str = "cpu"
    options: Mapping[str, str] = field(default_factory=dict)
    source: str | None = None
    tables: str = ""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return the blocks of its vectors: one, except for an ensemble."""
        one = Block(name=self.name, start=0, stop=self.dims)
        return tuple(getattr(self.inner, "blocks", (one,)))

    @property
    def reducer(self) -> Reducer | None:
        """Return the reducer that its definition ends in, if it does."""
        reducer: Reducer | None = getattr(self.inner, "reducer", None)
        return reducer

    @property
    def table_source(self) -> Any:
        """Return where the ids come from when it reads no cubes, else None."""
        return getattr(self.inner, "table_source", None)

    @property
    def tables_transductive(self) -> bool:
        """Tell whether anything in these files was fitted on their own cubes."""
        return bool(getattr(self.inner, "tables_transductive", False))

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return what was noticed about the embedding files it takes vectors from."""
        return tuple(getattr(self.inner, "findings", ()))

    @property
    def needs_fit(self) -> bool:
        """Tell whether it must see the cubes before it can encode one."""
        return bool(getattr(self.inner, "needs_fit", hasattr(self.inner, "fit")))

    def fit(self, source: CubeSource) -> Mapping[str, NDArray[Any]]:
        """Return what it learns from the cubes, as named arrays."""
        fit: Callable[[CubeSource], Mapping[str, NDArray[Any]]] = self.inner.fit  # type: ignore[attr-defined]
        return fit(source)

    def fitted(self, state: Mapping[str, NDArray[Any]]) -> "CheckedEncoder":
        """Return the encoder that uses what ``fit`` returned."""
        return replace(self, inner=self.inner.fitted(state))  # type: ignore[attr-defined]

    def prepare(self) -> None:
        """Load what is heavy; called once in each process, before the first cube."""
        if hasattr(self.inner, "prepare"):
            self.inner.prepare()

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims) float32; float16 and float64 results are cast.

        Raises:
            InputError: when the encoder returns something else.
        """
        vectors = np.asarray(self.inner.encode(batch))
        expected = (len(batch), self.dims)
        if vectors.shape != expected or vectors.dtype.kind != "f":
            raise InputError(
                f"The encoder {self.name!r} returned an array of shape {vectors.shape} "
                f"and type {vectors.dtype} for {len(batch)} cubes; its dims promise "
                f"floating-point numbers of shape {expected}. Correct the encoder."
            )
        with np.errstate(over="ignore"):
            # Beyond float32 a number becomes infinite, which the run reports. A copy,
            # since the result may be a view of pixels, whose memory is used again.
            return vectors.astype(np.float32)


def check_encoder(
    encoder: Encoder,
    *,
    options: Mapping[str, str] | None = None,
    source: str | None = None,
) -> CheckedEncoder:
    """Return ``encoder`` with its attributes checked and filled in.

    Args:
        encoder: any object that follows the protocol; a checked one is returned as is.
        options: the constructor's arguments as text; without them they are taken from
            the attributes that are named like the constructor's parameters.
        source: SHA-256 of the file that defines it.

    Raises:
        InputError: when an attribute is missing or not what it should be.
    """
    if isinstance(encoder, CheckedEncoder):
        return encoder
    for attribute in ("name", "modalities", "dims", "encode"):
        if not hasattr(encoder, attribute):
            raise InputError(
                f"{type(encoder).__name__} has no attribute {attribute!r}; an encoder "
                "has name, modalities, dims and encode(batch). Add what is missing."
            )
    checked = CheckedEncoder(
        inner=encoder,
        name=encoder.name,
        modalities=_modalities(encoder),
        dims=encoder.dims,
        version=str(getattr(encoder, "version", "1")),
        offset=getattr(encoder, "offset", 0),
        seasons=_seasons(encoder),
        batch_size=getattr(encoder, "batch_size", 8),
        shard_size=getattr(encoder, "shard_size", 64),
        thread_safe=bool(getattr(encoder, "thread_safe", False)),
        device=_device(encoder),
        tables=str(getattr(encoder, "tables", "")),
        transductive=bool(getattr(encoder, "transductive", False)),
        options=_stored_options(encoder) if options is None else options,
        source=source,
    )
    _check_values(checked)
    return checked


def _modalities(encoder: Encoder) -> tuple[str, ...]:
    names = encoder.modalities
    if not isinstance(names, tuple | list) or not all(map(_is_text, names)):
        raise InputError(
            f"modalities of {type(encoder).__name__} is {names!r}; give a tuple of "
            "names, e.g. ('s2l2a',)."
        )
    return tuple(modality(name).name for name in names)


def _device(encoder: Encoder) -> str:
    name = str(getattr(encoder, "device", "cpu"))
    if name != "auto":
        return name
    from neucobench.encoders.device import torch_device

    return str(torch_device(name))


def _seasons(encoder: Encoder) -> tuple[int, ...] | None:
    seasons = getattr(encoder, "seasons", None)
    try:
        return None if seasons is None else tuple(int(season) for season in seasons)
    except (TypeError, ValueError):
        raise InputError(
            f"seasons of {type(encoder).__name__} is {seasons!r}; it must be None or "
            "indices of 0 or more."
        ) from None


def _check_values(encoder: CheckedEncoder) -> None:
    wrong = [
        (not _is_text(encoder.name), "name", "a text"),
        (not _is_count(encoder.dims), "dims", "an integer of 1 or more"),
        (not _is_count(encoder.batch_size), "batch_size", "an integer of 1 or more"),
        (not _is_count(encoder.shard_size), "shard_size", "an integer of 1 or more"),
        (encoder.offset not in (0, S2_OFFSET), "offset", f"0 or {S2_OFFSET}"),
        (
            encoder.seasons is not None
            and (not encoder.seasons or min(encoder.seasons) < 0),
            "seasons",
            "None or indices of 0 or more",
        ),
    ]
    for bad, attribute, accepted in wrong:
        if bad:
            raise InputError(
                f"{attribute} of {type(encoder.inner).__name__} is "
                f"{getattr(encoder, attribute)!r}; it must be {accepted}."
            )


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: Any) -> bool:
    return (
        isinstance(value, int | np.integer)
        and not isinstance(value, bool)
        and (int(value) >= 1)
    )


def _stored_options(encoder: Encoder) -> dict[str, str]:
    return {
        name: _as_text(getattr(encoder, name))
        for name in inspect.signature(type(encoder)).parameters
        if hasattr(encoder, name)
    }


def _as_text(value: Any) -> str:
    """Return an option as text; an array, whose text is shortened, as a digest."""
    array = np.asarray(value) if hasattr(value, "__array__") else np.empty(())
    if not array.ndim:
        return str(value)
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    return f"{array.dtype} {array.shape} sha256:{digest}"
