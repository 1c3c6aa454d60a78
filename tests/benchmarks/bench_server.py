"""The server under load: its board page, and uploads at once.

``board``: a phase with 200 entries; connections that stay open ask for the page, and
for the JSON, as fast as they are answered. ``uploads``: 50 files of 50 MB are sent at
once; each must be accepted and lie there with its digest, and the memory of the server
and of its checks is sampled. ``start``: the time from ``neucobench serve`` on a bare
folder to its port, and to a board with two baselines.

The load comes from this process, on the same machine: it takes its share of the cores.

Run: python tests/benchmarks/bench_server.py [start] [board] [uploads]
"""

import argparse
import asyncio
import hashlib
import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import numpy as np
from loaded_challenge import embedding_file, fill, member, prepare
from watched_server import peak, processor_seconds, sampling, serving


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("parts", nargs="*", default=["start", "board", "uploads"])
    parser.add_argument("--entries", type=int, default=200)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--uploads", type=int, default=50)
    parser.add_argument("--megabytes", type=int, default=50)
    asked = parser.parse_args()
    for part in asked.parts:
        with tempfile.TemporaryDirectory() as folder:
            {"start": start, "board": board, "uploads": uploads}[part](
                asked, Path(folder)
            )


def start(_asked, folder):
    began = time.monotonic()
    with serving(folder / "server") as (address, _process):
        port = time.monotonic() - began
        path = f"{address}/api/v1/phases/practice/board"
        while len(httpx2.get(path).json().get("entries", [])) < 2:
            time.sleep(0.1)
        print(
            f"start: the port is open after {port:.1f} s, two baselines are on the "
            f"board after {time.monotonic() - began:.1f} s"
        )


def board(asked, folder):
    context = prepare(folder, ids=200)
    fill(context, asked.entries)
    context.database.dispose()
    with serving(folder / "server", "--empty", content=folder) as (address, process):
        for path in ("/phases/load", "/api/v1/phases/load/board"):
            for packed in (True, False):
                # A board is made once; who asks first waits for it.
                httpx2.get(address + path, timeout=60).raise_for_status()
                before = processor_seconds(process.pid)
                times, size = asyncio.run(hammer(asked, address + path, packed=packed))
                used = processor_seconds(process.pid) - before
                rate = len(times) / asked.seconds
                p50, p99 = np.percentile(times, [50, 99]) * 1000
                print(
                    f"board: {path}{' gzip' if packed else ''}, {asked.entries} "
                    f"entries, {size / 1000:.0f} kB: {rate:.0f} requests/s, median "
                    f"{p50:.0f} ms, p99 {p99:.0f} ms, slowest "
                    f"{max(times) * 1000:.0f} ms; {used / len(times) * 1000:.2f} ms of "
                    "a core each"
                )
        print(f"board: the server's peak is {peak(process.pid):.0f} MB")


async def hammer(asked, url, *, packed):
    """Return the seconds of each answer, and the size of one."""
    parts = urlsplit(url)
    encoding = "gzip" if packed else "identity"
    request = (
        f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Accept-Encoding: {encoding}\r\n\r\n"
    ).encode()
    times, sizes = [], set()

    async def ask(reader, writer):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(re.search(rb"content-length: (\d+)", head.lower())[1])
        sizes.add(len(await reader.readexactly(length)))

    async def one(until):
        reader, writer = await asyncio.open_connection(
            parts.hostname, parts.port, limit=2**24
        )
        await ask(reader, writer)
        while time.monotonic() < until:
            began = time.perf_counter()
            await ask(reader, writer)
            times.append(time.perf_counter() - began)
        writer.close()

    until = time.monotonic() + asked.seconds
    await asyncio.gather(*(one(until) for _ in range(asked.connections)))
    return times, max(sizes)


def uploads(asked, folder):
    rows = asked.megabytes * 10**6 // (1024 * 10)
    context = prepare(folder, ids=rows)
    token = member(context)
    context.database.dispose()
    base = embedding_file(rows)
    with (
        serving(folder / "server", "--empty", content=folder) as (address, process),
        sampling(process.pid) as memory,
    ):
        began = time.monotonic()
        answers = asyncio.run(send_all(asked, address, token, base))
        seconds = time.monotonic() - began
    accepted = [digest for status, digest in answers if status == 202]
    stored = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "server" / "uploads").glob("*/*")
    }
    whole = sum(stored.get(digest) == digest for digest in accepted)
    print(
        f"uploads: {asked.uploads} of {len(base) / 1e6:.0f} MB at once: "
        f"{len(accepted)} accepted, {whole} there with their digest, in "
        f"{seconds:.0f} s, checks included"
    )
    print(
        f"uploads: peak memory of the server {max(memory['server']):.0f} MB, of the "
        f"server and its checks together {max(memory['with checks']):.0f} MB"
    )


async def send_all(asked, address, token, base):
    parts = urlsplit(address)

    async def send(number):
        # One cell differs, so that no two files are the same.
        content = base[:-6] + f"{number:05d}\n".encode()
        head = (
            '--edge\r\nContent-Disposition: form-data; name="method"\r\n\r\n'
            f'm{number}\r\n--edge\r\nContent-Disposition: form-data; name="file"; '
            f'filename="m{number}.csv"\r\n\r\n'
        ).encode()
        tail = b"\r\n--edge--\r\n"
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(
            f"POST /api/v1/phases/load/submissions HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            f"Authorization: Bearer {token}\r\nConnection: close\r\n"
            "Content-Type: multipart/form-data; boundary=edge\r\n"
            f"Content-Length: {len(head) + len(content) + len(tail)}\r\n\r\n".encode()
        )
        writer.write(head)
        for place in range(0, len(content), 2**18):
            writer.write(content[place : place + 2**18])
            await writer.drain()
        writer.write(tail)
        await writer.drain()
        status = int((await reader.read()).split(b" ")[1])
        writer.close()
        return status, hashlib.sha256(content).hexdigest()

    return await asyncio.gather(*(send(number) for number in range(asked.uploads)))


if __name__ == "__main__":
    main()
