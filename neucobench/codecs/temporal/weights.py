"""Temporal networks as large as a checkpoint says, filled with its weights."""

import re
from pathlib import Path

import torch

from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import CONTEXT_TOKENS, TemporalSizes
from neucobench.codecs.weights import Checkpoint, fill_network, read_checkpoint
from neucobench.errors import CodecError

_HEADS = ("heads", "num_heads")
_HEAD_SIZE = 48  # of the published networks
_LAYER = "entropy_model.{}.layers.encoder_layer_{}.norm1a.weight"


def load_temporal(
    path: Path, *, heads: int | None = None, flexible: bool = False
) -> tuple[TemporalNetwork, Checkpoint]:
    """Return TEC-TT or FlexTEC with the weights in a file, and what the file is.

    Args:
        path: ``.safetensors``, ``.pt`` or ``.pth``.
        heads: of the attention, which cannot be seen in weights; None: what the file
            says of itself, or else one for 48 numbers of the width, as the published
            networks have.
        flexible: whether FlexTEC is wanted.

    Raises:
        CodecError: when the file holds something else.
    """
    family = "FlexTEC" if flexible else "TEC-TT"
    checkpoint = read_checkpoint(path, family=family)
    sizes = sizes_of(checkpoint, heads=heads, flexible=flexible)
    with torch.device("meta"):
        network = TemporalNetwork(sizes)
    return fill_network(network, checkpoint), checkpoint


def sizes_of(
    checkpoint: Checkpoint, *, heads: int | None, flexible: bool
) -> TemporalSizes:
    """Return the sizes of the network that weights are for.

    Raises:
        CodecError: when they cannot be read off, or no network has such.
    """
    analysis = "transform.analysis_transform.transforms.{}.weight"
    first, bands, *_ = checkpoint.shape(analysis.format(0), 4)
    second, third, last = (
        checkpoint.shape(analysis.format(i), 4)[0] for i in (4, 9, 13)
    )
    width, _ = checkpoint.shape("entropy_model.encoder_embedding.weight", 2)
    middle, _ = checkpoint.shape(
        "entropy_model.decoder.layers.encoder_layer_0.mlp1.fc1.weight", 2
    )
    if heads is None:
        heads = _stated_heads(checkpoint) or max(1, width // _HEAD_SIZE)
    if heads < 1 or not width or width % heads:
        raise CodecError(
            f"The weights in {checkpoint.source} are {width} wide, which {heads} heads "
            "cannot share; give the number of heads it was trained with."
        )
    if middle % width or (flexible and last % CONTEXT_TOKENS):
        raise CodecError(
            f"The weights in {checkpoint.source} have perceptrons {middle} wide for a "
            f"width of {width}, and {last} latent channels; the first is a multiple of "
            f"the width, and FlexTEC repacks multiples of {CONTEXT_TOKENS} channels. "
            "Give another file."
        )
    return TemporalSizes(
        bands=bands,
        channels=(first, second, third, last),
        width=width,
        heads=heads,
        separate_layers=_layers(checkpoint, "encoder_sep"),
        joint_layers=_layers(checkpoint, "encoder_joint"),
        decoder_layers=_layers(checkpoint, "decoder"),
        expansion=middle // width,
        flexible=flexible,
    )


def _layers(checkpoint: Checkpoint, part: str) -> int:
    count = 0
    while _LAYER.format(part, count) in checkpoint.tensors:
        count += 1
    return count


def _stated_heads(checkpoint: Checkpoint) -> int | None:
    for name in _HEADS:
        stated = checkpoint.metadata.get(name, "")
        if re.fullmatch(r"[1-9]\d{0,3}", stated):
            return int(stated)
    return None
