"""The entropy coder against CompressAI's, symbols and rows alike, bytes compared.

Run: python tests/benchmarks/bench_entropy_coder.py [--repeats 20]

CompressAI's models hand their coder lists, which they make of the whole table for each
string; that is part of its time here, as it is of theirs. Milliseconds, the least of
the repeats, one thread.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch

from neucobench.codecs.compressai_parts import EntropyBottleneck
from neucobench.codecs.entropy.coder import Tables, decode_symbols, encode_symbols
from neucobench.codecs.entropy.tables import bottleneck_tables, gaussian_tables
from neucobench.torchvision_shim import import_with_torchvision


def cases() -> dict[str, tuple[np.ndarray, np.ndarray, Tables]]:
    """Return symbols, rows and tables, as TEC-FP and TEC-ELIC have them at 256 px."""
    random = np.random.default_rng(0)
    channels = bottleneck_tables(EntropyBottleneck(192))
    rows = np.repeat(np.arange(192, dtype=np.int32), 256)
    symbols = np.rint(random.normal(0, 3, rows.size)).astype(np.int32)
    found = {"TEC-FP, 192 rows, 49,152 symbols": (symbols, rows, channels)}
    rows = random.integers(0, 40, 8192).astype(np.int32)
    symbols = np.rint(random.normal(0, 3, rows.size)).astype(np.int32)
    found["half a group of TEC-ELIC, 64 rows, 8,192"] = symbols, rows, gaussian_tables()
    return found


def padded(tables: Tables) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return tables as CompressAI keeps them: rows of one length, lengths, offsets."""
    wide = torch.zeros(len(tables), int(tables.lengths.max()), dtype=torch.int32)
    for row, start, length in zip(wide, tables.starts, tables.lengths, strict=True):
        row[:length] = torch.from_numpy(tables.entries[start : start + length])
    return wide, torch.from_numpy(tables.lengths), torch.from_numpy(tables.offsets)


def least(repeats: int, call: Callable[[], object]) -> float:
    call()
    times = []
    for _ in range(repeats):
        begin = time.thread_time()
        call()
        times.append(time.thread_time() - begin)
    return 1000 * min(times)


def measure(
    symbols: np.ndarray, rows: np.ndarray, tables: Tables, repeats: int
) -> tuple[str, ...]:
    """Return a line for each task, from the same symbols for both coders."""
    ans = import_with_torchvision("compressai.ans", extra="codecs")
    encoder, decoder, kept = ans.RansEncoder(), ans.RansDecoder(), padded(tables)

    def their_encode() -> bytes:
        lists = [tensor.tolist() for tensor in kept]
        return encoder.encode_with_indexes(symbols.tolist(), rows.tolist(), *lists)

    def their_decode() -> np.ndarray:
        lists = [tensor.tolist() for tensor in kept]
        return np.array(decoder.decode_with_indexes(stream, rows.tolist(), *lists))

    stream = their_encode()
    assert encode_symbols(symbols, rows, tables) == stream
    assert (decode_symbols(stream, rows, tables) == symbols).all()
    encode = least(repeats, lambda: encode_symbols(symbols, rows, tables))
    decode = least(repeats, lambda: decode_symbols(stream, rows, tables))
    theirs = least(repeats, their_encode), least(repeats, their_decode)
    return (
        f"encode {encode:.2f} ms, theirs {theirs[0]:.2f}, {theirs[0] / encode:.1f}x",
        f"decode {decode:.2f} ms, theirs {theirs[1]:.2f}, {theirs[1] / decode:.1f}x",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=20)
    repeats = parser.parse_args().repeats
    for name, case in cases().items():
        for line in measure(*case, repeats):
            print(f"{name}: {line}")


if __name__ == "__main__":
    main()
