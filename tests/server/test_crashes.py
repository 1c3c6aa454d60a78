"""200 submissions of 20 teams; server and workers are killed at 20 random moments."""

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select

from neucobench.server.accounts.people import add_user
from neucobench.server.accounts.tokens import issue_token
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.challenges.phases import phase_of
from neucobench.server.challenges.quota import quota
from neucobench.server.context import open_folder
from neucobench.server.tables import Job, Score, Submission

TEAMS, EACH, KILLS = 20, 10, 20
CLIENTS = 4
SEED = 20261120
PATIENCE_SECONDS = 600

pytestmark = pytest.mark.endurance


@dataclass
class Site:
    """Hold a server that is started again whenever it dies, and what is known of it."""

    folder: Path
    database: str
    port: int
    process: subprocess.Popen | None = None
    accepted: list[str] = field(default_factory=list)
    killed: list[str] = field(default_factory=list)
    _acting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/api/v1"

    def start(self):
        command = [sys.executable, "-m", "neucobench", "serve", self.folder, "--empty"]
        options = ["--port", str(self.port), "--database", self.database]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen([*command, *options], stderr=log)

    def workers(self):
        listed = subprocess.run(
            ["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True
        )
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()[1:]]
        own = str(self.process.pid)
        return [
            int(pid) for pid, parent, args in rows if parent == own and "spawn" in args
        ]

    def kill(self, target):
        """Kill workers, the server, or first all the workers and then the server."""
        self.killed.append(target)
        with self._acting:
            self._kill(target)

    def require_alive(self):
        """Make sure that the server has not ended of its own accord."""
        with self._acting:
            code = self.process.poll()
        assert code is None, (self.folder / "log").read_text()[-4000:]

    def _kill(self, target):
        if target != "server":
            for pid in self.workers():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if target != "worker":
            self.process.kill()
            self.process.wait()
            self.start()


@pytest.fixture
def site(url, small, tmp_path):
    """Return a server that runs, with a challenge, and the tokens of its teams."""
    folder = tmp_path / "server"
    context = open_folder(folder, database=url)
    small.open_challenge(context, tmp_path / "labels")
    tokens = []
    for number in range(TEAMS):
        add_user(context, f"user{number}", team=f"team{number}", actor=COMMAND_LINE)
        tokens.append(issue_token(context, f"user{number}"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = Site(folder=folder, database=url, port=free.getsockname()[1])
    found.start()
    yield found, tokens, context
    found.process.kill()
    found.process.wait()
    context.database.dispose()


def submit(site, client, headers, method, content):
    """Hand one file in until it is certain that the server has it."""
    data = {"method": method, "public": "true"}
    while True:
        with suppress(httpx2.HTTPError):
            files = {"file": (f"{method}.csv", content, "text/csv")}
            answer = client.post(
                f"{site.url}/phases/tiny-dev/submissions",
                headers=headers, data=data, files=files,
            )  # fmt: skip
            if answer.status_code == 202:
                return
            assert answer.status_code in (429, 503), answer.text
        site.require_alive()
        time.sleep(0.2)
        # The answer may be what was lost: a file is not handed in twice.
        with suppress(httpx2.HTTPError):
            own = client.get(f"{site.url}/submissions", headers=headers)
            if own.status_code == 200 and method in {
                row["method"] for row in own.json()
            }:
                return


def hand_in_all(site, tokens, small, team):
    headers = {"Authorization": f"Bearer {tokens[team]}"}
    with httpx2.Client(timeout=60) as client:
        for entry in range(EACH):
            method = f"team{team}-entry{entry}"
            content = small.embeddings(team * EACH + entry)
            submit(site, client, headers, method, content)
            site.accepted.append(method)


@contextmanager
def killing(site):
    """Kill at 20 random moments while submissions arrive."""
    rng = random.Random(SEED)
    moments = sorted(rng.sample(range(TEAMS * EACH - 5), KILLS))
    given_up = threading.Event()

    def kill():
        for moment in moments:
            while len(site.accepted) < moment:
                if given_up.wait(0.01):
                    return
            time.sleep(rng.uniform(0, 0.5))
            site.kill(rng.choice(["server", "worker", "both"]))

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield
    except BaseException:
        given_up.set()
        raise
    finally:
        thread.join()


def wait_until_all_ended(server, context):
    unfinished = Submission.status.in_(("queued", "running"))
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        with context.database.read() as session:
            left = session.scalar(
                select(func.count()).select_from(Submission).where(unfinished)
            )
        if not left:
            return
        server.require_alive()
        assert time.monotonic() < end, f"{left} submissions have not ended"
        time.sleep(0.2)


def test_every_submission_ends_exactly_once_whatever_is_killed(site, small):
    server, tokens, context = site
    with killing(server), ThreadPoolExecutor(CLIENTS) as pool:
        list(
            pool.map(
                lambda team: hand_in_all(server, tokens, small, team), range(TEAMS)
            )
        )
    wait_until_all_ended(server, context)
    assert len(server.killed) == KILLS
    assert {"server", "worker", "both"} == set(server.killed)

    with context.database.read() as session:
        ended = {item.method: item for item in session.scalars(select(Submission))}
        count = session.scalar(select(func.count()).select_from(Submission))
        scores = list(session.scalars(select(Score)))
        jobs = list(session.scalars(select(Job)))
        phase = phase_of(context, "tiny-dev")
        teams = {item.team_id for item in ended.values()}
        used = {team: quota(session, phase, team, context.clock()) for team in teams}
    assert count == len(ended) == TEAMS * EACH
    scored = {item.id for item in ended.values() if item.status == "scored"}
    failed = [item for item in ended.values() if item.status == "failed"]
    assert len(scored) + len(failed) == TEAMS * EACH
    assert sorted(score.submission_id for score in scores) == sorted(scored)
    assert all(item.message.endswith(".") for item in failed)
    assert len(jobs) == TEAMS * EACH
    assert {job.status for job in jobs} <= {"done", "failed"}
    for team, found in used.items():
        own = {item.id for item in ended.values() if item.team_id == team}
        assert (found.used, found.waiting) == (len(own & scored), 0)
    assert len(failed) <= KILLS
