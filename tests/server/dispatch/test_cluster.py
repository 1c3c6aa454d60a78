import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from distributed import Client, LocalCluster
from distributed.security import Security

from neucobench.server.context import open_context
from neucobench.server.dispatch.cluster import open_cluster
from neucobench.server.dispatch.dispatcher import Dispatcher
from neucobench.server.dispatch.worker import FILE_GONE

pytestmark = pytest.mark.slow


@pytest.fixture
def challenge(sqlite_context, small, tmp_path):
    """Return what hands a file in."""
    phase = small.open_challenge(sqlite_context, tmp_path / "labels")
    team = small.add_team(sqlite_context, "Ada & Co")

    def hand_in(seed=0):
        return small.hand_in(sqlite_context, phase, team, small.embeddings(seed))

    return hand_in


@pytest.fixture
def server(sqlite_context, challenge):
    """Return a dispatcher with workers of its own."""
    found = Dispatcher(sqlite_context)
    found.start()
    yield found
    found.stop()


def wait(condition, seconds=40):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def ended(context, small, ids):
    wait(lambda: all(small.submission(context, id_).scored for id_ in ids))


def workers():
    """Return the processes of the local clusters of this process."""
    clusters = list(LocalCluster._instances)
    nannies = [nanny for cluster in clusters for nanny in cluster.workers.values()]
    return {nanny.pid for nanny in nannies if nanny.pid}


def alive(pid):
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_files_are_scored_by_processes_of_their_own(
    sqlite_context, small, challenge, server
):
    ended(sqlite_context, small, [challenge(seed) for seed in range(4)])
    found = workers()
    assert len(found) == 2
    assert os.getpid() not in found
    assert all(map(alive, found))


def test_a_small_file_is_scored_within_two_seconds(
    sqlite_context, small, challenge, server
):
    ended(sqlite_context, small, [challenge(0), challenge(1)])
    began = time.monotonic()
    id_ = challenge(2)
    server.wake()
    ended(sqlite_context, small, [id_])
    assert time.monotonic() - began < 2


def test_a_killed_worker_is_replaced_and_its_job_done(
    sqlite_context, small, challenge, server
):
    ended(sqlite_context, small, [challenge(0)])
    before = workers()
    assert len(before) == 2
    ids = [challenge(seed) for seed in range(1, 9)]
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    ended(sqlite_context, small, ids)
    assert not any(map(alive, before))
    assert not before & workers()


def test_a_file_that_was_deleted_is_a_failure_with_a_sentence(
    sqlite_context, small, challenge
):
    id_ = challenge(0)
    [stored] = sqlite_context.settings.uploads.rglob("*.csv")
    stored.unlink()
    dispatcher = Dispatcher(sqlite_context)
    dispatcher.start()
    wait(lambda: small.submission(sqlite_context, id_).status == "failed")
    assert small.submission(sqlite_context, id_).message == FILE_GONE
    dispatcher.stop()


def test_a_stop_leaves_no_process_and_no_file(sqlite_context, small, challenge):
    found = Dispatcher(sqlite_context)
    found.start()
    ended(sqlite_context, small, [challenge(0)])
    processes = workers()
    assert processes
    found.stop()
    wait(lambda: not any(map(alive, processes)), seconds=10)
    assert not (sqlite_context.settings.folder / "scratch").exists()


def test_no_process_outlives_a_server_that_is_killed(sqlite_context, challenge):
    sqlite_context.database.dispose()
    code = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from distributed import LocalCluster\n"
        "from neucobench.server.context import open_folder\n"
        "from neucobench.server.dispatch.dispatcher import Dispatcher\n"
        "if __name__ == '__main__':\n"
        "    Dispatcher(open_folder(Path(sys.argv[1]), database=sys.argv[2])).start()\n"
        "    pids = set()\n"
        "    while len(pids) < 2:\n"
        "        for cluster in list(LocalCluster._instances):\n"
        "            pids |= {nanny.pid for nanny in cluster.workers.values()}\n"
        "        pids -= {None}\n"
        "        time.sleep(0.02)\n"
        "    print(*pids, flush=True)\n"
        "    time.sleep(600)\n"
    )
    script = sqlite_context.settings.folder / "server.py"
    script.write_text(code)
    named = [script, sqlite_context.settings.folder, sqlite_context.settings.database]
    command = [sys.executable, *named]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        processes = [int(pid) for pid in server.stdout.readline().split()]
        assert len(processes) == 2
        assert all(map(alive, processes))
        server.kill()
    wait(lambda: not any(map(alive, processes)), seconds=10)


def test_a_job_that_is_stopped_frees_its_worker(sqlite_context):
    with closing(open_cluster(sqlite_context.settings)) as cluster:
        endless = cluster._client.submit(time.sleep, 3600)
        wait(lambda: any(cluster._client.processing().values()))
        before = workers()
        cluster.stop(endless)
        wait(lambda: len(workers() - before) == 1)
        wait(lambda: cluster.slots() == 2)
        assert len(before & workers()) == 1
        assert not any(cluster._client.processing().values())


@pytest.mark.parametrize("certified", [False, True])
def test_who_has_not_the_server_s_certificate_reaches_no_worker(
    sqlite_context, certified
):
    with closing(open_cluster(sqlite_context.settings)) as cluster:
        address = cluster._local.scheduler_address
        assert address.startswith("tls://127.0.0.1:")
        own = Security.temporary() if certified else None
        if not certified:
            address = address.replace("tls://", "tcp://")
        with pytest.raises(OSError, match=r"(?i)reset by peer|certificate"):
            Client(address, timeout=2, set_as_default=False, security=own)


@pytest.fixture
def elsewhere(tmp_path):
    """Return what starts a cluster at an address that stays the same."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def start():
        return LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            host="127.0.0.1",
            scheduler_port=port,
            dashboard_address="127.0.0.1:0",
            local_directory=str(tmp_path),
        )

    return f"tcp://127.0.0.1:{port}", start


def test_a_scheduler_elsewhere_may_go_away_and_come_back(
    sqlite_context, small, challenge, elsewhere
):
    address, start = elsewhere
    settings = replace(sqlite_context.settings, scheduler=address)
    context = open_context(settings)
    dispatcher = Dispatcher(context)
    with start():
        dispatcher.start()
        ended(context, small, [challenge(0)])
    waiting = [challenge(1), challenge(2)]
    time.sleep(1)
    assert {small.submission(context, id_).scored for id_ in waiting} == {None}
    with start():
        ended(context, small, waiting)
        dispatcher.stop()
    context.database.dispose()
