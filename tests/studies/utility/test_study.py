"""A whole study: what it scores, writes, keeps and refuses."""

import csv
import json
import shutil

import numpy as np
import pytest

from neucobench.codecs.load import load_codec
from neucobench.codecs.pixels.gaps import fill_gaps
from neucobench.codecs.pixels.masks import encode_mask
from neucobench.data.bands import MODALITIES
from neucobench.data.dataset import CubeFolder
from neucobench.data.sample import make_sample_world
from neucobench.data.writer import write_cube_file
from neucobench.embeddings.files import read_embeddings
from neucobench.embeddings.storage import quantize
from neucobench.encoders.load import load_encoder
from neucobench.encoders.running.run import encode_folder
from neucobench.errors import CubeError, UnknownNameError, UsageError
from neucobench.evaluation.run import evaluate
from neucobench.studies.utility.request import codec_settings
from neucobench.studies.utility.tables import FOLDER

STEMS = ("rate", "tasks", "embedding-bytes")


@pytest.fixture(scope="module")
def reference_table(world, tmp_path_factory):
    """Return the vectors of the world's cubes, made without the study."""
    out = tmp_path_factory.mktemp("reference") / "a.parquet"
    encode_folder(world, load_encoder("bandstats", options={"inputs": "s2l2a"}), out)
    return read_embeddings(out)


def decoded_of(study, codec="blocks"):
    """Return the points of decoded cubes, in the order of the rates."""
    points = [point for point in study.swept("rate") if point.input == "decoded"]
    return [point for point in points if point.setting.codec == codec]


def score(table, world):
    tasks = ["clouds_reg", "landcover_forest"]
    return evaluate(table, labels=world / "labels", tasks=tasks).mean_q


def test_originals_then_decoded_cubes_and_latents_of_each_rate_are_scored(finished):
    found = [
        (point.input, point.setting.rate if point.setting else None)
        for point in finished.swept("rate")
    ]
    assert found == [
        ("original", None),
        ("decoded", 10),
        ("latents", 10),
        ("decoded", 1000),
        ("latents", 1000),
    ]


def test_the_reference_is_what_encode_and_evaluate_give(
    finished, reference_table, world
):
    assert finished.reference.mean_q == score(reference_table, world)


def test_bits_are_streams_and_masks_and_psnr_pools_all_values_with_data(
    finished, world, block_codecs
):
    codec = load_codec("blocks", rate=1000)
    folder = CubeFolder(world)
    bits, errors, masked = [], [], 0
    for cube_id in folder.ids:
        pixels = folder.read(cube_id, modalities=["s2l2a"]).arrays["s2l2a"]
        missing = pixels == 0
        filled = pixels.astype(np.float32)
        fill_gaps(filled, missing)
        coded = codec.encode(filled[None])
        mask = encode_mask(missing)
        bits.append(coded[0].bits + 8 * len(mask))
        masked += bool(mask)
        error = np.rint(codec.decode(coded)[0]) - pixels
        errors.extend(np.square(error[~missing]))
    coding = decoded_of(finished)[-1].coding
    assert 0 < masked < 40
    assert coding.bits == pytest.approx(np.mean(bits))
    assert coding.bpppc == pytest.approx(np.mean(bits) / (4 * 12 * 32 * 32))
    psnr = 10 * np.log10(1e8 / np.mean(errors, dtype=float))
    assert coding.psnr == pytest.approx(psnr, abs=1e-3)


def test_the_peak_is_the_one_that_was_asked_for(finished, study):
    high = study(peak=100_000)
    difference = decoded_of(high)[0].coding.psnr - decoded_of(finished)[0].coding.psnr
    assert difference == pytest.approx(20)
    assert high.as_dict()["peak"] == 100_000


def test_the_originals_cost_the_bits_they_are_stored_in(finished):
    coding = finished.points[0].coding
    assert coding.bits == 16 * 4 * 12 * 32 * 32
    assert (coding.bpppc, coding.psnr) == (16, np.inf)


def test_a_coarser_codec_costs_fewer_bits_and_is_worse(finished):
    fine, coarse = decoded_of(finished)
    assert coarse.coding.bits < fine.coding.bits
    assert coarse.coding.psnr < fine.coding.psnr


