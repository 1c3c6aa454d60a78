"""AllClear: a miniature of its files, its measures, its protocol."""

import json

import numpy as np
import pytest
import torch
from torch.nn import functional

from neucobench.codecs.inpainting.allclear import read_entries, read_scene
from neucobench.codecs.inpainting.allclear_metrics import allclear_measures
from neucobench.codecs.inpainting.evaluate_allclear import (
    evaluate_allclear,
    series_of,
)
from neucobench.errors import CodecError

rasterio = pytest.importorskip("rasterio")

DATES = ("2022-03-01", "2022-03-11", "2022-03-21", "2022-03-31")
ROOT = "/scratch/allclear/dataset_v3/dataset_30k_v4/"


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    where = rasterio.Affine(10, 0, 0, 0, -10, 0)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=len(values),
        height=values.shape[1],
        width=values.shape[2],
        dtype="float32",
        transform=where,
    ) as file:
        file.write(values.astype(np.float32))


@pytest.fixture(scope="module")
def miniature(tmp_path_factory):
    """Write one sample of AllClear: three inputs and a target, 260 x 264 pixels."""
    root = tmp_path_factory.mktemp("allclear")
    rng = np.random.default_rng(0)
    ground = rng.uniform(500, 3000, (13, 260, 264))
    paths = []
    for number, date in enumerate(DATES):
        image = ground + 40 * number
        masks = np.zeros((5, 260, 264))
        masks[0] = 77  # a probability, not a mask
        if number != 2:
            masks[1, 100 : 110 + 20 * number] = 1
            masks[4, 200:205] = 1
        else:
            masks[1, 2:12] = 1
            masks[4, 20:30, 22:32] = 1
        image[:, masks[1] > 0] = 12_000
        image[:, 130, 130] = np.nan
        name = f"roi1/2022_3/s2_toa/roi1_s2_toa_{date.replace('-', '_')}_median.tif"
        write(root / "dataset_30k_v4" / name, image)
        write(root / "dataset_30k_v4" / name.replace("s2_toa", "cld_shdw"), masks)
        paths.append([f"{date} 10:00:00", ROOT + name])
    item = {
        "roi": ["roi1", [42.4, -76.5]],
        "target": [paths[2]],
        "s2_toa": [paths[3], paths[0], paths[1]],
        "s1": [],
    }
    other = item | {"roi": ["roi2", [0, 0]]}
    file = root / "test_tx3_s2-s1_100pct_1proi.json"
    file.write_text(json.dumps({"roi1_a": item, "roi2_b": other}))
    return file


@pytest.fixture(scope="module")
def scene(miniature):
    return read_scene(read_entries(miniature)[0])


def test_inputs_come_in_the_order_of_time(miniature):
    entry = read_entries(miniature)[0]
    assert [shot.time.day for shot in entry.inputs] == [1, 11, 31]
    assert (entry.name, entry.target.time.day) == ("roi1_a", 21)


def test_regions_can_be_chosen(miniature):
    assert [item.name for item in read_entries(miniature, rois=["roi2"])] == ["roi2_b"]


def test_the_middle_is_read_and_cut_off(scene):
    assert scene.inputs.shape == (3, 13, 256, 256)
    assert (scene.inputs.min(), scene.inputs.max()) == (0, 10_000)
    assert scene.inputs[0, :, 128, 126].tolist() == [0] * 13


def test_clouds_and_shadows_are_bands_2_and_5(scene):
    assert scene.clouds[0, 98:108].all()
    assert scene.clouds[0, 198:203].all()
    assert scene.clouds[0].mean() == pytest.approx(15 / 256)
    assert scene.cloudiness.tolist() == [15 * 256, 35 * 256, 75 * 256]


def test_clear_pixels_of_the_target_count(scene):
    assert not scene.clear[:10].any()
    assert not scene.clear[18:28, 18:28].any()
    assert scene.clear.sum() == 246 * 256 - 100


