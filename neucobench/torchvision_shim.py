"""Import packages that need torchvision, also where torchvision's operators are broken.

A torchvision wheel that was built for another build of torch cannot load its compiled
operators, and then fails on import, at the first operator whose signature it looks up.
No encoder and no codec uses an operator: the signatures are all that is missing.
"""

import re
import warnings
from functools import lru_cache
from importlib import import_module
from threading import RLock
from types import ModuleType

import torch

from neucobench.errors import MissingExtraError

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_MISSING = re.compile(r"operator torchvision::\w+ does not exist")
# Reentrant: what is imported may itself import what needs torchvision.
_importing = RLock()


def import_with_torchvision(package: str, *, extra: str) -> ModuleType:
    """Import a package that imports torchvision, and return it.

    What it warns of on import (functions of torch that will go) is not shown: the
    package is to be corrected, not the code that uses it.

    Args:
        package: e.g. ``"timm"`` or ``"torchgeo.models"``.
        extra: the extra of NeuCo-Bench that installs it.

    Raises:
        MissingExtraError: when it, or a package that it needs, is not installed.
    """
    # Warnings are filtered for the whole process: one thread at a time.
    with _importing, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _require_torchvision()
            return import_module(package)
        except ModuleNotFoundError as error:
            raise MissingExtraError(error.name or package, extra=extra) from error


@lru_cache(maxsize=1)
def _require_torchvision() -> torch.library.Library | None:
    """Import torchvision, and declare the signatures that it misses, if it does.

    Non-maximum suppression is declared only: calls of it go on failing.

    Returns:
        The declarations, which last as long as this object does; None when torchvision
        is sound.
    """
    try:
        import_module("torchvision")
    except RuntimeError as error:
        if not _MISSING.search(str(error)):
            raise
    else:
        return None
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]
    for name in ("nms", "qnms"):
        library.define(name + _SIGNATURE)  # type: ignore[no-untyped-call]
    import_module("torchvision")
    return library
