"""What an encoder is: the protocol that users write, and the batch it receives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neucobench.registry import Registry

_BASELINES = "neucobench.encoders.baselines"
_PRETRAINED = "neucobench.encoders.pretrained"

ENCODERS = Registry(
    kind="encoder",
    targets={
        "bandstats": f"{_BASELINES}.bandstats:BandStatsEncoder",
        "dct": f"{_BASELINES}.dct:DctEncoder",
        "galileo-nano": f"{_PRETRAINED}.galileo:GalileoEncoder",
        "latents": "neucobench.encoders.latents:LatentsEncoder",
        "mean": f"{_BASELINES}.mean:MeanEncoder",
        "mosaiks": "neucobench.encoders.mosaiks.encoder:MosaiksEncoder",
        "presto": f"{_PRETRAINED}.presto:PrestoEncoder",
        "random": f"{_BASELINES}.random_vectors:RandomEncoder",
        "temporal": "neucobench.encoders.temporal:TemporalEncoder",
        "vit-dino": f"{_PRETRAINED}.vit_dino:VitDinoEncoder",
    },
)


# What stands before the colon of names such as "timm:resnet50".
ENCODER_FAMILIES = Registry(
    kind="encoder family",
    targets={
        "terratorch": f"{_PRETRAINED}.terratorch_models:TerraTorchEncoder",
        "timm": f"{_PRETRAINED}.timm_models:TimmEncoder",
        "torchgeo": f"{_PRETRAINED}.torchgeo_models:TorchGeoEncoder",
    },
)


@dataclass(frozen=True, kw_only=True)
class CubeBatch:
    """Hold some cubes of one shape, to be encoded together.

    The arrays may be views of buffers that the reader uses again, and the encoders of
    an ensemble share them: one that wants to keep or to change them must copy them.

    Attributes:
        ids: (samples,) the cubes' ids.
        arrays: modality name, e.g. ``"s2l2a"``, to (samples, time, band, y, x) as read.
        offsets: modality name to what the reader added to the stored values.
    """

    ids: tuple[str, ...]
    arrays: Mapping[str, NDArray[Any]]
    offsets: Mapping[str, int]

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.ids)


class CubeSource(Protocol):
    """Give cubes to an encoder that is fitted on them before it encodes."""

    @property
    def ids(self) -> Sequence[str]:
        """Return the ids of all cubes, sorted."""

    def read(self, cube_id: str) -> CubeBatch:
        """Return one cube as a batch of one, with what the encoder reads of it.

        Raises:
            CubeError: when the cube cannot be read.
        """


class Encoder(Protocol):
    """Turn cubes into vectors; any object with these four attributes will do.

    Optional attributes, each with what holds without it: ``version`` (``"1"``),
    ``offset``, what the reader adds to Sentinel-2 values, 0 or 1000 (0: as stored),
    ``seasons``, the indices of the seasons to read (all), ``batch_size``, the cubes in
    a batch (8), ``shard_size``, the cubes in a unit of work (64: what a kill costs each
    worker), ``transductive``, whether the vector of a cube depends on the other cubes
    (False), ``thread_safe``, whether several threads may call ``encode`` at a time
    (False), and ``recorded``, options that it resolves itself, name to text, as they
    are to stand in the file (none). Options of the command line go to the constructor's
    parameters; one that is called ``device`` gets ``--device``, one called ``weights``
    gets ``--weights``.

    Optional methods: ``prepare()`` loads what is heavy, once in each process, before
    the first cube; and an encoder that must see the cubes first has both
    ``fit(source: CubeSource)``, which returns named arrays, and ``fitted(state)``,
    which returns the encoder that uses them.

    An encoder that cannot use a cube raises ``neucobench.errors.CubeError``: the cube
    becomes a finding and the others go on. Any other exception ends the run.
    """

    @property
    def name(self) -> str:
        """Return the name that goes into the embedding file."""

    @property
    def modalities(self) -> Sequence[str]:
        """Return the names of the modalities to read, e.g. ``("s1", "s2l2a")``."""

    @property
    def dims(self) -> int:
        """Return the length of a vector."""

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims) float32, one row for each cube of the batch."""
