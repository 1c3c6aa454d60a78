"""The names under which TerraTorch knows the codecs, and what knowing them needs."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from neucobench import codecs
from neucobench.codecs.card import codec_card, codec_names
from neucobench.codecs.terratorch import register, register_terratorch
from neucobench.errors import MissingExtraError

TERRATORCH = pytest.mark.skipif(
    find_spec("terratorch") is None,
    reason="terratorch has an environment of its own: make test-terratorch",
)
LIGHT = """
import sys
from neucobench.codecs.terratorch import register_terratorch
found = {"compressai", "terratorch", "torch", "torchvision"} & set(sys.modules)
sys.exit(f"imported: {found}" if found else 0)
"""
WITHOUT = """
import sys
sys.modules["compressai"] = None
import warnings
warnings.simplefilter("ignore")
from neucobench.codecs.terratorch import register_terratorch
names = register_terratorch()
from terratorch.registry import BACKBONE_REGISTRY, FULL_MODEL_REGISTRY
assert set(names.backbones) <= set(BACKBONE_REGISTRY.find_registry("tec_fp"))
assert "tec_fp" in BACKBONE_REGISTRY
assert "tec_elic" in FULL_MODEL_REGISTRY
assert sys.modules["compressai"] is None
for registry in (BACKBONE_REGISTRY, FULL_MODEL_REGISTRY):
    try:
        registry.build("tec_fp")
    except ImportError as error:
        print(error, *error.__notes__)
"""

CUSTOM = """
from neucobench.codecs.terratorch import register_terratorch

register_terratorch()
"""
FOUND = """
from neucobench.torchvision_shim import import_with_torchvision
registries = import_with_torchvision("terratorch.registry", extra="terratorch")
assert "tec_fp_s" in registries.BACKBONE_REGISTRY
"""


def _run(script, folder=None):
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        timeout=300,
    )


def test_every_learned_codec_is_a_backbone_and_a_full_model(registered):
    learned = {name for name in codec_names() if codec_card(name).family == "learned"}
    assert set(registered.backbones) == {name.replace("-", "_") for name in learned}
    assert registered.full_models == registered.backbones


def test_the_registries_know_the_names(registered, backbones, full_models):
    assert set(registered.backbones) <= set(backbones)
    assert {*registered.full_models, *registered.taken_over} <= set(full_models)


def test_the_names_are_those_that_a_configuration_can_write(registered):
    assert {"tec_fp", "tec_elic", "tec_fp_s"} <= set(registered.backbones)
    assert all(name.isidentifier() for name in registered.backbones)


def test_a_second_call_changes_nothing(registered, backbones, full_models):
    before = list(backbones), list(full_models)
    assert register_terratorch() == registered
    assert (list(backbones), list(full_models)) == before


def test_what_terratorch_keeps_for_terracodec_is_taken_over_without_it(registered):
    assert set(registered.taken_over) == set(codecs.__all__)


def test_what_terratorch_keeps_for_terracodec_stays_with_it(terratorch, monkeypatch):
    monkeypatch.setattr(register, "find_spec", lambda name: name == "terracodec")
    assert register_terratorch().taken_over == ()


def test_importing_the_registration_imports_no_network_and_no_terratorch():
    done = _run(LIGHT)
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(find_spec("terratorch") is not None, reason="it is installed")
def test_without_terratorch_the_sentence_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "terratorch.registry", None)
    with pytest.raises(MissingExtraError, match=r"neucobench\[terratorch\]"):
        register_terratorch()


@TERRATORCH
@pytest.mark.terratorch
def test_registering_needs_no_compressai_and_building_names_the_extra():
    done = _run(WITHOUT)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all("neucobench[codecs]" in line for line in lines)
    assert all("Use the codecs in TerraTorch" in line for line in lines)


@TERRATORCH
@pytest.mark.terratorch
@pytest.mark.slow
def test_the_folder_that_terratorch_imports_by_itself_may_register(tmp_path):
    (tmp_path / "custom_modules").mkdir()
    (tmp_path / "custom_modules/__init__.py").write_text(CUSTOM)
    done = _run(FOUND, tmp_path)
    assert done.returncode == 0, done.stderr
