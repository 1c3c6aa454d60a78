"""``neucobench codec inpaint`` and ``inpaint-evaluate`` as a user types them."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from neucobench.__main__ import main
from neucobench.codecs.base import CodecIdentity
from neucobench.codecs.inpainting import from_codec
from neucobench.errors import UnknownNameError

NAMES = ["model", "last clear", "mean of clear", "linear in time"]


@pytest.fixture(scope="module")
def networks():
    """Return small temporal networks with random weights by the name of a codec."""
    import torch

    from neucobench.codecs.temporal.network import TemporalNetwork
    from neucobench.codecs.temporal.sizes import TemporalSizes

    small = {
        "width": 16,
        "heads": 2,
        "separate_layers": 1,
        "joint_layers": 1,
        "decoder_layers": 1,
        "expansion": 1,
    }
    torch.manual_seed(0)
    return {
        "tiny": TemporalNetwork(TemporalSizes(channels=(4, 4, 8, 16), **small)),
        "flexible": TemporalNetwork(
            TemporalSizes(channels=(4, 4, 8, 64), flexible=True, **small)
        ),
        "pictures": object(),
    }


@pytest.fixture
def run(monkeypatch, capsys, tmp_path, networks):
    """Return a function that runs the command line with small codecs only."""

    def load(name, *, rate=None, weights=None, device=None):
        if name not in networks:
            raise UnknownNameError("codec", name, list(networks))
        identity = CodecIdentity(
            name=name, version="1", rate=rate or 5.0, weights="5a" * 32, options={}
        )
        return SimpleNamespace(network=networks[name], identity=identity)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["neucobench", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stopped:
            code = stopped.code or 0
        return code, *capsys.readouterr()

    monkeypatch.setattr(from_codec, "load_codec", load)
    monkeypatch.chdir(tmp_path)
    return call


@pytest.fixture
def stack(tmp_path):
    """Write ``truth.npy``, ``stack.npy`` with clouds and ``mask.npy``."""
    rng = np.random.default_rng(2)
    seasons = np.arange(3)[:, None, None, None]
    truth = (rng.integers(500, 3000, (1, 12, 70, 90)) + 90 * seasons).astype(np.int16)
    mask = np.zeros((3, 70, 90), np.uint8)
    mask[1, 20:50, 30:60] = 9
    cloudy = np.where(mask[:, None] > 0, 9000, truth).astype(np.int16)
    np.save(tmp_path / "truth.npy", truth)
    np.save(tmp_path / "stack.npy", cloudy)
    np.save(tmp_path / "mask.npy", mask)
    return SimpleNamespace(truth=truth, mask=mask > 0, cloudy=cloudy)


def fill(*more):
    given = ("--mask", "mask.npy", "--codec", "tiny", "--out", "filled.npy")
    return ("codec", "inpaint", "stack.npy", *given, *more)


def test_clouds_are_filled_and_nothing_else(run, stack):
    code, out, err = run(*fill())
    assert (code, out) == (0, "")
    assert "filled.npy: 3 x 12 x 70 x 90" in err
    assert "cloudy by season 0.0%, 14.3%, 0.0%" in err
    filled = np.load("filled.npy")
    clear = np.broadcast_to(~stack.mask[:, None], filled.shape)
    assert filled.dtype == np.int16
    np.testing.assert_array_equal(filled[clear], stack.cloudy[clear])
    assert (filled[~clear] != 9000).all()


def test_a_truth_gives_a_table_with_the_baselines(run, stack):
    _, out, _ = run(*fill("--truth", "truth.npy"))
    assert "900 cloudy pixels" in out
    assert all(name in out for name in (*NAMES, "PSNR dB", "SSIM", "SAM"))


def test_json_is_one_document_and_nothing_else(run, stack):
    code, out, _ = run(*fill("--truth", "truth.npy", "--direction", "both", "--json"))
    document = json.loads(out)
    assert code == 0
    assert list(document["quality"]) == NAMES
    assert document["quality"]["last clear"]["mae"] == pytest.approx(90)
    assert document["quality"]["linear in time"]["psnr"] is None
    assert document["options"]["direction"] == "both"
    assert document["codec"]["name"] == "tiny"


def test_a_cloudy_first_season_is_a_warning(run, stack):
    stack.mask[0, :4] = True
    np.save("mask.npy", stack.mask)
    code, _, err = run(*fill())
    assert code == 0
    assert "warning: 360 cloudy pixels of season 1 have no clear season before" in err


def test_classes_choose_the_clouds(run, stack):
    code, _, err = run(*fill("--cloud-classes", "3,8"))
    assert code == 1
    assert "marks no pixel as cloudy" in err
    assert run(*fill("--cloud-classes", "3,9"))[0] == 0


def test_pixels_without_data_can_be_the_mask(run, stack):
    np.save("stack.npy", np.where(stack.mask[:, None], 0, stack.truth).astype(np.int16))
    assert run(*fill("--nodata", "0", "--mask", "no-data"))[0] == 0
    assert (np.load("filled.npy") != 0).all()


def test_a_figure_is_drawn(run, stack, tmp_path):
    code, _, err = run(*fill("--truth", "truth.npy", "--figure", "a.png"))
    assert code == 0
    assert "Figure: a.png" in err
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_that_exists_is_kept_unless_told(run, stack):
    assert run(*fill())[0] == 0
    assert "--overwrite" in run(*fill())[2]
    assert run(*fill("--overwrite"))[0] == 0


@pytest.mark.parametrize(
    ("codec", "said"), [("flexible", "Use TEC-TT"), ("pictures", "does not foretell")]
)
def test_codecs_that_cannot_fill_are_refused(run, stack, codec, said):
    code, _, err = run(*fill("--codec", codec))
    assert code == 1
    assert said in err


@pytest.mark.parametrize(
    "wrong",
    [
        ("--codec", "tinny"),
        ("--mode", "paint"),
        ("--direction", "future"),
        ("--cloud-classes", "a,b"),
        ("--out", "filled.jpg"),
    ],
)
def test_wrong_names_exit_with_2(run, stack, wrong):
    assert run(*fill(*wrong))[0] == 2


def test_a_cloud_model_that_is_not_installed_says_so(run, stack, monkeypatch):
    monkeypatch.setitem(sys.modules, "omnicloudmask", None)
    _, _, err = run(*fill("--mask", "omnicloudmask"))
    assert "pip install 'neucobench[clouds]'" in err


def test_a_model_that_sees_no_clouds_has_nothing_to_fill(run, stack, monkeypatch):
    module = SimpleNamespace(
        predict_from_array=lambda array: np.zeros_like(array[:1], np.uint8)
    )
    monkeypatch.setitem(sys.modules, "omnicloudmask", module)
    code, _, err = run(*fill("--mask", "omnicloudmask"))
    assert code == 1
    assert "nothing to fill" in err


def test_a_folder_of_geotiffs_becomes_another(run, stack, tmp_path):
    rasterio = pytest.importorskip("rasterio")
    (tmp_path / "tiles").mkdir()
    for number, season in enumerate(stack.cloudy):
        with rasterio.open(
            tmp_path / "tiles" / f"s{number}.tif",
            "w",
            driver="GTiff",
            count=12,
            height=70,
            width=90,
            dtype="int16",
            crs="EPSG:32633",
            transform=rasterio.Affine(10, 0, 5e5, 0, -10, 4e6),
        ) as file:
            file.write(season)
    given = ("--mask", "mask.npy", "--codec", "tiny", "--out", "new")
    assert run("codec", "inpaint", "tiles", *given)[0] == 0
    with rasterio.open("new/s1.tif") as file:
        assert file.crs.to_epsg() == 32633
        assert (file.read() != stack.cloudy[1]).any()
    code, _, err = run("codec", "inpaint", "tiles", *given)
    assert code == 2
    assert "--out new exists" in err


def evaluate(*more):
    given = ("--codec", "tiny", "--stacks", "truth", "--cover", "0.2")
    return ("codec", "inpaint-evaluate", ".", *given, *more)


def test_synthetic_clouds_are_evaluated(run, stack, tmp_path):
    code, out, err = run(*evaluate("--out", "figures.csv"))
    assert code == 0
    assert "Synthetic clouds" in out
    assert "20%" in out
    assert "figures.csv: 2 samples" in err
    lines = (tmp_path / "figures.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 * len(NAMES)


def test_the_evaluation_is_one_json_document(run, stack):
    code, out, _ = run(*evaluate("--json", "--direction", "both", "--seed", "3"))
    document = json.loads(out)
    assert code == 0
    assert (document["data"], document["seed"]) == ("synthetic clouds", 3)
    assert [row["method"] for row in document["summaries"][:4]] == NAMES
    assert {row["samples"] for row in document["summaries"]} == {3}


def test_a_data_set_of_allclear_that_is_none_is_refused(run, tmp_path):
    (tmp_path / "a.json").write_text("{}")
    code, _, err = run("codec", "inpaint-evaluate", "a.json", "--codec", "tiny")
    assert code == 1
    assert "AllClear" in err


def test_a_cover_of_3_exits_with_2(run, stack):
    assert run(*evaluate("--cover", "3"))[0] == 2
