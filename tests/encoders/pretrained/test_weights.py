"""Trained weights: found or fetched, read without running code, and checked."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import save_file
from torch import nn

from neucobench.encoders.card import WeightsSource, encoder_card, encoder_card_names
from neucobench.encoders.pretrained.weights import (
    fill_model,
    find_weights,
    read_tensors,
)
from neucobench.encoders.pretrained.weights_download import (
    cached_path,
    download_weights,
)
from neucobench.errors import CardError, DownloadError, InputError

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CONTENT = b"the weights of a small model" * 100
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serve one file, as the hub does and at an address."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.length = len(CONTENT)
        self.asked: list[str] = []
        self.address = f"http://127.0.0.1:{self.server_port}"

    def source(self, **values: object) -> WeightsSource:
        """Return where the file is, without the demand for https."""
        known = {"repo": None, "revision": None, "sha256": DIGEST, "license": "MIT"}
        known |= {"url": f"{self.address}/small.pt", "file": "small.pt", "bytes": None}
        return WeightsSource.model_construct(**(known | values))

    def hub_source(self, **values: object) -> WeightsSource:
        """Return where the file is on the hub."""
        return self.source(repo="someone/small", revision=COMMIT, url=None, **values)


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


def test_a_file_that_is_given_is_taken_as_it_is(tmp_path):
    path = tmp_path / "mine.pt"
    path.write_bytes(b"")
    assert find_weights("presto", str(path)) == path


def test_a_file_that_is_given_and_missing_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="correct --weights FILE"):
        find_weights("presto", str(tmp_path / "mine.pt"))


def test_a_card_without_weights_is_a_sentence():
    with pytest.raises(CardError, match=r"no \[weights\] table"):
        find_weights("mean", None)


@pytest.mark.parametrize(
    "address",
    [
        {},
        {"repo": "a/b", "revision": COMMIT, "url": "https://example.org/a"},
        {"repo": "a/b"},
        {"url": "https://example.org/a"},
        {"url": "http://example.org/a", "sha256": DIGEST},
    ],
)
def test_weights_on_a_card_have_one_address_and_a_pin(address):
    with pytest.raises(ValidationError):
        WeightsSource(file="a.pt", license="MIT", **address)


def test_the_weights_of_every_card_have_a_digest():
    sources = [encoder_card(name).weights for name in encoder_card_names()]
    assert [source for source in sources if source and not source.sha256] == []
    for name in ("galileo-nano", "presto"):
        assert len(encoder_card(name).weights.sha256) == 64


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model", "teacher"])
def test_tensors_are_found_in_a_checkpoint(tmp_path, wrapper):
    tensors = {"a": torch.arange(3.0), "b": torch.ones(2, 2)}
    content = tensors if wrapper is None else {"epoch": 3, wrapper: tensors}
    torch.save(content, tmp_path / "a.pt")
    read = read_tensors(tmp_path / "a.pt")
    assert {key: value.tolist() for key, value in read.items()} == {
        key: value.tolist() for key, value in tensors.items()
    }


def test_safetensors_are_read(tmp_path):
    save_file({"a": torch.arange(3.0)}, tmp_path / "a.safetensors")
    assert read_tensors(tmp_path / "a.safetensors")["a"].tolist() == [0, 1, 2]


class Bomb:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return Path.touch, (Path("exploded"),)


def test_code_in_a_file_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    torch.save({"a": torch.ones(1), "b": Bomb()}, "bomb.pt")
    with pytest.raises(InputError, match="holds code or objects besides tensors"):
        read_tensors(Path("bomb.pt"))
    assert not Path("exploded").exists()


@pytest.mark.parametrize("name", ["a.pt", "a.pth", "a.safetensors"])
@pytest.mark.parametrize("keep", [0, 10, 200, -10])
def test_a_damaged_file_is_a_sentence(tmp_path, name, keep):
    path = tmp_path / name
    if name.endswith("safetensors"):
        save_file({"a": torch.rand(50)}, path)
    else:
        torch.save({"a": torch.rand(50)}, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match="give another with --weights FILE"):
        read_tensors(path)


@pytest.mark.parametrize("content", [[torch.ones(1)], {"epoch": 3}, torch.ones(1)])
def test_a_file_without_named_tensors_is_a_sentence(tmp_path, content):
    torch.save(content, tmp_path / "a.pt")
    with pytest.raises(InputError, match="--weights FILE"):
        read_tensors(tmp_path / "a.pt")


@pytest.fixture
def model() -> nn.Linear:
    with torch.device("meta"):
        return nn.Linear(3, 2)


def _weights(**more: torch.Tensor) -> dict[str, torch.Tensor]:
    return {"weight": torch.ones(2, 3), "bias": torch.zeros(2), **more}


def test_a_model_gets_its_weights_for_inference(model):
    double = {key: value.double() for key, value in _weights().items()}
    fill_model(model, double, source="a.pt")
    assert model(torch.ones(1, 3)).tolist() == [[3, 3]]
    assert model.weight.dtype == torch.float32
    assert not model.weight.requires_grad
    assert not model.training


@pytest.mark.parametrize(
    ("tensors", "sentence"),
    [
        ({"weight": torch.ones(2, 3)}, "lacks bias"),
        (_weights(head=torch.ones(1)), "has unexpected head"),
        (_weights(bias=torch.ones(5)), r"another shape of bias \(5,\) for \(2,\)"),
        (_weights(bias=torch.tensor([0, torch.nan])), "NaN or infinite .* bias"),
    ],
)
def test_weights_that_do_not_fit_are_a_sentence(model, tensors, sentence):
    with pytest.raises(InputError, match=f"a.pt are not those of Linear.*{sentence}"):
        fill_model(model, tensors, source="a.pt")


def test_what_is_known_to_be_of_no_use_is_ignored(model):
    more = _weights(**{"head.weight": torch.ones(1)})
    fill_model(model, more, source="a.pt", ignored=("head.",))
    assert model.weight.tolist() == [[1, 1, 1], [1, 1, 1]]
