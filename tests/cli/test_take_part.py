"""A participant's whole way on the command line, against a server that just started."""

import json
import re
import subprocess
import sys
import time

import pytest

pytest.importorskip("uvicorn")
pytestmark = pytest.mark.slow
PATIENCE = 180


@pytest.fixture
def server(tmp_path):
    """Start a server on a bare folder; return its address once it has a challenge."""
    log = tmp_path / "serve.log"
    command = ["-m", "neucobench", "serve", "server", "--port", "0", "--workers", "1"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=tmp_path, stdout=output, stderr=output
        )
    try:
        yield _wait_for(r"The challenge is open: (http://127.0.0.1:\d+)", log, process)
    finally:
        process.terminate()
        process.wait(60)


def _wait_for(pattern, log, process):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        if found := re.search(pattern, log.read_text()):
            return found[1]
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def test_from_the_kit_to_the_board(neucobench, server, tmp_path):
    def run(*words, **kwargs):
        done = neucobench(*words, **kwargs)
        assert done.returncode == 0, done.stderr
        return done.stdout

    account = ("user", "add", "ada", "--team", "lovelace", "--dir", "server")
    token = run("admin", *account).strip()
    run("init", f"{server}/challenges/sample-world", "kit")
    kit = tmp_path / "kit"
    encoder = ("--encoder", "encoder.py:MyEncoder", "--out", "mine.parquet")
    run("encode", tmp_path / "server" / "sample-world", *encoder, cwd=kit)
    to = ("--url", server, "--phase", "practice", "--method", "mine")
    found = run(
        *("submit", "mine.parquet", *to, "--token", token, "--wait", "--json"), cwd=kit
    )
    assert json.loads(found)["status"] == "scored"
    run("admin", "backup", "backup.tar", "--dir", "server")
    run("admin", "export", "site", "--dir", "server")
    board = tmp_path / "site" / "sample-world" / "practice" / "board.json"
    entries = json.loads(board.read_text())["entries"]
    assert [row["method"] for row in entries if row["rank"] == 1] == ["mine"]
