"""Temporal codecs whose networks stay loaded, for what they make of stacks."""

from dataclasses import dataclass, replace

import torch

from neucobench.codecs.base import CODECS, CodecIdentity
from neucobench.codecs.card import codec_card
from neucobench.codecs.temporal.codec import FlexibleTemporalCodec, TemporalCodec
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.encoders.codec_input import kept_codec
from neucobench.encoders.pretrained.kept_models import KeptModels
from neucobench.errors import UsageError

_MODULES = "neucobench.codecs.temporal."


@dataclass(frozen=True, kw_only=True)
class KeptTemporal:
    """Hold the network of a temporal codec.

    Attributes:
        codec: the codec, with its own network.
        network: the same, with other heads where these were asked for.
    """

    codec: TemporalCodec
    network: TemporalNetwork

    @property
    def identity(self) -> CodecIdentity:
        """Return the name, the rate and the digest of the weights."""
        return self.codec.identity

    @property
    def quality(self) -> int | None:
        """Return how many tokens of a window are sent; None: all, without a choice."""
        flexible = isinstance(self.codec, FlexibleTemporalCodec)
        return int(self.identity.rate) if flexible else None


@KeptModels
def kept_temporal(
    name: str, rate: float | None, weights: str | None, heads: int | None, device: str
) -> KeptTemporal:
    """Return a temporal codec, which is loaded once.

    Args:
        name: of its card.
        rate: its rate; None: the one that the card prefers.
        weights: a file; None: the weights of the card.
        heads: of the attention; None: what the file says of itself.
        device: where it computes.

    Raises:
        UsageError: when it is no temporal codec, or cannot have so many heads.
        NeucoError: when it cannot be loaded.
    """
    codec = kept_codec(name, rate, weights, device)
    if not isinstance(codec, TemporalCodec):
        raise UsageError(
            f"The codec {name} codes each season by itself: no season is predicted "
            "from others. Give --option codec=NAME with one of "
            f"{', '.join(temporal_codecs())}; or --encoder latents, for any codec "
            "with latents."
        )
    if heads is None:
        return KeptTemporal(codec=codec, network=codec.network)
    return KeptTemporal(codec=codec, network=_with_heads(codec.network, heads))


def published_sizes(name: str, weights: str | None) -> TemporalSizes | None:
    """Return the sizes of a network that the hub has, without fetching it.

    Args:
        name: the codec's card.
        weights: a file, or the name of a variant on the card, or None.

    Returns:
        None where the weights must be looked at.

    Raises:
        UnknownNameError: when no card has that name.
    """
    card = codec_card(name)
    elsewhere = name in temporal_codecs() and card.weights[0].repo is not None
    if not elsewhere or not (weights is None or weights in card.variants):
        return None
    return TemporalSizes(bands=card.bands or 0, flexible=bool(card.variants))


def temporal_codecs() -> list[str]:
    """Return the names of the codecs that predict seasons from others."""
    return [
        name for name in CODECS.names() if CODECS.targets[name].startswith(_MODULES)
    ]


def _with_heads(network: TemporalNetwork, heads: int) -> TemporalNetwork:
    """Return a network with the same weights, whose attention has other heads."""
    width = network.sizes.width
    if heads < 1 or width % heads:
        raise UsageError(
            f"heads={heads} was given for a network that is {width} wide, which so "
            "many heads cannot share. Leave --option heads away, or give the number it "
            "was trained with."
        )
    with torch.device("meta"):
        other = TemporalNetwork(replace(network.sizes, heads=heads))
    other.load_state_dict(network.state_dict(), assign=True)
    return other.eval().requires_grad_(requires_grad=False)
