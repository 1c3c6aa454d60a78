"""Judge Earth-observation embeddings: encode cubes, probe vectors, rank methods.

Importing the package has no side effects; every name is loaded on first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from neucobench.embeddings.files import read_embeddings, write_embeddings
    from neucobench.embeddings.table import EmbeddingTable
    from neucobench.evaluation.result import Evaluation, read_evaluation
    from neucobench.evaluation.run import evaluate
    from neucobench.leaderboard.board import Board, build_board

__version__ = "0.1.0"

_EXPORTS = {
    "Board": "neucobench.leaderboard.board",
    "EmbeddingTable": "neucobench.embeddings.table",
    "Evaluation": "neucobench.evaluation.result",
    "build_board": "neucobench.leaderboard.board",
    "evaluate": "neucobench.evaluation.run",
    "read_embeddings": "neucobench.embeddings.files",
    "read_evaluation": "neucobench.evaluation.result",
    "write_embeddings": "neucobench.embeddings.files",
}

__all__ = [
    "Board",
    "EmbeddingTable",
    "Evaluation",
    "build_board",
    "evaluate",
    "read_embeddings",
    "read_evaluation",
    "write_embeddings",
]


def __getattr__(name: str) -> Any:
    """Import an exported name on first use (PEP 562)."""
    if name not in _EXPORTS:
        raise AttributeError(f"module 'neucobench' has no attribute {name!r}")
    return getattr(import_module(_EXPORTS[name]), name)


def __dir__() -> list[str]:
    """List the exported names beside the loaded ones."""
    return sorted({*globals(), *__all__})
