"""The tables of a study: of original cubes, of decoded cubes, and of latents.

Each is a file of the study's folder, named after what it holds and a digest of all that
decides its numbers, so that the same study finds it again and another one does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neucobench.codecs.base import LatentCodec
from neucobench.data.dataset import CubeFolder
from neucobench.embeddings.files import read_embeddings
from neucobench.embeddings.table import EmbeddingTable
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.checking import check_encoder
from neucobench.encoders.codec_input import LEVEL, kept_codec
from neucobench.encoders.load import load_encoder
from neucobench.encoders.one_core import one_core
from neucobench.encoders.options import constructor_parameters
from neucobench.encoders.recipe import recipe_file
from neucobench.encoders.reducers.base import restore_reducer
from neucobench.encoders.reducers.state import Fitted, load_fitted
from neucobench.encoders.running.pipeline import digest_of, make_pipeline
from neucobench.encoders.running.provenance import cube_digest, sign_cubes
from neucobench.encoders.running.run import encode_folder
from neucobench.errors import UsageError
from neucobench.evaluation.folder import safe_name
from neucobench.machine import reading_threads
from neucobench.studies.stage import Advance
from neucobench.studies.utility.decoded_cubes import MEASURES, DecodedCubes
from neucobench.studies.utility.request import CodecSetting, UtilityRequest

FOLDER = "embeddings"
_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Hold the vectors of decoded cubes, and what each cube cost.

    Attributes:
        table: the vectors.
        measures: (cubes, measures), the columns of ``MEASURES``.
    """

    table: EmbeddingTable
    measures: NDArray[np.float32]

    def rows(self, ids: tuple[str, ...]) -> "Measured":
        """Return the rows of some cubes, in their order."""
        found = row_numbers(self.table, ids)
        return Measured(table=take(self.table, ids), measures=self.measures[found])


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Encode the cubes of a study, one table at a time.

    Attributes:
        request: what is asked for.
        reader: the encoder of original and decoded cubes.
        cubes: the digest of the cubes.
    """

    request: UtilityRequest
    reader: CheckedEncoder
    cubes: str

    def of_originals(self, advance: Advance) -> tuple[EmbeddingTable, Fitted]:
        """Return the vectors of the original cubes, and what was fitted on them."""
        path = self._encode(self.reader, "original", advance)
        state = path.with_name(f"{path.name}.state.json")
        return read_embeddings(path), load_fitted(path) if state.exists() else Fitted()

    def of_decoded(
        self, setting: CodecSetting, fitted: Fitted, advance: Advance
    ) -> Measured:
        """Return the vectors of the cubes as a codec leaves them.

        What the encoder learns, it has learned from the original cubes.
        """
        reader = self.reader
        if reader.needs_fit:
            reader = reader.fitted(fitted.encoder)
        decoded = DecodedCubes(
            reader=reader,
            fitted=fitted.digest if fitted.encoder else "",
            setting=setting,
            device=self._device,
        )
        encoder = check_encoder(decoded, options=decoded.options)
        path = self._encode(encoder, f"{setting.name}-decoded", advance)
        table = read_embeddings(path)
        vectors, measures = np.split(table.values, [-len(MEASURES)], axis=1)
        if fitted.reducer is not None:
            with one_core():
                vectors = restore_reducer(fitted.reducer).transform(vectors)
        return Measured(table=replace(table, values=vectors), measures=measures)

    def of_latents(
        self, setting: CodecSetting, advance: Advance
    ) -> EmbeddingTable | None:
        """Return the pooled latents of the cubes; None for a codec without latents."""
        codec = kept_codec(setting.codec, setting.rate, setting.weights, self._device)
        if not isinstance(codec, LatentCodec):
            return None
        encoder = load_encoder(
            "latents",
            options={"codec": setting.codec, "rate": str(setting.rate)},
            weights=setting.weights,
            device=self._device,
        )
        return read_embeddings(
            self._encode(encoder, f"{setting.name}-latents", advance)
        )

    @property
    def _device(self) -> str:
        return self.request.device or "cpu"

    def _encode(self, encoder: CheckedEncoder, name: str, advance: Advance) -> Path:
        about = make_pipeline(encoder).describe() | {"cubes": self.cubes}
        digest = digest_of(about)[:_DIGITS]
        path = self.request.out / FOLDER / f"{safe_name(name)}-{digest}.parquet"
        encode_folder(
            self.request.cubes,
            encoder,
            path,
            workers=self.request.workers,
            advance=advance,
        )
        return path


def open_tables(request: UtilityRequest) -> Tables:
    """Return the tables of a study, its codecs and its encoder loaded.

    Raises:
        UsageError: when the encoder does not read L2A.
        NeucoError: when a codec or the encoder cannot be loaded, or there are no cubes.
    """
    for setting in request.settings:
        kept_codec(
            setting.codec, setting.rate, setting.weights, request.device or "cpu"
        )
    reader = load_reader(request)
    folder = CubeFolder(request.cubes)
    threads = request.workers or reading_threads()
    signatures = sign_cubes(folder, reader.modalities, workers=threads)
    return Tables(request=request, reader=reader, cubes=cube_digest(signatures))


def load_reader(request: UtilityRequest) -> CheckedEncoder:
    """Return the encoder of original and decoded cubes.

    It reads L2A alone where it has an option for that, and computes on the device of
    the request where it has the choice.

    Raises:
        UsageError: when it does not read L2A.
        NeucoError: when it cannot be loaded.
    """
    try:
        reader = _load(request, {"inputs": LEVEL} | dict(request.options))
    except UsageError:
        # Without the option that nobody gave, what is wrong is named as it was typed.
        reader = _load(request, request.options)
    if LEVEL not in reader.modalities or reader.table_source is not None:
        read = ", ".join(reader.modalities) or "no cubes"
        raise UsageError(
            f"The encoder {request.encoder} reads {read}, and the codecs code {LEVEL}: "
            "no bit of theirs would change its vectors. Give one that reads it, or an "
            f"option such as --option level={LEVEL}."
        )
    return reader


def _load(request: UtilityRequest, options: Mapping[str, str]) -> CheckedEncoder:
    def load(device: str | None) -> CheckedEncoder:
        return load_encoder(
            request.encoder, options=options, device=device, cubes=request.cubes
        )

    reader = load(None)
    chooses = "device" in constructor_parameters(type(reader.inner))
    if request.device is not None and (chooses or recipe_file(request.encoder)):
        return load(request.device)
    return reader


def take(table: EmbeddingTable, ids: tuple[str, ...]) -> EmbeddingTable:
    """Return the rows of some cubes, in their order."""
    if ids == table.ids:
        return table
    values = table.values[row_numbers(table, ids)]
    return replace(table, ids=ids, values=values, path=None, sha256=None)


def row_numbers(table: EmbeddingTable, ids: tuple[str, ...]) -> list[int]:
    """Return where the rows of some cubes are."""
    places = {cube_id: row for row, cube_id in enumerate(table.ids)}
    return [places[cube_id] for cube_id in ids]
