"""From the name of a temporal codec to the codec, with its weights."""

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from neucobench.codecs.base import Aim, CodecIdentity
from neucobench.codecs.card import codec_card
from neucobench.codecs.published import Source, find_source
from neucobench.codecs.temporal.codec import FlexibleTemporalCodec, TemporalCodec
from neucobench.codecs.temporal.network import TemporalNetwork
from neucobench.codecs.temporal.sizes import TOKENS
from neucobench.codecs.temporal.weights import load_temporal
from neucobench.codecs.weights import Checkpoint
from neucobench.device import torch_device
from neucobench.errors import CodecError, UsageError

_VERSION = "1"


def tec_tt(
    rate: float | None, weights: str | None, device: str | None
) -> TemporalCodec:
    """Return TEC-TT for Sentinel-2 L2A, with published weights or those in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when no weights are published for the rate.
        DownloadError: when they cannot be fetched.
    """
    return _rigid("tec-tt", rate, weights, device)


def tec_tt_l1c(
    rate: float | None, weights: str | None, device: str | None
) -> TemporalCodec:
    """Return TEC-TT for Sentinel-2 L1C, with published weights or those in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when no weights are published for the rate.
        DownloadError: when they cannot be fetched.
    """
    return _rigid("tec-tt-l1c", rate, weights, device)


def tec_tt_s(
    rate: float | None, weights: str | None, device: str | None
) -> TemporalCodec:
    """Return the small TEC-TT that ships, or one with the weights in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when no weights ship for the rate.
    """
    return _rigid("tec-tt-s", rate, weights, device)


def flextec(
    rate: float | None, weights: str | None, device: str | None
) -> FlexibleTemporalCodec:
    """Return FlexTEC at one quality, with published weights or those in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when there is no such quality.
        DownloadError: when the weights cannot be fetched.
    """
    return _flexible("flextec", rate, weights, device)


def flextec_s(
    rate: float | None, weights: str | None, device: str | None
) -> FlexibleTemporalCodec:
    """Return the small FlexTEC that ships, or one with the weights in a file.

    Raises:
        CodecError: when the weights cannot be used.
        UsageError: when there is no such quality.
    """
    return _flexible("flextec-s", rate, weights, device)


def _rigid(
    name: str, rate: float | None, weights: str | None, device: str | None
) -> TemporalCodec:
    source = find_source(name, rate, weights)
    network, checkpoint = _loaded(source.path, flexible=False, device=device)
    _check_bands(name, network, checkpoint)
    return TemporalCodec(network=network, identity=_identity(source, checkpoint))


def _flexible(
    name: str, rate: float | None, weights: str | None, device: str | None
) -> FlexibleTemporalCodec:
    if rate is not None and rate not in range(TOKENS + 1):
        raise UsageError(
            f"There is no quality {rate:g} of {name}; it is how many of {TOKENS} "
            f"tokens are sent, a whole number from 0 to {TOKENS}. Give one of these."
        )
    source = find_source(name, rate, weights)
    network, checkpoint = _loaded(source.path, flexible=True, device=device)
    _check_bands(name, network, checkpoint)
    return FlexibleTemporalCodec(
        network=network,
        identity=_identity(source, checkpoint),
        aim=Aim(quality=(int(source.rate),)),
    )


def _identity(source: Source, checkpoint: Checkpoint) -> CodecIdentity:
    return CodecIdentity(
        name=source.name,
        version=_VERSION,
        rate=source.rate,
        weights=checkpoint.sha256,
        options={},
    )


def _check_bands(name: str, network: TemporalNetwork, checkpoint: Checkpoint) -> None:
    wanted = codec_card(name).bands
    if network.bands != wanted:
        raise CodecError(
            f"The weights in {checkpoint.source} are for {network.bands} bands; {name} "
            f"codes the {wanted} bands of its card. Give other weights with --weights "
            "FILE."
        )


def _loaded(
    path: Path, *, flexible: bool, device: str | None
) -> tuple[TemporalNetwork, Checkpoint]:
    if not path.is_file():
        return load_temporal(path, flexible=flexible)
    status = path.stat()
    return _kept(
        path.resolve(), (status.st_mtime_ns, status.st_size), flexible, device or "cpu"
    )


# One network serves all qualities; published ones take a gigabyte and a second.
@lru_cache(maxsize=1)
def _kept(
    path: Path, _state: tuple[int, int], flexible: bool, device: str
) -> tuple[TemporalNetwork, Checkpoint]:
    network, checkpoint = load_temporal(path, flexible=flexible)
    return network.to(torch_device(device)), replace(checkpoint, tensors={})
