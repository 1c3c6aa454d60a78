"""What a finished run leaves: weights without tables, and a JSON file beside them."""

import json
import platform
from dataclasses import asdict, dataclass
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from neucobench.atomic import whole_file, write_text
from neucobench.codecs.compressai_parts import EntropyBottleneck
from neucobench.codecs.training.run import Run
from neucobench.codecs.training.sources import Sources
from neucobench.codecs.training.start import weights_path
from neucobench.codecs.training.validation import Figures

_TABLES = ("_offset", "_quantized_cdf", "_cdf_length")
_PACKAGES = ("neucobench", "compressai", "numpy", "torch")
_MOST_NAMES = 1000


@dataclass(frozen=True, kw_only=True)
class Trained:
    """Hold what became of one rate.

    Attributes:
        rate: the lambda.
        steps: steps taken.
        seconds: time that they took.
        skipped: crops that were drawn in vain, without data.
        validation: figures of the weights, or None without validation.
        weights: their file.
        sha256: its digest.
        bytes: its size.
        parameters: how many numbers the network has.
    """

    rate: float
    steps: int
    seconds: float
    skipped: int
    validation: Figures | None
    weights: Path
    sha256: str
    bytes: int
    parameters: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self) | {"weights": str(self.weights)}


def write_result(run: Run, sources: Sources) -> Trained:
    """Write the averaged weights and the account of the run; return what was found.

    The quantiles of the bottleneck are first set to where its densities have them.
    """
    task = run.task
    path = weights_path(task.out, task.recipe, task.rate.rate)
    with run.optimizers.average.in_place():
        for module in run.net.modules():
            if isinstance(module, EntropyBottleneck):
                module._update_quantiles()
        validation = run.figures()
        weights = {
            # Copies: the averaged weights leave the network at the end of the block.
            name: value.detach().to("cpu", copy=True).contiguous()
            for name, value in run.net.state_dict().items()
            if not name.endswith(_TABLES)
        }
    temporal = task.recipe.temporal
    _write_weights(path, weights, {"heads": str(temporal.heads)} if temporal else None)
    trained = Trained(
        rate=task.rate.rate,
        steps=run.progress.step,
        seconds=round(run.progress.seconds, 1),
        skipped=run.progress.skipped,
        validation=validation,
        weights=path,
        sha256=sha256(path.read_bytes()).hexdigest(),
        bytes=path.stat().st_size,
        parameters=sum(item.numel() for item in run.net.parameters()),
    )
    account = {**_account(run, sources), "result": trained.as_dict()}
    write_text(path.with_suffix(".json"), json.dumps(account, indent=2) + "\n")
    return trained


def _write_weights(
    path: Path, weights: dict[str, torch.Tensor], notes: dict[str, str] | None
) -> None:
    from safetensors.torch import save

    with whole_file(path) as hidden:
        hidden.write_bytes(save(weights, metadata=notes))


def _account(run: Run, sources: Sources) -> dict[str, Any]:
    def names(blocks: tuple[Any, ...]) -> list[str]:
        return sorted({name for block in blocks for name in block.names})[:_MOST_NAMES]

    return {
        "recipe": run.task.recipe.as_dict(),
        "rate": run.task.rate.model_dump(mode="json", by_alias=True),
        "data": {
            "digest": sources.digest,
            "training_pictures": sum(block.shape[0] for block in sources.training),
            "training_files": names(sources.training),
            "validation_files": names(sources.validation),
            "offsets": sorted({block.convention.offset for block in sources.training}),
            "left_out": {
                reason: len(files) for reason, files in sources.left_out.items()
            },
        },
        "versions": {"python": platform.python_version(), **_versions()},
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
