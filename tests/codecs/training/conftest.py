"""Tiny tiles, and recipes that take a second."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from neucobench.codecs.training.recipe import TrainingRecipe
from neucobench.codecs.training.train import train

BANDS = 12


def smooth_tile(seed: int, size: int = 48) -> np.ndarray:
    """Return (band, y, x) reflectance: four smooth fields, mixed alike in all tiles."""
    random = np.random.default_rng(seed)
    fields = gaussian_filter(random.normal(size=(4, size, size)), (0, 3, 3))
    fields /= fields.std(axis=(1, 2), keepdims=True)
    mixing = np.random.default_rng(100).normal(size=(BANDS, 4))
    mixed = np.tensordot(mixing, fields, axes=1)
    return (1500 + 200 * mixed).clip(1, None).astype(np.int16)


@pytest.fixture
def tiles(tmp_path):
    """Make a folder with four tiles to learn from and one to look at."""
    folder = tmp_path / "tiles"
    folder.mkdir()
    for seed in range(4):
        np.save(folder / f"place-{seed}.npy", smooth_tile(seed))
    np.save(folder / "looked-at.npy", smooth_tile(9))
    return folder


@pytest.fixture
def make_recipe():
    """Return a function that makes a recipe, tiny unless it is told otherwise."""

    def make(**changes) -> TrainingRecipe:
        content = {
            "kind": "training",
            "name": "tiny",
            "title": "Tiny",
            "description": "For tests.",
            "architecture": "factorized",
            "n": 4,
            "m": 6,
            "batch": 2,
            "crop": 32,
            "steps": 6,
            "checkpoint": 2,
            "validate": 4,
            "optimizer": {"learning_rate": 1e-3},
            "schedule": {"warm_up": 2},
            "data": {"validation": ["looked-at*"]},
            "augment": {"radiometry": 0.5},
            "rates": [{"lambda": 40}],
        }
        return TrainingRecipe.model_validate(content | changes)

    return make


@pytest.fixture
def make_stack_recipe(make_recipe):
    """Return a function that makes a recipe of stacks, tiny unless told otherwise."""

    def make(architecture="temporal", **changes) -> TrainingRecipe:
        content = {
            "architecture": architecture,
            "n": None,
            "m": None,
            "frames": 3,
            "crop": 64,
            "temporal": {
                "channels": [8, 8, 8, 64], "width": 16, "heads": 2,
                "separate_layers": 1, "joint_layers": 1, "decoder_layers": 1,
                "expansion": 1,
            },
            "augment": {"shuffle": 0.5, "frames": 0.5, "mix": 0.3},
        }  # fmt: skip
        return make_recipe(**(content | changes))

    return make


@pytest.fixture
def stacks(tmp_path):
    """Make a folder with two stacks to learn from and one to look at."""
    folder = tmp_path / "stacks"
    folder.mkdir()
    for seed in range(3):
        name = "looked-at" if seed == 2 else f"place-{seed}"
        frames = [smooth_tile(10 * seed + season, 64) for season in range(4)]
        np.save(folder / f"{name}.npy", np.stack(frames))
    return folder


@pytest.fixture
def train_tiny(tiles, tmp_path):
    """Return a function that trains a recipe on the tiles, on the CPU."""

    def run(recipe, out="out", **options):
        folder = tmp_path / out
        options = {"device": "cpu", "workers": 1, **options}
        return folder, train(recipe, tiles, folder, **options)

    return run
