"""From a codec's name to what fills clouds."""

from neucobench.codecs.base import CodecIdentity
from neucobench.codecs.inpainting.inpainter import Inpainter
from neucobench.codecs.inpainting.options import FillOptions
from neucobench.codecs.load import load_codec
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.errors import CodecError


def load_inpainter(
    name: str,
    *,
    rate: float | None = None,
    weights: str | None = None,
    device: str | None = None,
    options: FillOptions | None = None,
) -> tuple[Inpainter, CodecIdentity]:
    """Return what fills clouds by the network of a codec, and which codec it is.

    Args:
        name: a temporal codec that is not flexible, e.g. ``"tec-tt"``.
        rate: the lambda its weights were trained for; None: the default on its card.
        weights: a checkpoint; None: the published one.
        device: where it computes, e.g. ``"cuda"``; None: the CPU.
        options: how clouds are filled.

    Raises:
        UnknownNameError: when there is no such codec.
        UsageError: when the codec does not have the rate, or there is no such device.
        CodecError: when the weights cannot be used, or the codec cannot fill.
        DownloadError: when published weights cannot be fetched.
        MissingExtraError: when what the codec needs is not installed.
    """
    codec = load_codec(name, rate=rate, weights=weights, device=device)
    network = getattr(codec, "network", None)
    if not isinstance(network, TemporalNetwork):
        raise CodecError(
            f"The codec {name} was given; it does not foretell one season from others, "
            "so it has nothing to fill clouds with. Use tec-tt, tec-tt-l1c or tec-tt-s."
        )
    inpainter = Inpainter(network=network.eval(), options=options or FillOptions())
    return inpainter, codec.identity
