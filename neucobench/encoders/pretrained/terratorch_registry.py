"""The names of TerraTorch's registry of backbones, and what builds each of them."""

from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from neucobench.encoders.pretrained.terratorch_backbones import BACKBONES
from neucobench.errors import UnknownNameError
from neucobench.torchvision_shim import import_with_torchvision

# The source whose names stand without a prefix; those of timm may have one.
OWN = "terratorch"


def backbone_registry() -> Any:
    """Return the registry.

    Raises:
        MissingExtraError: when TerraTorch is not installed.
    """
    registries = import_with_torchvision("terratorch.registry", extra="terratorch")
    return registries.BACKBONE_REGISTRY


def is_own(name: str) -> bool:
    """Tell whether a backbone is TerraTorch's own, and not timm's."""
    return name in backbone_registry().find_registry(f"{OWN}_")


def find_backbone(name: str) -> Any:
    """Return the function, or the class, that builds a backbone.

    Raises:
        UnknownNameError: with the nearest names, when the registry has none.
        MissingExtraError: when TerraTorch is not installed.
    """
    known = known_names()
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.5)
        raise UnknownNameError("backbone of TerraTorch", name, near or BACKBONES)
    if is_own(name):
        return backbone_registry().find_class(name)
    timm = import_with_torchvision("timm", extra="terratorch")
    return timm.model_entrypoint(name.removeprefix("timm_"))


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """Return the names of all backbones, those of timm also with their prefix."""
    # TerraTorch comes first: it adds Clay and Prithvi's Swin Transformers to timm.
    own = backbone_registry().find_registry(f"{OWN}_")
    timm = import_with_torchvision("timm", extra="terratorch").list_models()
    return frozenset([*own, *timm, *(f"timm_{name}" for name in timm)])
