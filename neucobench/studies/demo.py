"""The demo: the whole way from cubes to a board, offline, on synthetic data."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from neucobench.data.sample import make_sample_world
from neucobench.encoders.base import Encoder
from neucobench.encoders.load import load_encoder
from neucobench.encoders.running.run import encode_folder
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.result import Evaluation
from neucobench.evaluation.run import evaluate
from neucobench.leaderboard.board import Board, build_board
from neucobench.leaderboard.export import write_board
from neucobench.reports.page import write_board_page, write_report
from neucobench.studies.band_means import BandMeans

Advance = Callable[[int, int], None]
Stage = Callable[[str, str], AbstractContextManager[Advance]]

BOARD = "sample-world"


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Say what the demo made and where it is.

    Attributes:
        world: the folder of synthetic cubes and labels.
        board: the board of the methods.
        board_page: its page.
        report: the report on the methods.
    """

    world: Path
    board: Board
    board_page: Path
    report: Path


def run_demo(folder: Path, *, cubes: int, stage: Stage) -> Demo:
    """Make the sample world, encode it, evaluate, build the board and the report.

    Cubes that an earlier run made are kept, and the vectors of one that was killed;
    embedding files are made again. Every run adds its evaluations, and the newest of
    a method counts.

    Args:
        folder: where everything goes; it is made when missing.
        cubes: how many synthetic cubes.
        stage: called with a description and a unit; gives a context that yields the
            function to report progress to.

    Raises:
        InputError: when ``folder`` holds a sample world made with other settings.
    """
    world = folder / "sample-world"
    with stage("Making the sample world", "cubes") as advance:
        make_sample_world(world, cubes=cubes, advance=advance)
    evaluations = [
        _score(_encode(world, encoder, folder, stage), world, folder, stage)
        for encoder in demo_encoders()
    ]
    board = build_board([folder / "results"], board=BOARD)
    write_board(board, folder / "board")
    with stage("Drawing the report", "pages") as advance:
        page = write_board_page(board, folder / "board")
        advance(1, 2)
        report = write_report(evaluations, folder / "report", board=board, cubes=world)
        advance(2, 2)
    return Demo(world=world, board=board, board_page=page, report=report)


def demo_encoders() -> list[Encoder]:
    """Return the encoders that the demo compares."""
    return [
        load_encoder("mean"),
        load_encoder("mean", options={"corrected": "true"}),
        BandMeans(),
        load_encoder("random"),
    ]


def _encode(world: Path, encoder: Encoder, folder: Path, stage: Stage) -> Path:
    out = folder / "embeddings" / f"{encoder.name}.parquet"
    with stage(f"Encoding with {encoder.name}", "cubes") as advance:
        encode_folder(world, encoder, out, overwrite=True, advance=advance)
    return out


def _score(file: Path, world: Path, folder: Path, stage: Stage) -> Evaluation:
    with stage(f"Scoring {file.stem}", "folds") as advance:
        evaluation = evaluate(file, labels=world / "labels", advance=advance)
    write_evaluation(evaluation, folder / "results")
    return evaluation
