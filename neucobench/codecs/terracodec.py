"""The published Python interface of TerraCodec, for its codecs of single pictures.

Code that was written for the package ``terracodec`` runs with the import changed. Its
strings are made and read here byte for byte.
"""

import re
from pathlib import Path

from neucobench.codecs.card import codec_card
from neucobench.codecs.elic.network import Elic
from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.published import find_source, released
from neucobench.codecs.sizes import load_elic, load_factorized
from neucobench.codecs.standardize import S2L2A_MEAN
from neucobench.device import torch_device
from neucobench.errors import UsageError

_BANDS = len(S2L2A_MEAN)
_NAMED = re.compile(r"lambda-(\d+(?:\.\d+)?)")


def terracodec_v1_fp_s2l2a(
    compression: str | float = "lambda-10",
    *,
    pretrained: bool = False,
    weights: str | Path | None = None,
    device: str | None = None,
) -> FactorizedPrior:
    """Return TEC-FP for the 12 bands of Sentinel-2 L2A, ready to code.

    Args:
        compression: a released lambda, as a number or as ``"lambda-10"``.
        pretrained: whether to fetch the published weights; they are kept.
        weights: a local checkpoint in their place, ``.pt`` or ``.safetensors``. With
            neither, the weights are random, and as wide as the published ones.
        device: e.g. ``"cuda"``; None: the CPU.

    Raises:
        UsageError: when the lambda is not released, or there is no such device.
        CodecError: when the weights cannot be used.
        DownloadError: when the published weights cannot be fetched.
    """
    path, (n, m) = _weights("tec-fp", compression, weights, pretrained=pretrained)
    network = (
        FactorizedPrior(_BANDS, n, m) if path is None else load_factorized(path)[0]
    )
    return network.to(torch_device(device or "cpu")).eval()


def terracodec_v1_elic_s2l2a(
    compression: str | float = "lambda-10",
    *,
    pretrained: bool = False,
    weights: str | Path | None = None,
    device: str | None = None,
) -> Elic:
    """Return TEC-ELIC for the 12 bands of Sentinel-2 L2A, ready to code.

    Args:
        compression: a released lambda, as a number or as ``"lambda-10"``.
        pretrained: whether to fetch the published weights; they are kept.
        weights: a local checkpoint in their place, ``.pt`` or ``.safetensors``. With
            neither, the weights are random, and as wide as the published ones.
        device: e.g. ``"cuda"``; None: the CPU.

    Raises:
        UsageError: when the lambda is not released, or there is no such device.
        CodecError: when the weights cannot be used.
        DownloadError: when the published weights cannot be fetched.
    """
    path, (n, m) = _weights("tec-elic", compression, weights, pretrained=pretrained)
    network = Elic(_BANDS, n, m) if path is None else load_elic(path)[0]
    return network.to(torch_device(device or "cpu")).eval()


def _weights(
    name: str,
    compression: str | float,
    weights: str | Path | None,
    *,
    pretrained: bool,
) -> tuple[Path | None, tuple[int, int]]:
    """Return the file, or None for random weights, and the published widths."""
    if pretrained and weights is not None:
        raise UsageError(
            f"pretrained=True and weights={str(weights)!r} were given; the one fetches "
            "the published weights, the other reads a file. Give one of them."
        )
    entry = released(codec_card(name), _rate(name, compression))
    widths = (entry.n or 0, entry.m or 0)
    if weights is not None:
        return Path(weights).expanduser(), widths
    if pretrained:
        return find_source(name, entry.rate, None).path, widths
    return None, widths


def _rate(name: str, compression: str | float) -> float:
    found = _NAMED.fullmatch(compression) if isinstance(compression, str) else None
    if found:
        return float(found[1])
    if isinstance(compression, str | bool):
        listed = ", ".join(f"{rate:g}" for rate in codec_card(name).rates)
        raise UsageError(
            f"compression={compression!r} was given; it is a lambda as a number or as "
            f"'lambda-10', and {listed} are released. Give one of these."
        )
    return float(compression)
