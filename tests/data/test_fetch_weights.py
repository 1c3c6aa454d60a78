"""Published weights: fetched from the hub or an address once, and checked."""

import hashlib
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from neucobench.data.fetch_weights import cached_path, download_weights
from neucobench.errors import DownloadError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = b"the weights of a small model" * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Say where weights are published, as a card does."""

    repo: str | None = None
    url: str | None = None
    file: str = "small.pt"
    revision: str | None = None
    sha256: str | None = DIGEST

    @property
    def address(self) -> str:
        return self.url or f"{self.file} of {self.repo} on the Hugging Face hub"


class Server(ThreadingHTTPServer):
    """Serve one file, as the hub does and at an address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.length = len(CONTENT)
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def source(self, **values: object) -> "Source":
        """Return where the file is at an address."""
        return Source(**{"url": f"{self.address}/small.pt"} | values)

    def hub_source(self, **values: object) -> "Source":
        """Return where the file is on the hub."""
        return Source(**{"repo": "someone/small", "revision": COMMIT} | values)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def log_message(self, *_arguments: object) -> None:
        """Keep quiet."""

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        hub = f"/someone/small/resolve/{COMMIT}/small.pt"
        if self.path not in ("/small.pt", hub):
            self.send_response(404)
            self.send_header("X-Error-Code", "EntryNotFound")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Length", str(self.server.length))
        self.send_header("ETag", f'"{DIGEST}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(self.server.content)


@pytest.fixture
def server(tmp_path, monkeypatch):
    found = Server()
    thread = threading.Thread(target=found.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setenv("NEUCOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", found.address)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    yield found
    found.shutdown()
    thread.join()
    found.server_close()


def _all_files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_fetched_by_its_address_once(server):
    source = server.source()
    first, second = (download_weights("small", source) for _ in range(2))
    assert first == second == cached_path(source)
    assert first.read_bytes() == CONTENT
    assert server.asked == ["GET /small.pt"]


def test_a_file_is_fetched_from_the_hub_at_its_commit(server):
    path = download_weights("small", server.hub_source())
    assert path.read_bytes() == CONTENT
    assert f"GET /someone/small/resolve/{COMMIT}/small.pt" in server.asked


def test_a_file_of_the_hub_that_is_there_is_used_without_the_network(server):
    path = download_weights("small", server.hub_source())
    server.asked.clear()
    assert download_weights("small", server.hub_source()) == path
    assert server.asked == []


@pytest.mark.parametrize("content", [CONTENT[::-1], CONTENT[:100]])
def test_other_bytes_are_refused_and_not_kept(server, tmp_path, content):
    server.content = content
    with pytest.raises(DownloadError, match=r"have the SHA-256 .* the card says"):
        download_weights("small", server.source())
    assert _all_files(tmp_path / "cache") == []


def test_the_start_of_a_digest_is_checked_too(server):
    assert download_weights("small", server.hub_source(sha256=DIGEST[:8])).is_file()
    with pytest.raises(DownloadError, match="the card says 00000000"):
        download_weights("small", server.hub_source(sha256="00000000"))


def test_a_kept_file_that_was_damaged_is_named(server):
    path = download_weights("small", server.source())
    path.write_bytes(b"something else")
    with pytest.raises(DownloadError) as caught:
        download_weights("small", server.source())
    assert f"Remove {path}" in str(caught.value)


@pytest.mark.parametrize("kind", ["url", "repo"])
def test_what_cannot_be_reached_says_how_to_go_on(server, monkeypatch, kind):
    nowhere = "http://127.0.0.1:9"  # the port of "discard", which nobody listens to
    monkeypatch.setenv("HF_ENDPOINT", nowhere)
    monkeypatch.setattr("time.sleep", lambda _seconds: None)  # between its tries
    source = {"url": server.source(url=f"{nowhere}/a"), "repo": server.hub_source()}
    with pytest.raises(DownloadError, match="give it with --weights FILE"):
        download_weights("small", source[kind])


def test_a_file_that_is_not_there_is_a_sentence(server, tmp_path):
    with pytest.raises(DownloadError, match="HTTP Error 404"):
        download_weights("small", server.source(url=f"{server.address}/other.pt"))
    with pytest.raises(DownloadError, match=r"cannot be fetched from other\.pt of"):
        download_weights("small", server.hub_source(file="other.pt"))
    assert _all_files(tmp_path / "cache") == []


def test_a_full_disk_is_said_to_be_one(server, monkeypatch):
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(OSError, match="No space left") as caught:
        download_weights("small", server.source())
    assert not isinstance(caught.value, DownloadError)
