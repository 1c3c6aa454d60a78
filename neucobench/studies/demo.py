"""The demo: the whole way from cubes to a board, offline, on synthetic data."""

from dataclasses import dataclass
from pathlib import Path

from neucobench.data.sample import make_sample_world
from neucobench.encoders.base import Encoder
from neucobench.encoders.load import load_encoder
from neucobench.encoders.running.run import encode_folder
from neucobench.errors import NeucoError
from neucobench.evaluation.folder import write_evaluation
from neucobench.evaluation.result import Evaluation
from neucobench.evaluation.run import evaluate
from neucobench.leaderboard.board import Board, build_board
from neucobench.leaderboard.export import write_board
from neucobench.reports.page import write_board_page, write_report
from neucobench.studies.band_means import BandMeans
from neucobench.studies.stage import Stage
from neucobench.studies.utility.request import UtilityRequest, codec_settings
from neucobench.studies.utility.run import study_utility
from neucobench.studies.utility.study import UtilityStudy

BOARD = "sample-world"
CODEC = "tec-fp-s"
# Lengths and kinds of storage that show what there is to see, and no more.
_DIMS = (16, 128)
_STORAGES = ("float32", "int8", "binary")


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Say what the demo made and where it is.

    Attributes:
        world: the folder of synthetic cubes and labels.
        board: the board of the methods.
        board_page: its page.
        report: the report on the methods.
        utility: what a bit is worth; None where no codec can be loaded.
        without_codec: the sentence that says why none can be; empty where one can.
    """

    world: Path
    board: Board
    board_page: Path
    report: Path
    utility: UtilityStudy | None
    without_codec: str


def run_demo(folder: Path, *, cubes: int, stage: Stage) -> Demo:
    """Make the sample world, encode it, evaluate, build the board and the report.

    Where the extra ``codecs`` is installed, the latents of a codec are on the board
    too, and what a bit is worth is studied at each rate of that codec.

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
    latents, without_codec = _load_latents()
    evaluations = [
        _score(_encode(world, encoder, folder, stage), world, folder, stage)
        for encoder in [*demo_encoders(), *latents]
    ]
    board = build_board([folder / "results"], board=BOARD)
    write_board(board, folder / "board")
    with stage("Drawing the report", "pages") as advance:
        page = write_board_page(board, folder / "board")
        advance(1, 2)
        report = write_report(evaluations, folder / "report", board=board, cubes=world)
        advance(2, 2)
    return Demo(
        world=world,
        board=board,
        board_page=page,
        report=report,
        utility=_study(world, folder, stage) if latents else None,
        without_codec=without_codec,
    )


def demo_encoders() -> list[Encoder]:
    """Return the encoders that the demo compares and that need no extra."""
    return [
        load_encoder("mean"),
        load_encoder("mean", options={"corrected": "true"}),
        BandMeans(),
        load_encoder("random"),
    ]


def _load_latents() -> tuple[list[Encoder], str]:
    """Return the latents of a codec, or nothing and the reason."""
    try:
        return [load_encoder("latents", options={"codec": CODEC})], ""
    except NeucoError as error:
        return [], str(error)


def _study(world: Path, folder: Path, stage: Stage) -> UtilityStudy:
    request = UtilityRequest(
        cubes=world,
        labels=world / "labels",
        out=folder / "utility",
        settings=codec_settings([CODEC]),
        dims=_DIMS,
        storages=_STORAGES,
    )
    return study_utility(request, stage=stage)


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
