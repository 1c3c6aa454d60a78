"""Where a run is: all that it needs to go on, in one file that appears whole."""

import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from neucobench.atomic import whole_file
from neucobench.errors import CodecError

FORMAT = 1


@dataclass(kw_only=True)
class Progress:
    """Hold how far a run is, beside its weights.

    Attributes:
        step: steps done.
        seconds: time that they took.
        skipped: crops that were drawn in vain, without data.
        rows: the lines of the table so far, column to value.
        pending: (loss, bpp, mse, auxiliary) of the steps since the last line.
    """

    step: int = 0
    seconds: float = 0.0
    skipped: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)
    pending: list[tuple[float, ...]] = field(default_factory=list)


def write_state(
    path: Path,
    progress: Progress,
    *,
    settings: dict[str, Any],
    net: dict[str, Any],
    optimizers: dict[str, Any],
) -> None:
    """Write a run's state.

    Args:
        path: the file.
        progress: how far it is.
        settings: what another run must share to go on from here; plain JSON types.
        net: the state of the network.
        optimizers: the state of the optimizers and of the averaged weights.
    """
    content = {
        "format": FORMAT,
        "settings": json.dumps(settings, sort_keys=True),
        "progress": json.dumps(vars(progress)),
        "net": net,
        "optimizers": optimizers,
    }
    with whole_file(path) as hidden:
        torch.save(content, hidden)


def read_state(
    path: Path, settings: dict[str, Any], device: torch.device
) -> tuple[Progress, dict[str, Any], dict[str, Any]]:
    """Return how far a run is, the state of its network, and of its optimizers.

    Raises:
        CodecError: when the file cannot be read, or belongs to a run with other
            settings; the message names the first that differs.
    """
    try:
        content = torch.load(path, map_location=device, weights_only=True)
        if content["format"] != FORMAT:
            raise KeyError("format")
        stored = json.loads(content["settings"])
        progress = Progress(**json.loads(content["progress"]))
        net, optimizers = content["net"], content["optimizers"]
    except (OSError, KeyError, RuntimeError, TypeError, ValueError, EOFError,
            pickle.UnpicklingError) as error:  # fmt: skip
        raise CodecError(
            f"{path} is not the state of a training run that this version can go on "
            "with; give another --out, or start again with --overwrite."
        ) from error
    different = _first_difference(stored, settings)
    if different:
        raise CodecError(
            f"{path} belongs to a run with other settings ({different}); give the same "
            "recipe and data, another --out, or start again with --overwrite."
        )
    progress.pending = [tuple(item) for item in progress.pending]
    return progress, net, optimizers


def _first_difference(stored: Any, wanted: Any, where: str = "") -> str | None:
    if isinstance(stored, dict) and isinstance(wanted, dict):
        for key in sorted({*stored, *wanted}):
            found = _first_difference(
                stored.get(key), wanted.get(key), f"{where}.{key}" if where else key
            )
            if found:
                return found
        return None
    if stored == wanted:
        return None
    return f"{where}: {stored!r} there, {wanted!r} here"
