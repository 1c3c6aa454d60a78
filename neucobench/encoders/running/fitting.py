"""An encoder that must see the cubes first: fitted once, and kept for a resumed run."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from neucobench.atomic import whole_file
from neucobench.data.dataset import CubeFolder
from neucobench.encoders.base import CubeBatch
from neucobench.encoders.checked import CheckedEncoder
from neucobench.encoders.running.pipeline import Pipeline, describe_encoder, digest_of
from neucobench.encoders.running.provenance import cube_digest
from neucobench.encoders.running.work import read_for
from neucobench.errors import InputError

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class _Source:
    """The cubes of a folder as an encoder reads them."""

    folder: CubeFolder
    encoder: CheckedEncoder

    @property
    def ids(self) -> tuple[str, ...]:
        return self.folder.ids

    def read(self, cube_id: str) -> CubeBatch:
        return read_for(self.folder, self.encoder, cube_id)


def fit_encoder(
    pipeline: Pipeline,
    folder: CubeFolder,
    signatures: Mapping[str, str],
    hidden: Path,
) -> tuple[CheckedEncoder, Arrays]:
    """Return the encoder, ready to encode, and what it has learned from the cubes.

    Args:
        pipeline: its saved state, if there is one, is used in place of fitting.
        folder: the cubes.
        signatures: cube id to signature; what was learned depends on all of them.
        hidden: the folder of the run, where what was learned is kept.

    Raises:
        InputError: when the saved state holds nothing for an encoder that needs it.
        CubeError: when no cube can be read.
    """
    encoder = pipeline.encoder
    encoder.prepare()
    if not encoder.needs_fit:
        return encoder, {}
    if pipeline.state is not None:
        if not pipeline.state.encoder:
            raise InputError(
                f"The saved state holds no fitted encoder, and {encoder.name!r} must "
                "be fitted; leave out --reducer, or give the state of such a run."
            )
        return encoder.fitted(pipeline.state.encoder), pipeline.state.encoder
    path = hidden / "encoder.safetensors"
    key = digest_of(
        describe_encoder(encoder) | {"cube_digest": cube_digest(signatures)}
    )
    learned = _read(path, key)
    if learned is None:
        learned = encoder.fit(_Source(folder=folder, encoder=encoder))
        with whole_file(path) as file:
            file.write_bytes(save(dict(learned), metadata={"key": key}))
    return encoder.fitted(learned), learned


def _read(path: Path, key: str) -> Arrays | None:
    try:
        with safe_open(path, framework="np") as file:
            if (file.metadata() or {}).get("key") != key:
                return None
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None


def learned_digest(learned: Arrays) -> str:
    """Return a digest of what an encoder has learned, empty for nothing."""
    return sha256(save(dict(learned))).hexdigest() if learned else ""
