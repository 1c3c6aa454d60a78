"""Checkpoints of the learned codecs: whose they are, how wide, and into the network.

Published files come from several releases of CompressAI and of TerraCodec: with and
without ``model.`` before each key, with the older names of the bottleneck's weights,
and with tables of probabilities that are full, empty or absent. The tables follow from
the weights and are made anew.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from torch import Tensor, nn

from neucobench.data.tensor_file import fill_model, read_metadata, read_tensors
from neucobench.errors import CodecError, InputError

Network = TypeVar("Network", bound=nn.Module)

_PREFIX = "model."
# Tables, and constants: these are the network's own.
_REBUILT = re.compile(
    r"\._(offset|quantized_cdf|cdf_length)$|\.gaussian_conditional\.|\.mask$"
    r"|\.bottleneck\.|\.look_ahead_mask$"
)
_OLD_NAME = re.compile(r"(^|\.)_(matrix|bias|factor)(\d)$")
_NEW_NAMES = {"matrix": "matrices", "bias": "biases", "factor": "factors"}

# A key that only the checkpoints of one family have, without the prefix.
_FAMILIES = {
    "latent_codec.hyper.entropy_bottleneck.quantiles": "TEC-ELIC",
    "entropy_model.mask_token": "FlexTEC",
    "entropy_model.learned_zero.sym": "TEC-TT",
    "entropy_bottleneck.quantiles": "TEC-FP",
}
_NAMES = {
    "TEC-FP": "tec-fp",
    "TEC-ELIC": "tec-elic",
    "TEC-TT": "tec-tt",
    "FlexTEC": "flextec",
}


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Hold the weights of one file.

    Attributes:
        source: the file, for messages.
        sha256: its digest, in hex.
        tensors: name, as the networks have it, to tensor, without tables.
        metadata: what a ``.safetensors`` file says of itself.
    """

    source: str
    sha256: str
    tensors: Mapping[str, Tensor]
    metadata: Mapping[str, str] = field(default_factory=dict)

    def shape(self, key: str, dimensions: int) -> tuple[int, ...]:
        """Return the shape of a tensor that the network's sizes are read from.

        Raises:
            CodecError: when it is missing, or has other dimensions.
        """
        tensor = self.tensors.get(key)
        if tensor is None or tensor.ndim != dimensions:
            raise CodecError(
                f"{self.source} has no tensor {key} with {dimensions} dimensions, "
                "which tells how wide the network is; the file is damaged or of "
                "another codec. Give another with --weights FILE."
            )
        return tuple(tensor.shape)


def read_checkpoint(path: Path, *, family: str) -> Checkpoint:
    """Return the weights in a file.

    Args:
        path: ``.safetensors``, ``.pt`` or ``.pth``; no code in it is run.
        family: whose weights they must be, e.g. ``"TEC-FP"`` or ``"FlexTEC"``.

    Raises:
        CodecError: when there is no such file, or it holds something else.
    """
    if not path.is_file():
        raise CodecError(
            f"{path} was given as the weights of a codec and is no file that exists; "
            "correct --weights FILE, or leave it away to download the published ones."
        )
    try:
        tensors = read_tensors(path)
    except InputError as error:
        raise CodecError(str(error)) from error
    if all(key.startswith(_PREFIX) for key in tensors):
        tensors = {key.removeprefix(_PREFIX): value for key, value in tensors.items()}
    _check_family(tensors, family, path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    kept = {
        _OLD_NAME.sub(_new_name, key): value
        for key, value in tensors.items()
        if not _REBUILT.search(key)
    }
    return Checkpoint(
        source=str(path), sha256=digest, tensors=kept, metadata=read_metadata(path)
    )


def fill_network(network: Network, checkpoint: Checkpoint) -> Network:
    """Give a network the weights of a checkpoint, for inference, and return it.

    Raises:
        CodecError: when a tensor is missing, unexpected, of another shape, or holds
            NaN or infinite numbers.
    """
    own = {
        key: value
        for key, value in network.state_dict().items()
        if _REBUILT.search(key)
    }
    try:
        fill_model(network, {**checkpoint.tensors, **own}, source=checkpoint.source)
    except InputError as error:
        raise CodecError(str(error)) from error
    return network


def _check_family(tensors: Mapping[str, Tensor], family: str, path: Path) -> None:
    found = next((name for key, name in _FAMILIES.items() if key in tensors), None)
    if found == family:
        return
    what = f"those of {found}" if found else "of no codec that is known"
    advice = f", or choose the codec {_NAMES[found]}" if found in _NAMES else ""
    raise CodecError(
        f"The weights in {path} are {what}, and those of {family} are needed; give "
        f"another file with --weights FILE{advice}."
    )


def _new_name(match: re.Match[str]) -> str:
    return f"{match[1]}{_NEW_NAMES[match[2]]}.{match[3]}"