def test_each_length_is_scored_in_each_storage(finished):
    points = finished.swept("storage")
    assert [(point.dims, point.storage, point.bytes) for point in points] == [
        (8, "float32", 32),
        (8, "binary", 1),
        (336, "float32", 1344),
        (336, "binary", 42),
    ]


def test_the_whole_vectors_in_float32_score_as_the_reference(finished):
    whole = finished.swept("storage")[2]
    assert whole.evaluation.mean_q == finished.reference.mean_q


def test_a_stored_table_scores_as_quantize_makes_it(finished, reference_table, world):
    expected = score(quantize(reference_table, "binary"), world)
    assert finished.points[-1].evaluation.mean_q == expected


def test_the_document_and_the_table_say_the_same(finished):
    document = json.loads((finished.request.out / "utility.json").read_text())
    with (finished.request.out / "utility.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert document["schema"] == "neucobench/utility/1"
    assert len(rows) == len(document["points"]) == len(finished.points)
    for row, point in zip(rows, document["points"], strict=True):
        assert float(row["mean_q"]) == point["mean_q"]
        assert row["codec"] == (point["codec"] or "")
        for task, item in point["tasks"].items():
            assert float(row[f"q::{task}"]) == item["q"]


def test_the_document_says_what_was_coded_and_that_it_is_synthetic(finished):
    document = finished.as_dict()
    assert document["synthetic"] is True
    assert (document["coded"], document["passed_unchanged"]) == ("s2l2a", [])
    assert document["encoder"]["options"]["inputs"] == "s2l2a"
    assert (document["cubes"], document["peak"]) == (40, 10_000)
    assert document["protocol"]["name"] == "neuco-1.1"


def test_differences_to_the_reference_are_taken_fold_by_fold(finished):
    point = decoded_of(finished)[-1]
    task = point.as_dict(finished.reference)["tasks"]["landcover_forest"]
    theirs = np.array(finished.reference.tasks["landcover_forest"].scores)
    ours = np.array(point.evaluation.tasks["landcover_forest"].scores)
    assert task["difference"] == pytest.approx((ours - theirs).mean())
    assert task["difference_std"] == pytest.approx((ours - theirs).std())


def test_figures_are_written_as_png_and_svg_and_say_synthetic(finished):
    folder = finished.request.out / "figures"
    names = {path.name for path in folder.iterdir()}
    assert names == {f"{stem}.{kind}" for stem in STEMS for kind in ("png", "svg")}
    for stem in STEMS:
        assert "synthetic data" in (folder / f"{stem}.svg").read_text()


def test_the_same_study_again_encodes_and_scores_nothing(study, stages, tmp_path):
    first = study()
    kept = [
        *(tmp_path / "utility" / FOLDER).iterdir(),
        *(tmp_path / "utility" / "scores").iterdir(),
    ]
    times = {path: path.stat().st_mtime_ns for path in kept}
    again = study(stages)
    assert again.as_dict()["points"] == first.as_dict()["points"]
    assert {path: path.stat().st_mtime_ns for path in kept} == times
    assert len(list((tmp_path / "utility" / FOLDER).iterdir())) == 3


def test_another_rate_encodes_only_what_is_new(study, tmp_path):
    study()
    folder = tmp_path / "utility" / FOLDER
    before = {path.name for path in folder.iterdir()}
    study(settings=codec_settings(["blocks"], rates={"blocks": [10, 100]}))
    new = {path.name for path in folder.iterdir()} - before
    assert {name.rsplit("-", 1)[0] for name in new} == {
        "blocks-100-decoded",
        "blocks-100-latents",
    }


def test_progress_is_reported_to_the_end(study, stages):
    study(stages)
    names = list(stages.steps)
    assert (names[0], names[-1]) == ("Encoding the original cubes", "Scoring")
    for steps in stages.steps.values():
        done, total, _ = steps[-1]
        assert done == total


def test_a_codec_without_latents_is_studied_without_them(study):
    found = study(
        settings=codec_settings(["plain-blocks"], rates={"plain-blocks": [100]})
    )
    assert [point.input for point in found.swept("rate")] == ["original", "decoded"]
    assert "no-latents" in [item.code for item in found.findings]


def test_equal_codecs_side_by_side_score_the_same(study):
    settings = codec_settings(["blocks", "plain-blocks"])
    assert [setting.rate for setting in settings] == [10, 100, 1000] * 2
    found = study(settings=settings)
    first, second = (
        [point.evaluation.mean_q for point in decoded_of(found, codec)]
        for codec in ("blocks", "plain-blocks")
    )
    assert first == second
    assert len(set(first)) == 3


def test_modalities_that_are_not_coded_are_passed_on_and_said(study):
    found = study(options={"inputs": "s1,s2l2a"})
    assert found.passed_unchanged == ("s1",)
    assert found.as_dict()["passed_unchanged"] == ["s1"]


def test_an_encoder_fitted_on_cubes_learns_from_the_originals_alone(study, tmp_path):
    options = {"features": "16", "inputs": "s2l2a"}
    found = study(encoder="mosaiks", options=options)
    states = list((tmp_path / "utility" / FOLDER).glob("*.state.json"))
    assert [path.name.split("-")[0] for path in states] == ["original"]
    assert decoded_of(found)[0].dims == 16
    assert decoded_of(found)[0].evaluation.mean_q != found.reference.mean_q


def test_an_encoder_that_ends_in_a_reducer_keeps_that_of_the_originals(study):
    options = {"mosaiks.features": "64", "mosaiks.inputs": "s2l2a"}
    found = study(encoder="mosaiks-1024", options=options)
    # There are no more components than cubes.
    assert decoded_of(found)[0].dims == found.points[0].dims == 40


def test_cubes_that_cannot_be_coded_are_left_out_of_every_table(study, tmp_path, world):
    shutil.copytree(world, tmp_path / "own")
    for name, modality in MODALITIES.items():
        kind = np.int16 if modality.optical else np.float32
        tiny = np.ones((4, len(modality.bands), 8, 8), kind)
        path = tmp_path / "own" / "data" / name / "part-000000"
        (path / "synthetic-000000.zarr.zip").unlink()
        write_cube_file(path / "synthetic-000000.zarr.zip", tiny)
    found = study(cubes=tmp_path / "own")
    assert found.cubes == 39
    left_out = next(item for item in found.findings if item.code == "left-out-cubes")
    assert left_out.count == 1


def test_no_cube_that_can_be_coded_is_an_error(study, tmp_path):
    world = tmp_path / "own"
    make_sample_world(world, cubes=2, size=16)
    rng = np.random.default_rng(0)
    for path in (world / "data" / "s2l2a").rglob("*.zarr.zip"):
        path.unlink()
        write_cube_file(path, rng.integers(0, 9, (4, 12, 8, 8)).astype(np.int16))
    with pytest.raises(CubeError, match="None of the 2 cubes can be encoded"):
        study(cubes=world)


def test_an_encoder_that_reads_no_l2a_is_refused(study):
    with pytest.raises(UsageError, match="reads s1, and the codecs code s2l2a"):
        study(options={"inputs": "s1"})


def test_an_encoder_without_the_option_inputs_is_taken_as_it_is(study):
    assert study(encoder="mean").passed_unchanged == ("s2l1c", "s1")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"settings": ()}, UsageError),
        ({"peak": 0}, UsageError),
        ({"dims": (0,)}, UsageError),
        ({"storages": ("int9",)}, UnknownNameError),
        ({"protocol": "neuco-9"}, UnknownNameError),
        ({"tasks": ("forests",)}, UnknownNameError),
        ({"encoder": "bandstat"}, UnknownNameError),
        ({"reduce": "standardize"}, UsageError),
    ],
)
def test_what_cannot_be_asked_for_is_refused(study, changes, error):
    with pytest.raises(error):
        study(**changes)


def test_rates_for_a_codec_that_is_not_studied_are_refused(block_codecs):
    with pytest.raises(UsageError, match="given for plain-blocks, which is not"):
        codec_settings(["blocks"], rates={"plain-blocks": [10]})


def test_the_rates_of_a_codec_with_weights_are_those_of_its_files(block_codecs):
    settings = codec_settings(["blocks"], weights={("blocks", 7.0): "seven.pt"})
    assert [(item.rate, item.weights) for item in settings] == [(7, "seven.pt")]
