"""Numbers made by running the published TerraCodec, and small networks of our own."""

import hashlib
import lzma
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch

from neucobench.codecs.standardize import standardize

GROUPS = {"fp_n32_m48": 1, "elic_n16_m144": 11}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input of a published model, and what the model made of it."""

    folder: Path
    name: str
    letter: str
    numbers: np.lib.npyio.NpzFile

    def __getitem__(self, key):
        return self.numbers[f"{self.letter}_{key}"]

    @property
    def x(self) -> torch.Tensor:
        if f"{self.letter}_input" in self.numbers:
            pixels = self["input"]
        else:
            pixels = self._cut()
        digest = hashlib.sha256(pixels.astype("<f4").tobytes()).hexdigest()
        assert digest == str(self["input_sha256"])
        return torch.from_numpy(pixels)

    @property
    def size(self) -> tuple[int, int]:
        return tuple(self.x.shape[-2:])

    @property
    def strings(self) -> list[list[bytes]]:
        key = next(k for k in self.numbers if k.startswith(f"{self.letter}_strings_le"))
        content, start, strings = self["strings_bytes"].tobytes(), 0, []
        for group in self.numbers[key]:
            strings.append([])
            for length in group:
                strings[-1].append(content[start : start + length])
                start += length
        assert len(strings) == GROUPS[self.name]
        return strings

    def _cut(self) -> np.ndarray:
        import rasterio

        row, column, height, width = self["crop_row_col_height_width"]
        with rasterio.open(self.folder / str(self["source"])) as file:
            raw = file.read()[:, row : row + height, column : column + width]
        return standardize(raw[None].astype(np.float32))


@pytest.fixture(scope="session")
def published_case(shared):
    """Return a function that returns a case of the published models by its letter."""
    folder = shared / "fixtures/codecs"

    def case(name: str, letter: str) -> Case:
        numbers = np.load(folder / f"{name}.npz")
        return Case(folder=folder, name=name, letter=letter, numbers=numbers)

    return case


@pytest.fixture(scope="session")
def published_weights(shared, tmp_path_factory):
    """Return a function that returns the file with the weights of a published model."""
    folder = shared / "fixtures/codecs"

    def path(name: str) -> Path:
        packed = folder / f"{name}.safetensors.xz"
        if not packed.is_file():
            return folder / f"{name}.safetensors"
        target = tmp_path_factory.mktemp("weights") / f"{name}.safetensors"
        target.write_bytes(lzma.decompress(packed.read_bytes()))
        return target

    return path


@pytest.fixture(scope="session")
def coder_numbers(shared):
    """Return streams, tables and rows that CompressAI made."""
    return np.load(shared / "fixtures/codecs/coder_and_layout.npz")


class _HubHandler(BaseHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        content = self.server.files.get(self.path)
        self.send_response(404 if content is None else 200)
        if content is None:
            self.send_header("X-Error-Code", "EntryNotFound")
        else:
            self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
            self.send_header(
                "X-Repo-Commit", "0123456789abcdef0123456789abcdef01234567"
            )
        self.send_header("Content-Length", str(len(content or b"")))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content or b"")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """Serve files as the hub does: path to bytes."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _HubHandler)
    server.daemon_threads = True
    server.files = {}
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    yield server.files
    server.shutdown()
    thread.join()
    server.server_close()
