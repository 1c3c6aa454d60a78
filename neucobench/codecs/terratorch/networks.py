"""From a codec's name to its network: published weights, a file's, or random ones."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neucobench.codecs.card import CodecCard, CodecWeights, codec_card
from neucobench.errors import CodecError, UsageError

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class Family:
    """Say how the networks of some codecs are made.

    Attributes:
        load: the network with the weights in a file.
        draw: the network of a card with random weights.
    """

    load: "Callable[[Path], nn.Module]"
    draw: "Callable[[CodecCard, CodecWeights], nn.Module]"


@dataclass(frozen=True, kw_only=True)
class BuiltNetwork:
    """Hold a network and what it was built for.

    Attributes:
        network: of single pictures or of stacks.
        card: the codec's.
        rate: the setting of the codec's knob.
    """

    network: Any
    card: CodecCard
    rate: float


def build_network(
    name: str, *, pretrained: bool, rate: float | None, ckpt_path: str | None
) -> BuiltNetwork:
    """Return the network of a codec.

    Args:
        name: the codec's card.
        pretrained: whether to take the published weights, or those that ship.
        rate: the setting of the codec's knob; None: the default on its card.
        ckpt_path: a file with weights, in place of the published ones.

    Raises:
        UsageError: when the codec has no such rate.
        CodecError: when the weights cannot be used.
        DownloadError: when published weights cannot be fetched.
        MissingExtraError: when the network needs CompressAI, which is not installed.
    """
    known = _family(name)
    if known is None:
        raise UsageError(
            f"The codec {name} is of none of the families {', '.join(_FAMILIES)}, "
            "which TerraTorch can be given. Choose a codec of one of them."
        )
    from neucobench.codecs.published import find_source, released

    family, card = _FAMILIES[known](), codec_card(name)
    if ckpt_path is None and not pretrained:
        setting = card.default_rate if rate is None else rate
        drawn = family.draw(card, released(card, setting))
        return BuiltNetwork(network=drawn, card=card, rate=setting)
    source = find_source(name, rate, ckpt_path)
    network: Any = family.load(source.path).requires_grad_(True)
    if network.bands != card.bands:
        raise CodecError(
            f"The weights in {source.path} are for {network.bands} bands, and {name} "
            f"has {card.bands}. Give another file with ckpt_path=..., or choose the "
            "codec that it is for."
        )
    return BuiltNetwork(network=network, card=card, rate=source.rate)


def has_family(name: str) -> bool:
    """Tell whether the codec is of a family that is known here."""
    return _family(name) is not None


def _family(name: str) -> str | None:
    """Return the family of a codec: its name, without what comes after."""
    families = (key for key in _FAMILIES if name == key or name.startswith(f"{key}-"))
    return next(families, None)


def _factorized() -> Family:
    from neucobench.codecs.factorized import FactorizedPrior
    from neucobench.codecs.sizes import load_factorized

    return Family(
        load=lambda path: load_factorized(path)[0],
        draw=lambda card, entry: FactorizedPrior(*_widths(card, entry)),
    )


def _elic() -> Family:
    from neucobench.codecs.elic.network import Elic
    from neucobench.codecs.sizes import load_elic

    return Family(
        load=lambda path: load_elic(path)[0],
        draw=lambda card, entry: Elic(*_widths(card, entry)),
    )


def _temporal(*, flexible: bool) -> Family:
    from neucobench.codecs.published import find_source
    from neucobench.codecs.temporal.network import TemporalNetwork
    from neucobench.codecs.temporal.sizes import TemporalSizes
    from neucobench.codecs.temporal.weights import load_temporal

    def load(path: Path) -> TemporalNetwork:
        return load_temporal(path, flexible=flexible)[0]

    def draw(card: CodecCard, entry: CodecWeights) -> TemporalNetwork:
        if entry.repo is None:  # as large as what ships
            shipped = find_source(card.name, entry.rate, entry.variant)
            return TemporalNetwork(load(shipped.path).sizes)
        return TemporalNetwork(TemporalSizes(bands=card.bands or 0, flexible=flexible))

    return Family(load=load, draw=draw)


def _widths(card: CodecCard, entry: CodecWeights) -> tuple[int, int, int]:
    return card.bands or 0, entry.n or 0, entry.m or 0


# Each is made at the first use: torch, and for pictures CompressAI, are needed then.
_FAMILIES: dict[str, Callable[[], Family]] = {
    "tec-fp": _factorized,
    "tec-elic": _elic,
    "tec-tt": partial(_temporal, flexible=False),
    "flextec": partial(_temporal, flexible=True),
}
