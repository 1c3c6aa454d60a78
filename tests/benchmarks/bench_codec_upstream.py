"""TEC-FP and TEC-ELIC against the package ``terracodec``: the same numbers, and faster.

Run: NEUCOBENCH_TERRACODEC=DIR/bin/python python \\
         tests/benchmarks/bench_codec_upstream.py [--repeats 15]

The variable names the Python of an environment of its own, with terracodec 0.3.1 and
the pinned torch; without it the comparison is skipped. Upstream makes random weights of
published widths, rescaled so that latents have a standard deviation of 3, and codes
real tiles with them; both sides load the same file. Each side is a process, and their
turns alternate, so that what else runs on the machine slows down both. Ratios are
upstream's time over ours, of the clock and of the processor: medians of pairs. The
last lines are ours alone, a batch of 16 tiles against one tile. Real tiles are read
from ``shared``. On a busy machine set OMP_NUM_THREADS=1: threads that wait for each
other measure the neighbors.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

VARIABLE = "NEUCOBENCH_TERRACODEC"
TILES = Path(__file__).parents[3] / "shared/data/ssl4eo-s12-s2l2a"
WIDTHS = {"fp": (128, 192), "elic": (128, 192)}
LAST = {"fp": (6, 6), "elic": (13, 14)}  # of the analysis, of the synthesis
SIZES = {"one tile of 256 x 256": (1, 256, 256), "two of 128 x 192": (2, 128, 192)}
TASKS = ("forward", "compress", "decompress")
DEVIATION = 3.0
BATCH = 16


class Upstream:
    """The package ``terracodec``, which only its own environment can import."""

    def __init__(self) -> None:
        # The wheel of torchvision cannot load its operators beside a torch for the CPU.
        self.library = torch.library.Library("torchvision", "DEF")
        for name in ("nms", "qnms"):
            signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold)"
            with contextlib.suppress(RuntimeError):
                self.library.define(f"{signature} -> Tensor")
        from terracodec import imagecodecs

        self.classes = {"fp": imagecodecs.FactorizedPrior, "elic": imagecodecs.ELIC}

    def make(self, family: str, path: Path, tile: torch.Tensor) -> None:
        """Write random weights; latents deviate as wanted, and pictures by 1."""
        torch.manual_seed(0)
        model = self._empty(family)
        analysis, synthesis = LAST[family]
        for _ in range(8):  # attention follows the convolution of TEC-ELIC
            multiply(model.g_a[analysis], DEVIATION / model.g_a(tile).std())
        multiply(model.g_s[synthesis], 1 / model(tile).std())
        torch.save(model.state_dict(), path)

    def load(self, family: str, path: Path) -> torch.nn.Module:
        model = self._empty(family)
        model.load_state_dict(torch.load(path, weights_only=True))
        model.update(force=True)
        return model

    def _empty(self, family: str) -> torch.nn.Module:
        n, m = WIDTHS[family]
        return self.classes[family](in_channels=12, N=n, M=m, image_size=256).eval()


def multiply(layer: torch.nn.Module, factor: torch.Tensor) -> None:
    layer.weight.mul_(factor)
    layer.bias.mul_(factor)


class Ours:
    """This project's networks."""

    def load(self, family: str, path: Path) -> torch.nn.Module:
        from neucobench import codecs

        name = f"terracodec_v1_{family}_s2l2a"
        return getattr(codecs, name)(weights=path)


def serve(side: str) -> None:
    """Do what lines of JSON on standard input ask for, one answer for each."""
    library = Upstream() if side == "upstream" else Ours()
    model, payload, tile = None, None, None
    for line in sys.stdin:
        task = json.loads(line)
        answer: object = None
        if "tile" in task:
            tile = torch.from_numpy(np.load(task["tile"]))
        match task["do"]:
            case "make":
                library.make(task["family"], Path(task["weights"]), tile)
            case "load":
                model = library.load(task["family"], Path(task["weights"]))
            case "compress":
                payload = model.compress(tile)
                answer = written(payload)
            case "decompress":
                strings, shape = read(task["payload"])
                save(task["out"], model.decompress(strings=strings, shape=shape))
            case "forward":
                save(task["out"], model(tile))
            case "time":
                answer = timed(model, task["task"], tile, payload)
        print(json.dumps(answer), flush=True)


def timed(
    model: torch.nn.Module, task: str, tile: torch.Tensor, payload: dict
) -> tuple[float, float]:
    """Return the seconds of the clock and of the processor that one task takes."""
    begin = time.perf_counter(), time.process_time()
    if task == "decompress":
        model.decompress(strings=payload["strings"], shape=payload["shape"])
    else:
        (model if task == "forward" else model.compress)(tile)
    return time.perf_counter() - begin[0], time.process_time() - begin[1]


def written(payload: dict) -> dict:
    """Return a payload as plain JSON types."""
    strings = [[string.hex() for string in part] for part in payload["strings"]]
    return {"strings": strings, "shape": payload["shape"], "bits": payload["bits"]}


