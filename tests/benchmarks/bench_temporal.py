"""TEC-TT and FlexTEC against the package ``terracodec``: the same strings, and faster.

Run: NEUCOBENCH_TERRACODEC=DIR/bin/python python tests/benchmarks/bench_temporal.py \\
         [speed agree flextec batch portable] [--frames 4] [--repeats 1] [--folder DIR]

The variable names the Python of an environment of its own, with terracodec 0.3.1,
safetensors and the pinned torch; without it only ``portable`` runs. Weights are random,
of the published sizes, made by upstream; stacks are the seasons of one real place, cut
to 256 x 256. Every task is a process of its own, so that peaks of memory are its own,
and the sides take turns. Ratios are upstream's figure over ours, medians over turns.

``speed`` times ``compress`` and ``decompress``, and ``agree`` compares strings and
pictures; ``flextec`` does for several qualities; ``batch`` sets 8 stacks at once
against 8 in turn; ``portable`` codes many stacks with 2 threads in batches of 8 and
reads them with 1 thread one by one. On a busy machine set OMP_NUM_THREADS=1: threads
that wait for each other measure the neighbors.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from statistics import median

import numpy as np
from temporal_processes import SMALL_HEADS, TILES, Bench

VARIABLE = "NEUCOBENCH_TERRACODEC"
QUALITIES: tuple[tuple[object, int], ...] = (
    (0, 2),
    (1, 2),
    (8, 2),
    (16, 2),
    ([16, 0, 3], 3),  # one for each frame
)
BATCH = 8
FIGURES = {
    "clock": "seconds of the clock",
    "processor": "seconds of the processor",
    "peak": "peak of memory at work, GB",
    "peak_with_loading": "peak of memory with loading, GB",
    "private": "of it private, without files that are mapped, GB",
}


def speed(bench: Bench, frames: int) -> None:
    """Print what coding one stack takes on each side."""
    common = {"weights": bench.weights("tt")}
    coded = {"stack": bench.stack(frames), **common}
    turns: dict[str, list[dict]] = {}
    sides = {
        "upstream": (bench.theirs, "compress", "decompress"),
        "strict": (bench.ours, "compress", "decompress"),
        "portable": (bench.ours, "write", "read"),
    }
    for _ in range(bench.repeats):
        for name, (run, encode, decode) in sides.items():
            files = {
                "payload": bench.path(f"{name}.json"),
                "out": bench.path(f"{name}.npy"),
            }
            answer = run(encode, payload=files["payload"], **coded)
            turns.setdefault(f"{name} compress", []).append(answer)
            answer = run(decode, **files, **common)
            turns.setdefault(f"{name} decompress", []).append(answer)
    print(f"\nTEC-TT, {frames} frames of 256 x 256, random weights\n")
    for line in table(turns):
        print(line)


def table(turns: dict[str, list[dict]]) -> list[str]:
    """Return the lines of a table of figures and of ratios."""
    lines = [
        "| | upstream | strict | ratio | portable | ratio |",
        "|---|---|---|---|---|---|",
    ]
    for task in ("compress", "decompress"):
        theirs = turns[f"upstream {task}"]
        for key, label in FIGURES.items():
            cells = [f"{median(turn[key] for turn in theirs):.2f}"]
            for name in ("strict", "portable"):
                ours = turns[f"{name} {task}"]
                pairs = zip(theirs, ours, strict=True)
                ratio = median(their[key] / our[key] for their, our in pairs)
                cells += [f"{median(turn[key] for turn in ours):.2f}", f"{ratio:.2f}"]
            lines.append(f"| {task}, {label} | {' | '.join(cells)} |")
        shares = [
            100
            * median(turn["coding"] / turn["clock"] for turn in turns[f"{name} {task}"])
            for name in ("upstream", "strict", "portable")
        ]
        cells = f"{shares[0]:.1f} | {shares[1]:.2f} | | {shares[2]:.2f} |"
        lines.append(f"| {task}, % of the clock in entropy coding | {cells} |")
    load = max(turn["load"] for rows in turns.values() for turn in rows)
    return [*lines, "", f"Load of the machine when a task began: at most {load:.1f}."]


def agree(bench: Bench, frames: int) -> None:
    """Print how far strings, pictures and estimates of the two sides differ."""
    weights = {"weights": bench.weights("tt")}
    coded = {"stack": bench.stack(frames), **weights}
    bits = {}
    for name, run in (("upstream", bench.theirs), ("strict", bench.ours)):
        payload = {"payload": bench.path(f"{name}.json")}
        run("compress", **payload, **coded)
        run("decompress", **payload, **weights, out=bench.path(f"{name}.npy"))
        out = bench.path(f"{name}-forward.npy")
        bits[name] = np.array(run("forward", out=out, **coded)["bits"])
    for run, name, other in (
        (bench.ours, "strict-decodes", "upstream"),
        (bench.theirs, "upstream-decodes", "strict"),
    ):
        payload, out = bench.path(f"{other}.json"), bench.path(f"{name}.npy")
        run("decompress", payload=payload, out=out, **weights)
    reference = np.load(bench.path("upstream.npy"))
    print(strings_alike(bench.path("upstream.json"), bench.path("strict.json")))
    names = ("strict", "upstream-forward", "strict-forward")
    for name in (*names, "strict-decodes", "upstream-decodes"):
        difference = np.abs(np.load(bench.path(f"{name}.npy")) - reference).max()
        print(f"{name}: differs from upstream's picture by {difference:.1e} at most")
    off = np.abs(bits["strict"] / bits["upstream"] - 1).max()
    print(f"estimates of the bits of a frame differ by {100 * off:.4f} % at most")


def strings_alike(upstream: Path, ours: Path) -> str:
    """Say how many strings are the same, and which is the first that is not."""
    theirs, own = (json.loads(path.read_text())["strings"] for path in (upstream, ours))
    places = [(t, i) for t, frame in enumerate(theirs) for i in range(len(frame))]
    other = [(t, i) for t, i in places if own[t][i] != theirs[t][i]]
    said = f"{len(places) - len(other)} of {len(places)} strings are identical"
    if other:
        said += f"; first to differ: token {other[0][1]} of frame {other[0][0]}"
    return said


def flextec(bench: Bench) -> None:
    """Print whether FlexTEC's strings and pictures agree, for several qualities."""
    weights = {"weights": bench.weights("flex")}
    print("\nFlexTEC, 256 x 256, random weights\n")
    print("| quality | frames | strings | pictures differ by | bits, a frame |")
    print("|---|---|---|---|---|")
    for quality, frames in QUALITIES:
        coded = {"stack": bench.stack(frames), "quality": quality, **weights}
        pictures = []
        for name, run in (("upstream", bench.theirs), ("strict", bench.ours)):
            payload, out = bench.path(f"flex-{name}.json"), bench.path("flex.npy")
            more = {"flexible": True, "payload": payload}
            bits = run("compress", **coded, **more)["bits"]
            run("decompress", **weights, **more, out=out)
            pictures.append(np.load(out))
        said = strings_alike(
            *(bench.path(f"flex-{n}.json") for n in ("upstream", "strict"))
        )
        difference = np.abs(pictures[0] - pictures[1]).max()
        print(
            f"| {quality} | {frames} | {said} | {difference:.1e} | {bits} |", flush=True
        )


