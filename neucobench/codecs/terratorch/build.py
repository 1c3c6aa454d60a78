"""Build what TerraTorch asks for: a backbone, a full model, a published one."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from torch import nn

from neucobench import codecs
from neucobench.codecs.published import released
from neucobench.codecs.terratorch.bands import Band, band_places, read_bands
from neucobench.codecs.terratorch.features import Expectation, FeatureMaps
from neucobench.codecs.terratorch.networks import BuiltNetwork, build_network
from neucobench.errors import MissingExtraError, UsageError

_IN_VARIANT = re.compile(r"lambda-(\d+(?:\.\d+)?)")


def build_backbone(
    name: str,
    *,
    pretrained: bool = False,
    bands: Sequence[Band] | None = None,
    rate: float | None = None,
    ckpt_path: str | None = None,
    expectation: bool = False,
    out_indices: Sequence[int] | None = None,
    merge: str = "mean",
    num_frames: int | None = None,
) -> FeatureMaps:
    """Return the analysis of a codec as a backbone.

    Args:
        name: the codec.
        pretrained: whether to take the published weights, or those that ship.
        bands: those of the pictures, e.g. ``["BLUE", "GREEN", "RED"]``; the others are
            taken for their mean. None: all of the codec's.
        rate: the setting of the codec's knob; None: the default on its card.
        ckpt_path: a file with weights, in place of the published ones.
        expectation: whether a codec of stacks adds what it expects of each frame.
        out_indices: which feature maps; None: all.
        merge: what becomes of the frames of a series: ``"mean"``, ``"max"`` or
            ``"concat"``.
        num_frames: how many frames a series has, for ``"concat"``.

    Raises:
        UsageError: when an option has no such value.
        CodecError: when the weights cannot be used.
        DownloadError: when published weights cannot be fetched.
        MissingExtraError: when the codec needs CompressAI, which is not installed.
    """
    built = _build(name, pretrained=pretrained, rate=rate, ckpt_path=ckpt_path)
    network = built.network
    stacks = hasattr(network, "entropy_model")
    if expectation and not stacks:
        raise UsageError(
            f"expectation=True was given for {name}, which codes pictures one by one "
            "and expects nothing of the next. Leave it away, or choose a codec of "
            "stacks, such as tec_tt."
        )
    analysis = (
        network.transform.analysis_transform.transforms if stacks else network.g_a
    )
    if bands is not None:
        analysis[0] = read_bands(analysis[0], band_places(bands, network.bands))
    return FeatureMaps(
        analysis,
        expectation=Expectation(network) if expectation else None,
        out_indices=out_indices,
        merge=merge,
        num_frames=num_frames,
    )


def build_full_model(
    name: str,
    *,
    pretrained: bool = False,
    rate: float | None = None,
    ckpt_path: str | None = None,
    weight: float | None = None,
) -> nn.Module:
    """Return a codec that reconstructs, for TerraTorch's tasks.

    Args:
        name: the codec.
        pretrained: whether to take the published weights, or those that ship.
        rate: the setting of the codec's knob; None: the default on its card.
        ckpt_path: a file with weights, in place of the published ones.
        weight: lambda of the loss; None: the one that the weights are for.

    Raises:
        UsageError: when an option has no such value.
        CodecError: when the weights cannot be used.
        DownloadError: when published weights cannot be fetched.
        MissingExtraError: when the codec needs CompressAI, which is not installed.
    """
    built = _build(name, pretrained=pretrained, rate=rate, ckpt_path=ckpt_path)
    from neucobench.codecs.terratorch.reconstruction import CodecModel

    return CodecModel(
        built.network,
        weight=_lambda(built) if weight is None else weight,
        quality=int(built.rate) if built.card.rate == "quality" else None,
    )


def build_published(
    name: str,
    *,
    compression: Any = None,
    image_size: int | None = None,
    mode: str = "eval",
    pretrained: bool = False,
    ckpt_path: str | None = None,
    **options: Any,
) -> nn.Module:
    """Return a model with TerraCodec's interface, as its configurations name it.

    Args:
        name: e.g. ``"terracodec_v1_fp_s2l2a"``.
        compression: a released lambda; None: the default.
        image_size: of no account: the size is that of the pictures.
        mode: ``"eval"`` or ``"train"``.
        pretrained: whether to fetch the published weights.
        ckpt_path: a file with weights, in their place.
        options: what else the model's own function takes.

    Raises:
        UsageError: when an option has no such value.
        CodecError: when the weights cannot be used.
        DownloadError: when published weights cannot be fetched.
        MissingExtraError: when the codec needs CompressAI, which is not installed.
    """
    del image_size
    if compression is not None:
        options["compression"] = compression
    with _advice():
        model: nn.Module = getattr(codecs, name)(
            pretrained=pretrained and ckpt_path is None, weights=ckpt_path, **options
        )
    return model.train(mode == "train")


def _build(name: str, **options: Any) -> BuiltNetwork:
    with _advice():
        return build_network(name, **options)


@contextmanager
def _advice() -> Iterator[None]:
    """Say where to read on when CompressAI is missing beside TerraTorch."""
    try:
        yield
    except MissingExtraError as error:
        error.add_note(
            "CompressAI and TerraTorch ask for different versions of numpy, so that "
            "no installer puts both into one environment by itself; the page 'Use the "
            "codecs in TerraTorch' of the documentation says how to."
        )
        raise


def _lambda(built: BuiltNetwork) -> float:
    """Return what the squared error counted when the weights were trained.

    Raises:
        UsageError: when the codec's card does not say.
    """
    if built.card.rate == "lambda":
        return built.rate
    variant = released(built.card, built.rate).variant or ""
    found = _IN_VARIANT.search(variant)
    if found is None:
        raise UsageError(
            f"The card of {built.card.name} does not say which lambda its weights were "
            "trained for, and the loss needs one. Add weight=..."
        )
    return float(found[1])
