"""Small cubes, files that are written as others write them, and a stand-in hub."""

import hashlib
import json
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
from numpy.typing import NDArray

from neucobench.data.bands import MODALITIES
from neucobench.data.writer import write_cube_file

Array = NDArray[Any]


@pytest.fixture(scope="session")
def make_array() -> Callable[..., Array]:
    """Return a function that makes (time, band, y, x) for a modality."""

    def make(name: str = "s2l2a", *, size: int = 12, seed: int = 0) -> Array:
        rng = np.random.default_rng(seed)
        shape = (4, len(MODALITIES[name].bands), size, size)
        if name == "s1":
            return rng.normal(-12, 4, shape).astype(np.float32)
        steps = rng.integers(-20, 21, shape)
        return (1500 + steps.cumsum(axis=-1)).astype(np.int16)

    return make


@pytest.fixture(scope="session")
def write_zarr() -> Callable[..., Path]:
    """Return a function that writes an array with Zarr itself."""

    def write(path: Path, array: Array, *, name: str = "bands", **options: Any) -> Path:
        import zarr
        from numcodecs import Blosc
        from zarr.storage import ZipStore

        path.parent.mkdir(parents=True, exist_ok=True)
        settings: dict[str, Any] = {"zarr_format": 2, "chunks": array.shape, **options}
        if settings["zarr_format"] == 2:
            settings.setdefault("compressors", Blosc(cname="lz4"))
        # One chunk at a time: the order of the entries is the same in every run.
        in_order = zarr.config.set({"async.concurrency": 1})
        with in_order, ZipStore(path, mode="w") as store:
            target = zarr.create_array(
                store, name=name, shape=array.shape, dtype=array.dtype, **settings
            )
            target[...] = array
        return path

    return write


@pytest.fixture(scope="session")
def pack() -> Callable[..., Path]:
    """Return a function that writes a zip of the given entries."""

    def write(
        path: Path, entries: Mapping[str, bytes], method: int = zipfile.ZIP_STORED
    ) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(path, "w", method) as archive:
            for name, content in entries.items():
                archive.writestr(name, content)
        return path

    return write


@pytest.fixture(scope="session")
def unpack() -> Callable[[Path], dict[str, bytes]]:
    """Return a function that returns the entries of a zip."""

    def read(path: Path) -> dict[str, bytes]:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist()}

    return read


@pytest.fixture
def cube_files(
    tmp_path: Path, make_array: Callable[..., Array]
) -> tuple[dict[str, Path], dict[str, Array]]:
    """Return the files of one cube in all modalities, and its arrays."""
    arrays = {name: make_array(name) for name in MODALITIES}
    files = {name: tmp_path / name / "place.zarr.zip" for name in MODALITIES}
    for name, path in files.items():
        write_cube_file(path, arrays[name])
    return files, arrays


@pytest.fixture
def published(tmp_path: Path, make_array: Callable[..., Array]) -> Path:
    """Return a folder of three cubes in the published layout, in two parts."""
    root = tmp_path / "cubes"
    for number, cube in enumerate(("c", "a", "b")):
        for name in MODALITIES:
            part = root / "data" / name / f"part-{number // 2:06d}"
            path = part / f"{cube}.zarr.zip"
            write_cube_file(path, make_array(name, seed=number))
    return root


@dataclass
class Hub:
    """Serve one data set as the hub does, as far as `huggingface_hub` asks.

    Attributes:
        repository: its name.
        commit: the only commit there is; ``main`` and ``v1`` stand for it.
        files: path to content; ``.zarr.zip`` files are in LFS.
        sent: path to what is sent in place of the content.
        breaks: paths whose transfer breaks off half way, once each.
        stalls: paths whose transfer stops half way and waits for the client to go.
        stalled: set once a transfer waits.
        down: whether every answer is "503 Service Unavailable".
        asked: the method, path and range of every request.
    """

    repository: str = "embed2scale/SSL4EO-S12-downstream"
    commit: str = "0123456789abcdef0123456789abcdef01234567"
    files: dict[str, bytes] = field(default_factory=dict)
    sent: dict[str, bytes] = field(default_factory=dict)
    breaks: set[str] = field(default_factory=set)
    stalls: set[str] = field(default_factory=set)
    stalled: threading.Event = field(default_factory=threading.Event)
    down: bool = False
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    address: str = ""

    def fetched(self) -> list[str]:
        """Return the files whose content was asked for, in order."""
        start = f"/datasets/{self.repository}/resolve/{self.commit}/"
        return [
            path.removeprefix(start)
            for method, path, _ in self.asked
            if method == "GET" and path.startswith(start)
        ]

    def tree(self, below: str, *, recursive: bool) -> list[dict[str, Any]] | None:
        """Return the listing of a folder, or None where there is none."""
        start = f"{below}/" if below else ""
        inside = [path for path in sorted(self.files) if path.startswith(start)]
        folders = {
            start + path[len(start) :].split("/")[0]
            for path in inside
            if "/" in path[len(start) :]
        }
        items: list[dict[str, Any]] = [
            {"type": "directory", "path": path, "oid": "0" * 40}
            for path in sorted(folders)
        ]
        for path in inside:
            if recursive or "/" not in path[len(start) :]:
                items.append(self._item(path))
        return items if inside or not below else None

    def _item(self, path: str) -> dict[str, Any]:
        content = self.files[path]
        blob = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        item: dict[str, Any] = {
            "type": "file",
            "path": path,
            "size": len(content),
            "oid": blob,
        }
        if path.endswith(".zip"):
            digest = hashlib.sha256(content).hexdigest()
            item["lfs"] = {"oid": digest, "size": len(content), "pointerSize": 130}
        return item

    def etag(self, path: str) -> str:
        """Return what identifies a file's content: its SHA-256 or its git blob."""
        item = self._item(path)
        return str(item.get("lfs", item)["oid"])