def batch(bench: Bench) -> None:
    """Print the stacks per second of batches over those of single stacks."""
    print(f"\nWriting and reading {BATCH} stacks at once, against one by one\n")
    print("| size | frames | pixels | stacks / s | one by one | ratio | processor |")
    print("|---|---|---|---|---|---|---|")
    published, small = bench.weights("tt"), bench.small()
    for label, weights, frames, size, heads in (
        ("small", small, 1, 96, {"heads": SMALL_HEADS}),
        ("small", small, 2, 256, {"heads": SMALL_HEADS}),
        ("published", published, 1, 256, {}),
        ("published", published, 2, 256, {}),
    ):
        stacks = bench.stacks(BATCH, frames, size)
        turns = bench.ours(
            "race",
            weights=weights,
            stacks=stacks,
            batch=BATCH,
            repeats=bench.repeats,
            **heads,
        )["turns"]
        alone, together = np.array(turns[0::2]), np.array(turns[1::2])
        clock, processor = np.median(alone / together, axis=0)
        rates = [BATCH / np.median(turn[:, 0]) for turn in (together, alone)]
        cells = f"{rates[0]:.3f} | {rates[1]:.3f} | {clock:.2f} | {processor:.2f}"
        print(f"| {label} | {frames} | {size} | {cells} |", flush=True)


def portable(bench: Bench, count: int) -> None:
    """Print how many stacks another process reads as they were written."""
    print("\nWritten with 2 threads in batches of 8, read with 1 thread one by one\n")
    cases = [("small", bench.small(), count, 3, 96, {"heads": SMALL_HEADS})]
    if bench.upstream:
        cases.append(("published", bench.weights("tt"), BATCH, 2, 256, {}))
    for label, weights, number, frames, size, heads in cases:
        payload = bench.path(f"portable-{label}.json")
        common = {"weights": weights, "payload": payload, **heads}
        stacks = bench.stacks(number, frames, size)
        bench.ours("write", stacks=stacks, threads=2, batch=BATCH, **common)
        pictures = []
        for name, threads, at_once in (("alike", 2, BATCH), ("other", 1, 1)):
            out = bench.path(f"portable-{name}.npy")
            bench.ours("read", threads=threads, batch=at_once, out=out, **common)
            pictures.append(np.load(out))
        off = np.abs(pictures[0] - pictures[1]).max(axis=(1, 2, 3, 4))
        print(
            f"{label}: {number} stacks of {frames} frames, {size} x {size}: every "
            f"checksum holds; pictures of the two readers differ by {off.max():.1e} at "
            "most",
            flush=True,
        )


def main() -> None:
    parts = ("speed", "agree", "flextec", "batch", "portable")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["all", *parts], default="all")
    parser.add_argument("--frames", type=int, default=4, help="for speed and agree")
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--stacks", type=int, default=100, help="for portable")
    parser.add_argument("--folder", type=Path, help="keep weights and streams here")
    options = parser.parse_args()
    upstream = os.environ.get(VARIABLE)
    if not TILES.is_dir():
        print("Skipped: the shared tiles are missing.")
        return
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(options.folder or Path(name), upstream, options.repeats)
        for part in parts if "all" in options.parts else options.parts:
            if part != "portable" and upstream is None:
                print(f"Skipped {part}: {VARIABLE} names no Python.")
            elif part in ("speed", "agree"):
                {"speed": speed, "agree": agree}[part](bench, options.frames)
            elif part == "portable":
                portable(bench, options.stacks)
            else:
                {"flextec": flextec, "batch": batch}[part](bench)


if __name__ == "__main__":
    main()
