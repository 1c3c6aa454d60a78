"""The published Python interface of TerraCodec, for its codecs of stacks.

Code that was written for the package ``terracodec`` runs with the import changed. Its
strings are made and read here byte for byte; any number of stacks at once, and any
height and width, are taken besides.
"""

from pathlib import Path

import torch

from neucobench.codecs.card import codec_card
from neucobench.codecs.compression import lambda_of, require_one_source
from neucobench.codecs.published import find_source, released
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TemporalSizes
from neucobench.codecs.temporal.weights import load_temporal
from neucobench.device import torch_device
from neucobench.errors import CodecError, UsageError

_FLEXIBLE = "flextec"


def terracodec_v1_tt_s2l2a(
    compression: str | float = "lambda-5",
    *,
    pretrained: bool = False,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
    heads: int | None = None,
) -> TemporalNetwork:
    """Return TEC-TT for the 12 bands of Sentinel-2 L2A, ready to code.

    Args:
        compression: a released lambda, as a number or as ``"lambda-5"``.
        pretrained: whether to fetch the published weights; they are kept.
        weights: a local checkpoint in their place, ``.pt`` or ``.safetensors``. With
            neither, the weights are random, and as many as the published ones.
        device: e.g. ``"cuda"``; None: the CPU.
        heads: of the attention, for a checkpoint of another size that does not say;
            everything else is read from the weights.

    Raises:
        UsageError: when the lambda is not released, or there is no such device.
        CodecError: when the weights cannot be used.
        DownloadError: when the published weights cannot be fetched.
    """
    path = _file("tec-tt", compression, weights, pretrained=pretrained)
    return _network("tec-tt", path, device, heads)


def terracodec_v1_tt_s2l1c(
    compression: str | float = "lambda-20",
    *,
    pretrained: bool = False,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
    heads: int | None = None,
) -> TemporalNetwork:
    """Return TEC-TT for the 13 bands of Sentinel-2 L1C, ready to code.

    Args:
        compression: a released lambda, as a number or as ``"lambda-20"``.
        pretrained: whether to fetch the published weights; they are kept.
        weights: a local checkpoint in their place, ``.pt`` or ``.safetensors``. With
            neither, the weights are random, and as many as the published ones.
        device: e.g. ``"cuda"``; None: the CPU.
        heads: of the attention, for a checkpoint of another size that does not say.

    Raises:
        UsageError: when the lambda is not released, or there is no such device.
        CodecError: when the weights cannot be used.
        DownloadError: when the published weights cannot be fetched.
    """
    path = _file("tec-tt-l1c", compression, weights, pretrained=pretrained)
    return _network("tec-tt-l1c", path, device, heads)


def flextec_v1_s2l2a(
    compression: str | float = "lambda-800",
    *,
    pretrained: bool = False,
    weights: str | Path | None = None,
    device: str | torch.device | None = None,
    heads: int | None = None,
    lr_only: bool = False,
) -> TemporalNetwork:
    """Return FlexTEC for the 12 bands of Sentinel-2 L2A, ready to code.

    Args:
        compression: ``800``, ``"lambda-800"``, or ``"lambda-800-lronly"``.
        pretrained: whether to fetch the published weights; they are kept.
        weights: a local checkpoint in their place, ``.pt`` or ``.safetensors``. With
            neither, the weights are random, and as many as the published ones.
        device: e.g. ``"cuda"``; None: the CPU.
        heads: of the attention, for a checkpoint of another size that does not say.
        lr_only: the weights that were trained with repacking and without masking.

    Raises:
        UsageError: when such weights are not released, or there is no such device.
        CodecError: when the weights cannot be used.
        DownloadError: when the published weights cannot be fetched.
    """
    require_one_source(weights, pretrained=pretrained)
    variant = _variant(compression, lr_only=lr_only)
    path = None if weights is None else Path(weights).expanduser()
    if pretrained:
        path = find_source(_FLEXIBLE, None, variant).path
    return _network(_FLEXIBLE, path, device, heads)


def _file(
    name: str,
    compression: str | float,
    weights: str | Path | None,
    *,
    pretrained: bool,
) -> Path | None:
    require_one_source(weights, pretrained=pretrained)
    rate = lambda_of(name, compression)
    released(codec_card(name), rate)
    if weights is not None:
        return Path(weights).expanduser()
    return find_source(name, rate, None).path if pretrained else None


def _network(
    name: str,
    path: Path | None,
    device: str | torch.device | None,
    heads: int | None,
) -> TemporalNetwork:
    flexible = name == _FLEXIBLE
    if path is None:
        bands = codec_card(name).bands or TemporalSizes.bands
        network = TemporalNetwork(TemporalSizes(bands=bands, flexible=flexible))
    else:
        network, _ = load_temporal(path, heads=heads, flexible=flexible)
        _require_bands(name, network, path)
    return network.to(torch_device(device or "cpu")).eval()


def _require_bands(name: str, network: TemporalNetwork, path: Path) -> None:
    wanted = codec_card(name).bands
    if network.bands != wanted:
        raise CodecError(
            f"The weights in {path} are for {network.bands} bands, and {name} codes "
            f"{wanted}; give another file, or call the function for that product."
        )


def _variant(compression: str | float, *, lr_only: bool) -> str:
    known = codec_card(_FLEXIBLE).variants
    number = isinstance(compression, int | float)
    stem = f"lambda-{compression:g}" if number else str(compression)
    wanted = f"{stem}-lronly" if lr_only and not stem.endswith("-lronly") else stem
    if wanted not in known:
        raise UsageError(
            f"compression={compression!r} was given; released are {', '.join(known)}. "
            "Give one of these; the tokens that are sent are the quality of compress."
        )
    return wanted