class Handler(BaseHTTPRequestHandler):
    """Answer the requests that `huggingface_hub` makes."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every answer waits 40 ms
    page: ClassVar[int] = 4
    hub: ClassVar[Hub]

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)
        self.hub.asked.append((self.command, path, self.headers["Range"]))
        api = f"/api/datasets/{self.hub.repository}"
        data = f"/datasets/{self.hub.repository}/resolve/"
        if self.hub.down:
            self.answer(503, b"try later")
        elif path == api or path.startswith(f"{api}/revision/"):
            self.revision(path.removeprefix(f"{api}/revision/"))
        elif path.startswith(f"{api}/tree/"):
            revision, _, below = path.removeprefix(f"{api}/tree/").partition("/")
            self.tree(revision, below, parse_qs(url.query))
        elif path.startswith(data):
            self.content(path.removeprefix(data).partition("/")[2])
        else:
            self.refuse("RepoNotFound")

    def refuse(self, code: str) -> None:
        self.answer(404, b"{}", {"X-Error-Code": code})

    def revision(self, name: str) -> None:
        if name not in ("main", "v1", self.hub.commit):
            self.refuse("RevisionNotFound")
            return
        found = {"id": self.hub.repository, "sha": self.hub.commit, "private": False}
        self.answer(200, json.dumps(found).encode())

    def tree(self, revision: str, below: str, query: dict[str, list[str]]) -> None:
        recursive = query.get("recursive", ["false"])[0].lower() == "true"
        items = self.hub.tree(below, recursive=recursive)
        if revision != self.hub.commit:
            self.refuse("RevisionNotFound")
        elif items is None:
            self.refuse("EntryNotFound")
        else:
            start = int(query.get("cursor", ["0"])[0])
            stop = start + self.page
            url = f"{self.hub.address}{urlsplit(self.path).path}"
            more = f'<{url}?recursive={recursive}&cursor={stop}>; rel="next"'
            headers = {"Link": more} if stop < len(items) else {}
            self.answer(200, json.dumps(items[start:stop]).encode(), headers)

    def content(self, path: str) -> None:
        if path not in self.hub.files:
            self.refuse("EntryNotFound")
            return
        content = self.hub.sent.get(path, self.hub.files[path])
        start = int((self.headers["Range"] or "bytes=0-")[6:].split("-")[0])
        headers = {
            "ETag": f'"{self.hub.etag(path)}"',
            "X-Repo-Commit": self.hub.commit,
            "X-Linked-Size": str(len(content)),
            "Accept-Ranges": "bytes",
        }
        if start:
            whole = len(content)
            headers["Content-Range"] = f"bytes {start}-{whole - 1}/{whole}"
        status = 206 if start else 200
        if self.command == "GET" and path in self.hub.breaks | self.hub.stalls:
            self.answer(status, content[start:], headers, half=True)
            self.close_connection = True
            if path in self.hub.stalls:
                self.hub.stalled.set()
                self.connection.recv(1)
            self.hub.breaks.discard(path)
        else:
            self.answer(status, content[start:], headers)

    def answer(
        self,
        status: int,
        content: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        half: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content[: len(content) // 2] if half else content)


@pytest.fixture
def hub(
    tmp_path: Path, make_array: Callable[..., Array], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    """Return a hub that serves three cubes, label files and what lies beside them."""
    stand_in = Hub()
    for number, cube in enumerate(("a", "b", "c")):
        for name in MODALITIES:
            packed = tmp_path / "packed.zarr.zip"
            write_cube_file(packed, make_array(name, seed=number))
            part = f"data/{name}/part-{number // 2:06d}"
            stand_in.files[f"{part}/{cube}.zarr.zip"] = packed.read_bytes()
            packed.unlink()
    for task in ("biomass_mean__regr", "random_cls__cls"):
        stand_in.files[f"labels/{task}.csv"] = b"id,label\na,1\nb,0\nc,1\n"
    stand_in.files["README.md"] = b"# A data set\n"
    stand_in.files["data_example/s1/part-000000/a.zarr.zip"] = b"for looking at"
    handler = type("BoundHandler", (Handler,), {"hub": stand_in})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    stand_in.address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", stand_in.address)
    yield stand_in
    server.shutdown()
    thread.join()
    server.server_close()
