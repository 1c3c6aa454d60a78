"""Tell TerraTorch of the learned codecs.

TerraTorch looks for no entry points: its registries know what has been registered by
the time a model is built. Registering imports no codec, and needs no CompressAI.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from neucobench import codecs
from neucobench.codecs.card import codec_card, codec_names
from neucobench.codecs.terratorch.networks import has_family


@dataclass(frozen=True, kw_only=True)
class Registered:
    """Say under which names TerraTorch knows the codecs.

    Attributes:
        backbones: in ``TERRATORCH_BACKBONE_REGISTRY``.
        full_models: in ``TERRATORCH_FULL_MODEL_REGISTRY``.
        taken_over: names there that TerraTorch keeps for the package ``terracodec``;
            where it is not installed they build our models of the same interface.
    """

    backbones: tuple[str, ...]
    full_models: tuple[str, ...]
    taken_over: tuple[str, ...]


def register_terratorch() -> Registered:
    """Register each learned codec as a backbone and as a full model.

    A codec's name has ``_`` there in place of ``-``: ``tec_fp_s``. A second call
    changes nothing.

    Raises:
        MissingExtraError: when TerraTorch is not installed.
    """
    from neucobench.torchvision_shim import import_with_torchvision

    registries = import_with_torchvision("terratorch.registry", extra="terratorch")
    names = learned_codecs()
    published = () if find_spec("terracodec") else tuple(codecs.__all__)
    for name in names:
        backbone, full = _backbone_builder(name), _full_model_builder(name)
        registries.TERRATORCH_BACKBONE_REGISTRY.register(backbone)
        registries.TERRATORCH_FULL_MODEL_REGISTRY.register(full)
    for name in published:
        builder = _published_builder(name)
        registries.TERRATORCH_FULL_MODEL_REGISTRY.register(builder)
    registered = tuple(registered_name(name) for name in names)
    return Registered(
        backbones=registered, full_models=registered, taken_over=published
    )


def learned_codecs() -> list[str]:
    """Return the names of the codecs that TerraTorch can be given, sorted."""
    return [
        name
        for name in codec_names()
        if has_family(name) and codec_card(name).family == "learned"
    ]


def registered_name(name: str) -> str:
    """Return a codec's name in TerraTorch."""
    return name.replace("-", "_")


def _backbone_builder(name: str) -> Callable[..., Any]:
    def build(pretrained: bool = False, bands: Any = None, **options: Any) -> Any:
        from neucobench.codecs.terratorch.build import build_backbone

        return build_backbone(name, pretrained=pretrained, bands=bands, **options)

    return _named(build, registered_name(name), f"Build the feature maps of {name}.")


def _full_model_builder(name: str) -> Callable[..., Any]:
    def build(pretrained: bool = False, **options: Any) -> Any:
        from neucobench.codecs.terratorch.build import build_full_model

        return build_full_model(name, pretrained=pretrained, **options)

    return _named(build, registered_name(name), f"Build {name}, with its decoder.")


def _published_builder(name: str) -> Callable[..., Any]:
    def build(compression: Any = None, **options: Any) -> Any:
        from neucobench.codecs.terratorch.build import build_published

        return build_published(name, compression=compression, **options)

    return _named(build, name, "Build the codec with TerraCodec's interface.")


def _named(build: Callable[..., Any], name: str, says: str) -> Callable[..., Any]:
    """Return a builder under the name that TerraTorch's registries know it by."""
    build.__name__ = build.__qualname__ = name
    build.__doc__ = says
    return build
