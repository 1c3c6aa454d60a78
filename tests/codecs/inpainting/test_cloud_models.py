"""Cloud models of other packages; stand-ins that look at what they are given."""

import sys
from types import ModuleType

import numpy as np
import pytest

from neucobench.codecs.inpainting.cloud_models import find_clouds
from neucobench.data.bands import S2L1C
from neucobench.errors import CodecError, MissingExtraError, UsageError


@pytest.fixture
def s2cloudless(monkeypatch):
    """Put a package in place that sees clouds where its first band is above 0.5."""
    module = ModuleType("s2cloudless")
    module.given = []

    class Detector:
        def __init__(self, all_bands=False, **settings):
            assert not all_bands
            assert settings["average_over"] == 4

        def get_cloud_masks(self, data):
            module.given.append(data)
            return (data[..., 0] > 0.5).astype(np.uint8)

    module.S2PixelCloudDetector = Detector
    monkeypatch.setitem(sys.modules, "s2cloudless", module)
    return module


@pytest.fixture
def omnicloudmask(monkeypatch):
    """Put a package in place whose class is 3, shadow, where red is below 0.1."""
    module = ModuleType("omnicloudmask")
    module.given = []

    def predict_from_array(array):
        module.given.append(array)
        return np.where(array[:1] < 0.1, 3, 0).astype(np.uint8)

    module.predict_from_array = predict_from_array
    monkeypatch.setitem(sys.modules, "omnicloudmask", module)
    return module


@pytest.fixture
def l1c():
    """Return (2, 13, 40, 40); band number k is k hundredths in season 0."""
    stack = np.zeros((2, 13, 40, 40), np.float32)
    stack[:] = 100 * np.arange(13)[:, None, None]
    stack[1, 0, :5] = 8000
    return stack


def test_s2cloudless_gets_its_ten_bands_as_reflectance(s2cloudless, l1c):
    find_clouds("s2cloudless", l1c)
    given = s2cloudless.given[0]
    names = ("B01", "B02", "B04", "B05", "B08", "B8A", "B09", "B10", "B11", "B12")
    expected = [S2L1C.bands.index(name) / 100 for name in names]
    assert given.shape == (2, 40, 40, 10)
    assert given[0, 0, 0].tolist() == pytest.approx(expected)


def test_clouds_are_found_in_each_season(s2cloudless, l1c):
    found = find_clouds("s2cloudless", l1c)
    assert not found[0].any()
    assert found[1, :5].all()
    assert not found[1, 5:].any()


def test_s2cloudless_refuses_l2a(s2cloudless, l1c):
    with pytest.raises(CodecError, match="band B10"):
        find_clouds("s2cloudless", l1c[:, :12])


@pytest.mark.parametrize("bands", [12, 13])
def test_omnicloudmask_gets_red_green_and_infrared(omnicloudmask, l1c, bands):
    found = find_clouds("omnicloudmask", l1c[:, :bands])
    assert omnicloudmask.given[0][:, 0, 0].tolist() == pytest.approx([0.03, 0.02, 0.07])
    assert found.shape == (2, 40, 40)
    assert found.all()


def test_omnicloudmask_refuses_small_pictures(omnicloudmask, l1c):
    with pytest.raises(CodecError, match="at least 32"):
        find_clouds("omnicloudmask", l1c[..., :31])


@pytest.mark.parametrize("name", ["s2cloudless", "omnicloudmask"])
def test_a_missing_package_says_how_to_install_it(name, l1c, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=r"neucobench\[clouds\]"):
        find_clouds(name, l1c)


def test_a_package_that_would_refuse_the_bands_is_not_asked_for(l1c, monkeypatch):
    monkeypatch.setitem(sys.modules, "s2cloudless", None)
    with pytest.raises(CodecError, match="needs band B10"):
        find_clouds("s2cloudless", l1c[:, :12])


def test_other_bands_are_refused(l1c):
    with pytest.raises(CodecError, match="3 bands"):
        find_clouds("omnicloudmask", l1c[:, :3])


def test_an_unknown_model_is_refused(l1c):
    with pytest.raises(UsageError, match="'fmask'"):
        find_clouds("fmask", l1c)
