"""The stacks, the weights and the processes of bench_temporal."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
TILES = HERE.parents[2] / "shared/data/ssl4eo-s12-s2l2a"
PLACES = ("ssl4eos12_val_0080717", "ssl4eos12_val_0121563", "ssl4eos12_val_0173706")
SMALL_HEADS = 4


class Bench:
    """Where files lie, and how a task of either side is run."""

    def __init__(self, folder: Path, upstream: str | None, repeats: int) -> None:
        self.folder, self.upstream, self.repeats = folder, upstream, repeats
        folder.mkdir(parents=True, exist_ok=True)

    def ours(self, task: str, **options: object) -> dict:
        return self._run([sys.executable, str(HERE / "our_temporal.py"), task], options)

    def theirs(self, task: str, **options: object) -> dict:
        return self._run(
            [self.upstream, str(HERE / "upstream_temporal.py"), task], options
        )

    def path(self, name: str) -> Path:
        return self.folder / name

    def weights(self, name: str) -> Path:
        """Return random weights, "tt" or "flex", made at the first call."""
        path = self.path(f"{name}.safetensors")
        if not path.exists():
            flexible = name == "flex"  # its heads also have to predict something
            more = {"flexible": flexible, "wide_heads": flexible}
            self.theirs("make", weights=path, stack=self.stack(4), **more)
        return path

    def small(self) -> Path:
        path = self.path("small.safetensors")
        if not path.exists():
            stacks = self.stacks(1, 1, 96)
            self.ours("make", weights=path, stacks=stacks, heads=SMALL_HEADS)
        return path

    def stack(self, frames: int) -> Path:
        """Return a file with the seasons of one place, (time, 12, 256, 256)."""
        path = self.path(f"stack{frames}.npy")
        np.save(path, seasons(PLACES[0])[:frames, :, 4:260, 4:260])
        return path

    def stacks(self, count: int, frames: int, size: int) -> Path:
        """Return a file with stacks cut at random: (count, frames, 12, size, size)."""
        rng = np.random.default_rng(0)
        places = [seasons(place) for place in PLACES]
        cut = []
        for index in range(count):
            top, left = rng.integers(0, 264 - size, 2, endpoint=True)
            place = np.roll(places[index % len(places)], index % 4, axis=0)
            cut.append(place[:frames, :, top : top + size, left : left + size])
        path = self.path(f"stacks-{count}-{frames}-{size}.npy")
        np.save(path, np.stack(cut))
        return path

    def _run(self, command: list[str], options: dict[str, object]) -> dict:
        for name, value in options.items():
            flag = f"--{name.replace('_', '-')}"
            if isinstance(value, bool):
                command += [flag] * value
            else:
                command += [flag, str(value)]
        quiet = [command[0], "-W", "ignore", *command[1:]]
        done = subprocess.run(quiet, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)


def seasons(place: str) -> np.ndarray:
    """Return the four seasons of a place, standardized: (4, 12, 264, 264)."""
    import rasterio

    from neucobench.codecs.standardize import standardize

    frames = []
    for season in range(4):
        with rasterio.open(TILES / f"{place}_{season}.tif") as file:
            frames.append(file.read().astype(np.float32))
    return standardize(np.stack(frames))