def test_the_target_is_foretold_where_its_date_says(scene):
    stack, clouds = series_of(scene)
    assert scene.place == 2
    assert clouds[2].all()
    assert (stack[2] == 10_000).all()
    np.testing.assert_array_equal(stack[[0, 1, 3]], scene.inputs)


class Least:
    """Fill with the first season, and keep what was given."""

    smallest = 16

    def fill(self, stacks, _clouds, **_options):
        return np.broadcast_to(stacks[:, :1], stacks.shape)


def test_model_and_baselines_are_measured(miniature):
    samples = evaluate_allclear(read_entries(miniature)[:1], Least())
    found = samples[0].measures
    assert list(found) == [
        *("model", "least cloudy", "last clear", "mean of clear", "linear in time")
    ]
    assert samples[0].bin == "0% to 25% cloudy"
    assert found["model"] == found["least cloudy"]
    assert found["last clear"]["mae"] < found["model"]["mae"]
    assert found["linear in time"]["mae"] < found["mean of clear"]["mae"]


def as_published(target, output, clear):
    """Return the measures as the authors' code defines them, in PyTorch."""
    true, made = (torch.from_numpy(x)[None].double() for x in (target, output))
    mask = torch.from_numpy(clear)[None, None].expand_as(true).double()
    count = mask.sum()
    error = (((made - true) * mask) ** 2).sum() / count
    cosine = (
        functional.normalize(made, dim=2) * functional.normalize(true, dim=2)
    ).sum(2)
    angles = torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))[:, :, None] * mask
    line = torch.exp(-((torch.arange(11.0).double() - 5) ** 2) / (2 * 1.5**2))
    line /= line.sum()
    window = (line[:, None] * line)[None, None].expand(13, 1, 11, 11)

    def smooth(x):
        return functional.conv2d(x, window, padding=5, groups=13)

    m1, m2 = smooth(made * mask), smooth(true * mask)
    s1 = smooth(made**2 * mask) - m1**2
    s2 = smooth(true**2 * mask) - m2**2
    s12 = smooth(made * true * mask) - m1 * m2
    above = (2 * m1 * m2 + 1e-4) * (2 * s12 + 9e-4)
    ratio = above / ((m1**2 + m2**2 + 1e-4) * (s1 + s2 + 9e-4))
    return {
        "mae": float(((made - true).abs() * mask).sum() / count),
        "rmse": float(error.sqrt()),
        "psnr": float(20 * torch.log10(1 / error.sqrt())),
        "sam": float(angles.sum() / count),
        "ssim": float(ratio[mask > 0.5].mean()),
    }


def test_measures_are_those_of_the_authors_code(scene):
    target = scene.target / np.float32(10_000)
    output = scene.inputs[1] / np.float32(10_000)
    found = allclear_measures(target, output, scene.clear)
    expected = as_published(target, output, scene.clear)
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=1e-6)


def test_the_angle_between_spectra_is_another(scene):
    target = scene.target / np.float32(10_000)
    factors = np.linspace(1, 3, 256, dtype=np.float32)[:, None]
    found = allclear_measures(target, target * factors, scene.clear)
    assert found["sam_spectral"] == pytest.approx(0, abs=1e-3)
    assert found["sam"] > 5


def test_a_target_without_clear_pixels_has_no_figures(scene):
    found = allclear_measures(scene.target, scene.target, np.zeros((256, 256), bool))
    assert np.isnan(list(found.values())).all()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "no JSON file"),
        ("[]", "maps no names"),
        ('{"a": {"roi": ["r", [0, 0]]}}', "lacks what the benchmark needs"),
    ],
)
def test_other_files_are_refused(tmp_path, content, said):
    file = tmp_path / "a.json"
    file.write_text(content)
    with pytest.raises(CodecError, match=said):
        read_entries(file)


def test_a_missing_image_is_named(miniature, tmp_path):
    entry = read_entries(miniature, root=tmp_path)[0]
    with pytest.raises(CodecError, match=r"2022_03_01_median.tif: there is no such"):
        read_scene(entry)
