"""An encoder that sees cubes as a codec leaves them, and notes what they cost."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import Codec
from neucobench.codecs.metrics import mse
from neucobench.codecs.pixels.masks import encode_mask
from neucobench.codecs.pixels.values import to_stored
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.codec_input import LEVEL, codec_input, kept_codec
from neucobench.encoders.reducers.base import Block
from neucobench.encoders.running.pipeline import describe_encoder
from neucobench.studies.utility.request import CodecSetting

# The columns behind the vector. As float32 they are exact up to 16 million.
MEASURES = ("bytes", "stored_bytes", "values", "valid", "squared_error")


@dataclass(frozen=True, kw_only=True)
class DecodedCubes:
    """Code and decode the L2A pixels of each cube in memory, then encode the cube.

    ::

        L2A ──▶ codec ──▶ streams ──▶ codec ──▶ L2A, rounded to the stored type
                             │                        │ reader
                    bytes, squared error           vector
                             └───────────┬────────────┘
                                  one row of a table

    Other modalities are passed on unchanged. Pixels without data are treated as in a
    container: filled before they are coded, and restored by a mask. A vector has the
    reader's numbers, then those of ``MEASURES``: bytes of the streams and of the mask,
    bytes of the pixels as they were read, number of values and of those with data, and
    the mean squared error of the latter as the reader is given them.

    Attributes:
        reader: the encoder, ready to encode.
        fitted: the digest of what it was fitted to, or nothing.
        setting: the codec and its rate.
        device: where the codec computes.
    """

    version: ClassVar[str] = "1"
    # The seasons of one cube are batch enough, and keep the bits the same.
    batch_size: ClassVar[int] = 1

    reader: CheckedEncoder
    fitted: str
    setting: CodecSetting
    device: str

    @property
    def name(self) -> str:
        """Return e.g. ``"bandstats-of-tec-fp-s-10"``."""
        return f"{self.reader.name}-of-{self.setting.name}"

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return what the reader reads."""
        return self.reader.modalities

    @property
    def dims(self) -> int:
        """Return the reader's, and one for each measure."""
        return self.reader.dims + len(MEASURES)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return the columns of the vector, and those of the measures."""
        vector = Block(name=self.reader.name, start=0, stop=self.reader.dims)
        return vector, Block(name="coding", start=vector.stop, stop=self.dims)

    @property
    def offset(self) -> int:
        """Return what the reader wants to be added to the values."""
        return self.reader.offset

    @property
    def seasons(self) -> tuple[int, ...] | None:
        """Return the seasons that the reader reads."""
        return self.reader.seasons

    @property
    def shard_size(self) -> int:
        """Return the reader's."""
        return self.reader.shard_size

    @property
    def thread_safe(self) -> bool:
        """Tell whether the reader is; the codecs are."""
        return self.reader.thread_safe

    @property
    def options(self) -> Mapping[str, str]:
        """Return what decides the numbers, as text."""
        identity = self.codec().identity
        return {
            "reader": json.dumps(describe_encoder(self.reader), sort_keys=True),
            "fitted": self.fitted,
            "codec": identity.name,
            "codec_version": identity.version,
            "codec_options": json.dumps(dict(identity.options), sort_keys=True),
            "rate": f"{identity.rate:g}",
            "weights": identity.weights or "None",
        }

    def codec(self) -> Codec:
        """Return the codec, which is loaded once.

        Raises:
            NeucoError: when it cannot be loaded.
        """
        setting = self.setting
        return kept_codec(setting.codec, setting.rate, setting.weights, self.device)

    def prepare(self) -> None:
        """Load the codec, and what the reader needs."""
        self.codec()
        self.reader.prepare()

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims), one cube after the other.

        Raises:
            CubeError: when the codec or the reader cannot use a cube.
        """
        return np.stack([self._row(batch, row) for row in range(len(batch))])

    def _row(self, batch: CubeBatch, row: int) -> NDArray[np.float32]:
        codec = self.codec()
        stored = batch.arrays[LEVEL][row]
        given = codec_input(batch, row, codec)
        coded = codec.encode(given.stack)
        decoded = to_stored(
            codec.decode(coded)[0],
            given.gaps,
            convention=given.convention,
            dtype=stored.dtype,
            nodata=given.nodata,
        ).values
        arrays = {name: array[row : row + 1] for name, array in batch.arrays.items()}
        seen = CubeBatch(
            ids=(batch.ids[row],),
            arrays={**arrays, LEVEL: decoded[None]},
            offsets=batch.offsets,
        )
        valid = ~given.gaps.value
        measures = {
            "bytes": coded[0].bits // 8 + len(encode_mask(given.gaps.value)),
            "stored_bytes": stored.nbytes,
            "values": stored.size,
            "valid": np.count_nonzero(valid),
            "squared_error": mse(stored, decoded, valid=valid),
        }
        columns = np.array([measures[name] for name in MEASURES], dtype=np.float32)
        return np.concatenate([self.reader.encode(seen)[0], columns])
