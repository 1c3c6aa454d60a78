"""Codecs: stacks of pixels to streams of bytes, learned ones and classical ones.

TerraCodec's published interface is exported here and imported when it is first used: it
needs torch and CompressAI.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neucobench.codecs.terracodec import (
        terracodec_v1_elic_s2l2a,
        terracodec_v1_fp_s2l2a,
    )
    from neucobench.codecs.terracodec_stacks import (
        flextec_v1_s2l2a,
        terracodec_v1_tt_s2l1c,
        terracodec_v1_tt_s2l2a,
    )

__all__ = [
    "flextec_v1_s2l2a",
    "terracodec_v1_elic_s2l2a",
    "terracodec_v1_fp_s2l2a",
    "terracodec_v1_tt_s2l1c",
    "terracodec_v1_tt_s2l2a",
]

_MODULES = {
    "flextec_v1_s2l2a": "terracodec_stacks",
    "terracodec_v1_elic_s2l2a": "terracodec",
    "terracodec_v1_fp_s2l2a": "terracodec",
    "terracodec_v1_tt_s2l1c": "terracodec_stacks",
    "terracodec_v1_tt_s2l2a": "terracodec_stacks",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return getattr(import_module(f"neucobench.codecs.{_MODULES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
