"""One task of this project's TEC-TT or FlexTEC in a process of its own.

Run: python tests/benchmarks/our_temporal.py TASK --weights FILE [...]

``compress``, ``decompress`` and ``forward`` are the published interface (strict),
``write`` and ``read`` the streams of the container (portable), which code stacks in
batches of ``--batch``; all print one line of JSON, as upstream_temporal does. ``race``
compares batches with single stacks, and ``make`` writes random weights of a small size.
"""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from temporal_measure import (
    Stopwatch,
    measured,
    read_payload,
    read_stack,
    write_payload,
)

LATENT_DEVIATION = 2.0
Answer = dict[str, object]


def main() -> None:
    options = parse()
    if options.threads is not None:
        torch.set_num_threads(options.threads)
    with contextlib.redirect_stdout(sys.stderr), torch.inference_mode():
        answer = TASKS[options.task](options)
    print(json.dumps(answer))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--heads", type=int, help="of attention, for a small size")
    parser.add_argument("--stack", type=Path, help=".npy of (time, band, y, x)")
    parser.add_argument("--stacks", type=Path, help=".npy of many")
    parser.add_argument("--payload", type=Path, help="read or written, as JSON")
    parser.add_argument("--out", type=Path, help=".npy of the reconstruction")
    parser.add_argument("--quality", type=json.loads, help="FlexTEC: 8, or [16, 0, 3]")
    parser.add_argument("--threads", type=int)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--flexible", action="store_true")
    return parser.parse_args()


def load(options: argparse.Namespace) -> torch.nn.Module:
    from neucobench.codecs.temporal.weights import load_temporal

    warm_up()
    more = {"heads": options.heads, "flexible": options.flexible}
    return load_temporal(options.weights, **more)[0]


def warm_up() -> None:
    """Load the tables and what is compiled, as upstream builds its table at loading."""
    from neucobench.codecs.entropy.coder import decode_symbols, encode_symbols
    from neucobench.codecs.temporal.table import portable_table, published_table

    zeros = np.zeros(4, dtype=np.int32)
    for tables in (published_table(), portable_table()):
        decode_symbols(encode_symbols(zeros, zeros, tables), zeros, tables)


def watch() -> Stopwatch:
    """Watch all between what the heads say and strings, in both directions."""
    from neucobench.codecs.entropy.checked import CheckedDecoder
    from neucobench.codecs.temporal import portable, strict

    coding = Stopwatch()
    both = ("to_symbols", "from_symbols")
    coding.watch(strict, "published_rows", "encode_symbols", "decode_symbols", *both)
    coding.watch(portable, "portable_rows", "encode_checked", *both)
    coding.watch(CheckedDecoder, "__init__", "read", "include", "finish")
    return coding


def knob(options: argparse.Namespace) -> dict[str, object]:
    return {} if options.quality is None else {"quality": options.quality}


def compress(options: argparse.Namespace) -> Answer:
    network, stack = load(options), read_stack(options.stack)
    with measured(watch()) as answer:
        payload = network.compress(stack, **knob(options))
    write_payload(options.payload, payload)
    return answer | {"bits": payload["bits"]}


def decompress(options: argparse.Namespace) -> Answer:
    network, payload = load(options), read_payload(options.payload)
    with measured(watch()) as answer:
        picture = network.decompress(payload)
    np.save(options.out, picture.numpy())
    return answer


def forward(options: argparse.Namespace) -> Answer:
    network, stack = load(options), read_stack(options.stack)
    with measured(watch()) as answer:
        picture, bits = network(stack, **knob(options))
    np.save(options.out, picture.numpy())
    return answer | {"bits": [float(item) for item in bits]}


def write(options: argparse.Namespace) -> Answer:
    network, stacks = load(options), read_stacks(options)
    with measured(watch()) as answer:
        streams = write_all(network, stacks, options)
    size = list(stacks.shape[-2:])
    listed = [[frame.hex() for frame in frames] for frames in streams]
    options.payload.write_text(json.dumps({"streams": listed, "size": size}))
    return answer | {"bits": [sum(8 * len(item) for item in row) for row in streams]}


def read(options: argparse.Namespace) -> Answer:
    network, payload = load(options), json.loads(options.payload.read_text())
    streams = [[bytes.fromhex(item) for item in row] for row in payload["streams"]]
    with measured(watch()) as answer:
        pictures = read_all(network, streams, tuple(payload["size"]), options)
    np.save(options.out, pictures.numpy())
    return answer


def race(options: argparse.Namespace) -> Answer:
    """Time ``write`` and ``read`` of all stacks, one by one and in batches, in turn."""
    network, stacks = load(options), read_stacks(options)
    size = tuple(stacks.shape[-2:])
    turns = []
    for _ in range(options.repeats):
        for batch in (1, options.batch):
            options.batch = batch
            begin = time.perf_counter(), time.process_time()
            streams = write_all(network, stacks, options)
            read_all(network, streams, size, options)
            turns.append(
                (time.perf_counter() - begin[0], time.process_time() - begin[1])
            )
    return {"turns": turns, "stacks": len(stacks)}


def make(options: argparse.Namespace) -> Answer:
    """Write random weights of a small size, under which latents deviate by 2."""
    from safetensors.torch import save_file

    from neucobench.codecs.temporal.network import TemporalNetwork
    from neucobench.codecs.temporal.sizes import TemporalSizes

    torch.manual_seed(0)
    sizes = TemporalSizes(
        channels=(32, 48, 64, 64),
        width=192,
        heads=options.heads,
        separate_layers=2,
        joint_layers=2,
        decoder_layers=3,
        flexible=options.flexible,
    )
    network = TemporalNetwork(sizes).eval()
    stacks = torch.from_numpy(np.load(options.stacks))[:1]
    last = network.transform.analysis_transform.transforms[13]
    for _ in range(8):  # attention follows the convolution
        factor = LATENT_DEVIATION / network.analyze(stacks).std()
        last.weight.mul_(factor)
        last.bias.mul_(factor)
    state = {key: value.contiguous() for key, value in network.state_dict().items()}
    save_file(state, options.weights)
    return {"parameters": sum(item.numel() for item in network.parameters())}


def read_stacks(options: argparse.Namespace) -> torch.Tensor:
    if options.stacks is None:
        return read_stack(options.stack)
    return torch.from_numpy(np.load(options.stacks))


def write_all(
    network: torch.nn.Module, stacks: torch.Tensor, options: argparse.Namespace
) -> list[list[bytes]]:
    parts = stacks.split(options.batch)
    return [row for part in parts for row in network.write(part, **knob(options))]


def read_all(
    network: torch.nn.Module,
    streams: list[list[bytes]],
    size: tuple[int, int],
    options: argparse.Namespace,
) -> torch.Tensor:
    starts = range(0, len(streams), options.batch)
    parts = [streams[start : start + options.batch] for start in starts]
    return torch.cat([network.read(part, size, **knob(options)) for part in parts])


TASKS: dict[str, Callable[[argparse.Namespace], Answer]] = {
    "compress": compress,
    "decompress": decompress,
    "forward": forward,
    "write": write,
    "read": read,
    "race": race,
    "make": make,
}


if __name__ == "__main__":
    main()
