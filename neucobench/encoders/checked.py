"""An encoder whose attributes are known to be right, and whose output is looked at."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neucobench.encoders.base import CubeBatch, CubeSource, Encoder
from neucobench.encoders.reducers.base import Block, Reducer
from neucobench.encoders.user_file import describe
from neucobench.errors import InputError, NeucoError
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
        with self._explained("fit"):
            learned = self.inner.fit(source)  # type: ignore[attr-defined]
        numbers = isinstance(learned, Mapping) and all(
            isinstance(array, np.ndarray) and array.dtype.kind in "biuf"
            for array in learned.values()
        )
        if not numbers:
            raise InputError(
                f"fit of the encoder {self.name!r} returned {type(learned).__name__}; "
                "it must return a dictionary of names and NumPy arrays of numbers. "
                "Correct the encoder."
            )
        return dict(learned)

    def fitted(self, state: Mapping[str, NDArray[Any]]) -> "CheckedEncoder":
        """Return the encoder that uses what ``fit`` returned."""
        with self._explained("fitted"):
            inner = self.inner.fitted(state)  # type: ignore[attr-defined]
        return replace(self, inner=inner)

    def prepare(self) -> None:
        """Load what is heavy; called once in each process, before the first cube."""
        if hasattr(self.inner, "prepare"):
            with self._explained("prepare"):
                self.inner.prepare()

    @contextmanager
    def _explained(self, method: str) -> Iterator[None]:
        """Turn what goes wrong in the user's code into a sentence with the place."""
        try:
            yield
        except NeucoError:
            raise
        except (Exception, SystemExit) as error:
            raise InputError(
                f"{method} of the encoder {self.name!r} failed: {describe(error)} "
                "Correct the encoder; the same command goes on from here."
            ) from error

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
