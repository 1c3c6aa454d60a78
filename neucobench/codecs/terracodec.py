"""The published Python interface of TerraCodec, for its codecs of single pictures.

Code that was written for the package ``terracodec`` runs with the import changed. Its
strings are made and read here byte for byte.
"""

from pathlib import Path

import torch

from neucobench.codecs.card import codec_card
from neucobench.codecs.compression import lambda_of, require_one_source
from neucobench.codecs.elic.network import Elic
from neucobench.codecs.factorized import FactorizedPrior
from neucobench.codecs.published import find_source, released
from neucobench.codecs.sizes import load_elic, load_factorized
from neucobench.codecs.standardize import S2L2A_MEAN
from neucobench.device import torch_device

_BANDS = len(S2L2A_MEAN)


def terracodec_v1_fp_s2l2a(
    compression: str | float = "lambda-10",
    *,
    pretrained: bool = False,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
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
    device: str | torch.device | None = None,
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
    require_one_source(weights, pretrained=pretrained)
    entry = released(codec_card(name), lambda_of(name, compression))
    widths = (entry.n or 0, entry.m or 0)
    if weights is not None:
        return Path(weights).expanduser(), widths
    if pretrained:
        return find_source(name, entry.rate, None).path, widths
    return None, widths
