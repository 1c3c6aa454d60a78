"""Pictures that look like those of a satellite."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def stacks():
    """Return a function that returns whole numbers (samples, time, band, y, x)."""

    def make(*shape: int, seed: int = 0) -> np.ndarray:
        rng = np.random.default_rng(seed)
        samples, seasons, bands, height, width = shape
        rows, columns = np.mgrid[:height, :width]
        waves = [
            np.sin(rows / rng.uniform(3, 20) + columns / rng.uniform(3, 20))
            for _ in range(3)
        ]
        mixed = np.einsum(
            "stbf,fyx->stbyx", rng.uniform(0, 400, (samples, seasons, bands, 3)), waves
        )
        noise = rng.normal(scale=5, size=mixed.shape)
        return np.rint(1800 + mixed + noise).astype(np.float32)

    return make
