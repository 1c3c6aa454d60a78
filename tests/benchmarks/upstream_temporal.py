"""One task of the package ``terracodec`` in a process of its own, for bench_temporal.

Run: DIR/bin/python tests/benchmarks/upstream_temporal.py TASK --weights FILE [...]

The Python is one with terracodec 0.3.1, safetensors and the pinned torch; this file
imports nothing of this project. ``make`` writes random weights of the published sizes;
``compress``, ``decompress`` and ``forward`` do that with a stack, and print one line of
JSON: seconds of the clock, of the processor and of them in the bottleneck, which turns
heads' outputs into strings, and the peak of the memory.
"""

import argparse
import contextlib
import json
import sys
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
HEAD_DEVIATION = {"mean_head": 1.0, "scale_head": 1.5}


def main() -> None:
    options = parse()
    with contextlib.redirect_stdout(sys.stderr):  # the package prints
        answer = TASKS[options.task](options)
    print(json.dumps(answer))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--stack", type=Path, help=".npy of (time, band, y, x)")
    parser.add_argument("--payload", type=Path, help="read or written, as JSON")
    parser.add_argument("--out", type=Path, help=".npy of the reconstruction")
    parser.add_argument("--quality", type=json.loads, help="FlexTEC: 8, or [16, 0, 3]")
    parser.add_argument("--flexible", action="store_true")
    parser.add_argument("--wide-heads", action="store_true")
    return parser.parse_args()


def make(options: argparse.Namespace) -> dict[str, object]:
    """Write random weights under which latents, pictures and heads vary as asked."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    model = empty(options.flexible)
    stack = read_stack(options.stack)
    inner = model.model
    analysis = inner.transform.analysis_transform.transforms
    synthesis = inner.transform.synthesis_transform.transforms
    with torch.no_grad():
        for _ in range(8):  # attention follows the convolution
            multiply(
                analysis[13], LATENT_DEVIATION / inner.transform.encode(stack).std()
            )
        latents = inner.transform.encode(stack)
        picture = inner.transform.decode(latents.round(), stack.shape)
        multiply(synthesis[14], 1 / picture.std())
        found = heads(model, stack[:, :2])
        if options.wide_heads:
            for name, deviation in HEAD_DEVIATION.items():
                multiply(getattr(inner.entropy_model, name)[4], deviation / found[name])
    state = {key: value.contiguous() for key, value in model.state_dict().items()}
    save_file(state, options.weights)
    return {"heads before": found, "latents": float(latents.std())}


def heads(model: torch.nn.Module, stack: torch.Tensor) -> dict[str, float]:
    """Return the standard deviation of what each head says."""
    said: dict[str, list[torch.Tensor]] = {name: [] for name in HEAD_DEVIATION}
    hooks = []
    for name, outputs in said.items():
        keep = lambda _, __, output, outputs=outputs: outputs.append(output)  # noqa: E731
        head = getattr(model.model.entropy_model, name)
        hooks.append(head.register_forward_hook(keep))
    model(stack, **({"quality": 16} if model.flextec else {}))
    for hook in hooks:
        hook.remove()
    return {name: float(torch.cat(outputs).std()) for name, outputs in said.items()}


def multiply(layer: torch.nn.Module, factor: torch.Tensor | float) -> None:
    layer.weight.mul_(factor)
    layer.bias.mul_(factor)


def compress(options: argparse.Namespace) -> dict[str, object]:
    model, stack = load(options), read_stack(options.stack)
    knob = {} if options.quality is None else {"quality": options.quality}
    with measured(watch(model)) as answer:
        payload = model.compress(stack, **knob)
    write_payload(options.payload, payload)
    return answer | {"bits": payload["bits"]}


def decompress(options: argparse.Namespace) -> dict[str, object]:
    model, payload = load(options), read_payload(options.payload)
    with measured(watch(model)) as answer:
        picture = model.decompress(payload)
    np.save(options.out, picture.numpy())
    return answer


def forward(options: argparse.Namespace) -> dict[str, object]:
    model, stack = load(options), read_stack(options.stack)
    knob = {} if options.quality is None else {"quality": options.quality}
    with measured(watch(model)) as answer:
        picture, bits = model(stack, **knob)
    np.save(options.out, picture.numpy())
    return answer | {"bits": bits}


TASKS: dict[str, Callable[[argparse.Namespace], dict[str, object]]] = {
    "make": make,
    "compress": compress,
    "decompress": decompress,
    "forward": forward,
}


def empty(flexible: bool) -> torch.nn.Module:
    """Return the package's model, whatever its torchvision lacks beside this torch."""
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        signature = f"{name}(Tensor dets, Tensor scores, float iou_threshold)"
        with contextlib.suppress(RuntimeError):
            library.define(f"{signature} -> Tensor")
    KEPT.append(library)
    from terracodec.temporaltransformer import TemporalTransformer

    return TemporalTransformer(flextec=flexible).eval()


KEPT: list[object] = []  # a library's definitions go when it goes


def load(options: argparse.Namespace) -> torch.nn.Module:
    from safetensors.torch import load_file

    model = empty(options.flexible)
    model.load_state_dict(load_file(options.weights))
    model.setup_model_for_compression()
    return model


def watch(model: torch.nn.Module) -> Stopwatch:
    """Watch the bottleneck, from what the heads say to strings and back."""
    coding = Stopwatch()
    coding.watch(model.model.entropy_model.bottleneck, "compress", "decompress")
    return coding


if __name__ == "__main__":
    main()
