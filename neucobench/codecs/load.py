"""From a codec's name to a codec."""

from neucobench.codecs.base import CODECS, Codec


def load_codec(
    name: str,
    *,
    rate: float | None = None,
    weights: str | None = None,
    device: str | None = None,
) -> Codec:
    """Return the codec of a name, at one rate.

    Args:
        name: e.g. ``"tec-fp-s"`` or ``"jpeg2000"``.
        rate: the setting of its rate knob; None: the default on its card. A learned
            codec has the rates that weights are published for.
        weights: a checkpoint of a learned codec; None: the published one.
        device: where a learned codec computes, e.g. ``"cuda"``; None: the CPU.

    Raises:
        UnknownNameError: when there is no such codec.
        UsageError: when the codec does not have the rate, or there is no such device.
        CodecError: when the weights cannot be used.
        DownloadError: when published weights cannot be fetched.
        MissingExtraError: when what the codec needs is not installed.
    """
    codec: Codec = CODECS.load(name)(rate=rate, weights=weights, device=device)
    return codec
