"""Temporal MOSAIKS: means of rectified answers to kernels that nobody trained.

The entry of the 2025 challenge computed 4,096 features per season, averaged them over
the seasons and reduced them to 1,024 numbers with PCA. This encoder gives the 4,096; a
reducer makes them fewer. Its published kernels were cut from cubes in the order in
which the file system listed them, in seasons drawn from a global generator, so that
they cannot be drawn again; here the order is that of the sorted ids, and the seed
decides the seasons.
"""

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from neucobench.data.bands import DOWNSTREAM_2025, SEASONS
from neucobench.device import torch_device
from neucobench.encoders.band_inputs import ALL_INPUTS, count_bands, input_modalities
from neucobench.encoders.base import CubeBatch, CubeSource
from neucobench.encoders.mosaiks.cube_images import CubeImages, cube_images
from neucobench.encoders.mosaiks.patches import draw_patches, whiten
from neucobench.encoders.mosaiks.random_conv import gaussian_kernels, rectified_means
from neucobench.encoders.options import check_choices
from neucobench.errors import CubeError, InputError, UsageError

PRECISIONS = {"fp32": torch.float32, "bf16": torch.bfloat16}


@dataclass(frozen=True, kw_only=True)
class MosaiksEncoder:
    """Average the rectified answers of random kernels over each season's image.

    ::

        S1 ──┐                 ┌─▶ mean max(W * x + b, 0) ──┐
        L1C ─┼─▶ standardize ──┤                            ├─▶ mean over seasons
        L2A ─┘   (27 channels) └─▶ mean max(-W * x - b, 0) ─┘   = features

    The kernels W are patches of the cubes themselves, whitened, or normal numbers. As
    patches they are drawn from the cubes that are encoded first (``fit``), so that a
    vector depends on the other cubes through them.

    Attributes:
        features: numbers per season; half as many kernels, since each gives two.
        kernel: rows and columns of a kernel.
        bias: b, added to every answer; it counts as -b in the second half.
        seed: of all draws, 1 or more.
        mode: ``"empirical"``, patches as kernels, or ``"gaussian"``, normal numbers,
            which need no cubes and are the same for every set.
        season: ``"mean"``, over any number of seasons, or ``"concat"``, which puts four
            seasons beside each other.
        precision: what the answers are computed in: ``"fp32"``, or ``"bf16"``, which
            is quicker on processors that have it. Its errors are about 0.1 % in the
            median feature, and some percent in features that are nearly zero.
        inputs: the modalities to read, with commas between them, in the order of the
            channels.
        shift: what the Sentinel-2 values lack: 0 for cubes in the convention of the
            downstream set, -1000 for cubes that carry the shift of SSL4EO-S12 v1.1.
        device: where it computes.
        kernels: (kernel, channel, size, size) float32 that ``fitted`` has set.
    """

    name: ClassVar[str] = "mosaiks"
    version: ClassVar[str] = "1"
    thread_safe: ClassVar[bool] = True
    batch_size: ClassVar[int] = 1
    # A cube takes a second: what a kill costs a worker.
    shard_size: ClassVar[int] = 16

    features: int = 4096
    kernel: int = 3
    bias: float = -1.0
    seed: int = 10012023
    mode: str = "empirical"
    season: str = "mean"
    precision: str = "fp32"
    inputs: str = ALL_INPUTS
    shift: int = 0
    device: str = "cpu"
    kernels: NDArray[np.float32] | None = field(
        default=None, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Refuse options that nothing can be computed with."""
        check_choices(
            self.name,
            mode=(self.mode, ("empirical", "gaussian")),
            season=(self.season, ("mean", "concat")),
            precision=(self.precision, tuple(PRECISIONS)),
        )
        input_modalities(self.inputs, encoder=self.name)
        if self.features < 2 or self.features % 2 or self.kernel < 1:
            raise UsageError(
                f"The encoder {self.name!r} got features={self.features} and "
                f"kernel={self.kernel}; give an even number of features, since every "
                "kernel gives two, and a kernel of 1 or more."
            )
        if not 1 <= self.seed < 2**63:
            raise UsageError(
                f"The encoder {self.name!r} got seed={self.seed}; seeds go from 1 to "
                "2**63 - 1, since the published code takes 0 as no seed at all. Give "
                "another --option seed=..."
            )

    @property
    def modalities(self) -> tuple[str, ...]:
        """Return the modalities to read, in the order of the channels."""
        return input_modalities(self.inputs, encoder=self.name)

    @property
    def dims(self) -> int:
        """Return the features, four times as many when seasons are concatenated."""
        return self.features * (SEASONS if self.season == "concat" else 1)

    @property
    def transductive(self) -> bool:
        """Tell whether the kernels come from the cubes that are encoded."""
        return self.mode == "empirical"

    @property
    def needs_fit(self) -> bool:
        """Tell whether the kernels are still to be drawn from cubes."""
        return self.mode == "empirical" and self.kernels is None

    def fit(self, source: CubeSource) -> dict[str, NDArray[Any]]:
        """Return kernels from random patches of the cubes; see ``draw_patches``.

        Returns:
            ``kernels``, (kernel, channel, size, size) float32, and ``places``, (kernel,
            4) int32, where each comes from: the cube's place in the sorted ids, the
            season, the row and the column.

        Raises:
            CubeError: when no cube can be used, or the images are too small.
        """
        patches = draw_patches(
            source,
            lambda cube: self._images(cube, 0),
            shape=self._shape,
            seed=self.seed,
        )
        return {"kernels": whiten(patches.values), "places": patches.places}

    def fitted(self, state: Mapping[str, NDArray[Any]]) -> "MosaiksEncoder":
        """Return the encoder with the kernels of ``fit``.

        Raises:
            InputError: when they are not of the shape that the options ask for.
        """
        kernels = np.asarray(state["kernels"], dtype=np.float32)
        if kernels.shape != self._shape:
            raise InputError(
                f"The saved kernels have shape {kernels.shape}; the options of "
                f"{self.name!r} ask for {self._shape}. Give the options that the "
                "kernels were drawn with."
            )
        encoder = copy.copy(self)
        object.__setattr__(encoder, "kernels", kernels)
        return encoder

    def encode(self, batch: CubeBatch) -> NDArray[np.float32]:
        """Return (samples, dims): per season the positive half, then the negative one.

        Raises:
            CubeError: when a cube has not the bands or, where it matters, the seasons
                that it should have, is smaller than a kernel, or has pixels that are
                no numbers.
            InputError: when the kernels are to come from cubes and none were drawn.
        """
        device = torch_device(self.device)
        with torch.inference_mode():
            kernels = self._weights().to(device)
            vectors = [
                self._vector(self._images(batch, row), kernels)
                for row in range(len(batch))
            ]
            return torch.stack(vectors).cpu().numpy()

    @property
    def _shape(self) -> tuple[int, int, int, int]:
        channels = count_bands(self.modalities)
        return self.features // 2, channels, self.kernel, self.kernel

    def _weights(self) -> Tensor:
        if self.kernels is not None:
            return torch.tensor(self.kernels)
        if self.mode == "gaussian":
            return _drawn_kernels(self._shape, self.seed)
        raise InputError(
            f"The encoder {self.name!r} has no kernels yet: in the mode 'empirical' "
            "they are patches of cubes. Use encoder.fitted(encoder.fit(source)), or "
            "choose --option mode=gaussian."
        )

    def _images(self, batch: CubeBatch, row: int) -> CubeImages:
        return cube_images(
            batch,
            row,
            modalities=self.modalities,
            statistics=DOWNSTREAM_2025,
            shift=self.shift,
        )

    def _vector(self, cube: CubeImages, kernels: Tensor) -> Tensor:
        """Return (dims,) float32 on the kernels' device."""
        if min(cube.size) < self.kernel:
            raise CubeError(
                f"The images have {cube.size[0]} x {cube.size[1]} pixels and the "
                f"kernels {self.kernel} x {self.kernel}; no kernel fits. Leave this "
                "cube out, or give a smaller --option kernel=..."
            )
        if self.season == "concat" and cube.seasons != SEASONS:
            raise CubeError(
                f"The cube has {cube.seasons} seasons and season=concat needs "
                f"{SEASONS}. Leave it out, or choose --option season=mean."
            )
        seasons = [
            rectified_means(
                cube.window(season, device=kernels.device),
                kernels,
                bias=self.bias,
                dtype=PRECISIONS[self.precision],
            )
            for season in range(cube.seasons)
        ]
        if self.season == "concat":
            return torch.cat(seasons).to(torch.float32)
        return torch.stack(seasons).mean(dim=0).to(torch.float32)


@lru_cache(maxsize=4)
def _drawn_kernels(shape: tuple[int, int, int, int], seed: int) -> Tensor:
    return gaussian_kernels(shape, torch.Generator().manual_seed(seed))