def read(payload: dict) -> tuple[list[list[bytes]], object]:
    strings = [[bytes.fromhex(item) for item in part] for part in payload["strings"]]
    return strings, payload["shape"]


def save(path: str, x: torch.Tensor) -> None:
    np.save(path, x.detach().numpy())


class Side:
    """A process that serves one side."""

    def __init__(self, python: str, side: str) -> None:
        command = [python, "-W", "ignore", __file__, "--serve", side]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def ask(self, do: str, **more: object):
        self.process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("A side has ended; what it said is above.")
        return json.loads(line)


def write_tiles(folder: Path) -> dict[str, Path]:
    """Write a batch of each size, standardized, cut from real tiles."""
    import rasterio

    from neucobench.codecs.standardize import standardize

    paths = {}
    for name, (count, height, width) in SIZES.items():
        tiles = []
        for path in sorted(TILES.glob("*_1.tif"))[:count]:
            with rasterio.open(path) as file:
                tiles.append(file.read()[:, :height, :width].astype(np.float32))
        paths[name] = folder / f"{height}x{width}.npy"
        np.save(paths[name], standardize(np.stack(tiles)))
    return paths


def agree(ours: Side, upstream: Side, tile: Path, folder: Path) -> str:
    """Compare pictures and strings, each side also decoding the other's."""
    found = {}
    for name, side in (("ours", ours), ("upstream", upstream)):
        side.ask("forward", tile=str(tile), out=str(folder / f"{name}.npy"))
        found[name] = side.ask("compress")
    for name, side, other in (
        ("ours-decodes", ours, "upstream"),
        ("upstream-decodes", upstream, "ours"),
    ):
        out = str(folder / f"{name}.npy")
        side.ask("decompress", payload=found[other], out=out)
    pictures = {path.stem: np.load(path) for path in folder.glob("*.npy")}
    reference = pictures["upstream"]
    names = ("ours", "ours-decodes", "upstream-decodes")
    largest = {name: np.abs(pictures[name] - reference).max() for name in names}
    true_bits = 4 * sum(len(s) for part in found["upstream"]["strings"] for s in part)
    return (
        f"picture differs by {largest['ours']:.1e} at most (deviation "
        f"{reference.std():.2f}); strings equal: "
        f"{found['ours']['strings'] == found['upstream']['strings']}; bits ours "
        f"{found['ours']['bits']}, true {true_bits}, upstream says "
        f"{found['upstream']['bits']}; we decode theirs within "
        f"{largest['ours-decodes']:.1e}, they ours within "
        f"{largest['upstream-decodes']:.1e}"
    )


def race(ours: Side, upstream: Side, repeats: int) -> str:
    """Return upstream's time over ours for each task, turn by turn."""
    said = []
    for task in TASKS:
        turns = np.array(
            [
                [side.ask("time", task=task) for side in (upstream, ours)]
                for _ in range(repeats + 1)
            ][1:]
        )  # (repeat, side, clock)
        clock, processor = np.median(turns[:, 0] / turns[:, 1], axis=0)
        best = turns.min(axis=0)[:, 1]
        said.append(
            f"{task} {clock:.2f}x by the clock, {processor:.2f}x by the processor "
            f"({best[0]:.3f} s, ours {best[1]:.3f} s)"
        )
    return "; ".join(said)


def many(ours: Side, tile: Path, repeats: int) -> str:
    """Return the tiles per second of a batch over those of one tile, for each task."""
    batch = tile.with_name("batch.npy")
    np.save(batch, np.concatenate([np.load(tile)] * BATCH))
    said = []
    for task in TASKS:
        turns = []
        for _ in range(repeats):
            for path in (tile, batch):
                ours.ask("compress", tile=str(path))
                turns.append(ours.ask("time", task=task))
        one, all_ = np.array(turns).reshape(-1, 2, 2).transpose(1, 0, 2)
        ratios = np.median(BATCH * one / all_, axis=0)
        said.append(f"{task} {ratios[0]:.2f}x by the clock, {ratios[1]:.2f}x")
    return "; ".join(said)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--serve", choices=("ours", "upstream"))
    options = parser.parse_args()
    if options.serve:
        with torch.no_grad():
            serve(options.serve)
        return
    python = os.environ.get(VARIABLE)
    if python is None or not TILES.is_dir():
        print(f"Skipped: {VARIABLE} names no Python, or the shared tiles are missing.")
        return
    ours, upstream = Side(sys.executable, "ours"), Side(python, "upstream")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tiles = write_tiles(folder)
        for family in WIDTHS:
            weights = str(folder / f"{family}.pt")
            tile = str(next(iter(tiles.values())))
            upstream.ask("make", family=family, weights=weights, tile=tile)
            for side in (ours, upstream):
                side.ask("load", family=family, weights=weights)
            for label, path in reversed(tiles.items()):
                out = folder / f"{family}-{path.stem}"
                out.mkdir()
                print(f"{family}, {label}: {agree(ours, upstream, path, out)}")
            print(f"{family}, {label}: {race(ours, upstream, options.repeats)}")
            print(f"{family}, batch of {BATCH}: {many(ours, path, 3)}")


if __name__ == "__main__":
    main()
