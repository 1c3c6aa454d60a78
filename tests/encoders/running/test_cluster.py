"""Encoding on a Dask cluster: one of this machine, in processes of its own."""

import os
import signal
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from neucobench.embeddings.files import read_embeddings
from neucobench.encoders.baselines.mean import MeanEncoder
from neucobench.encoders.load import load_encoder
from neucobench.encoders.running.run import encode_folder
from neucobench.encoders.running.shards import shard_folder
from neucobench.errors import InputError

distributed = pytest.importorskip("distributed")

# Dask's own processes come and go beside the tests.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]

OWN = """
    import os
    import time
    from pathlib import Path

    class Own:
        name, modalities, dims, batch_size = "own", ("s1",), 2, 1

        def __init__(self, folder: str = "", pause: float = 0.0):
            self.folder, self.pause = folder, pause

        def encode(self, batch):
            if self.folder:
                (Path(self.folder) / f"{os.getpid()}").touch()
            time.sleep(self.pause)
            return batch.arrays["s1"].mean(axis=(3, 4), dtype="f8")[:, 0]
"""


@pytest.fixture(scope="module")
def cluster():
    """Start a scheduler and two workers, each a process."""
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as running:
        yield running.scheduler_address


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(textwrap.dedent(OWN))
    return f"{path}:Own"


def test_a_cluster_writes_the_same_bytes_as_this_process(cluster, cubes, tmp_path):
    here = encode_folder(cubes, MeanEncoder(), tmp_path / "here.parquet", shard_rows=2)
    there = encode_folder(
        cubes,
        MeanEncoder(),
        tmp_path / "there.parquet",
        scheduler=cluster,
        shard_rows=2,
    )
    assert there.encoded == 12
    assert there.out.read_bytes() == here.out.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "here.parquet",
        "there.parquet",
    ]


def test_workers_run_an_encoder_of_the_users_own_file(cluster, cubes, own, tmp_path):
    folder = tmp_path / "seen"
    folder.mkdir()
    options = {"folder": str(folder)}
    report = encode_folder(
        cubes,
        load_encoder(own, options=options),
        tmp_path / "own.npz",
        scheduler=cluster,
        shard_rows=1,
    )
    assert report.rows == 12
    seen = {int(path.name) for path in folder.iterdir()}
    assert len(seen) == 2
    assert os.getpid() not in seen


def test_workers_run_an_ensemble_with_an_encoder_of_the_users_own_file(
    cluster, own_cubes, own, tmp_path
):
    path = Path(own.removesuffix(":Own"))
    # Of another name than the one that these workers have met already.
    block = path.rename(path.with_name("block.py"))
    recipe = tmp_path / "two.toml"
    recipe.write_text(
        'kind = "ensemble"\nname = "two"\ntitle = "Two"\ndescription = "Two."\n'
        f'[[blocks]]\nname = "own"\nencoder = "{block}:Own"\n'
        '[[blocks]]\nencoder = "bandstats"\n'
    )
    report = encode_folder(
        own_cubes, load_encoder(str(recipe)), tmp_path / "two.npz", scheduler=cluster
    )
    assert report.rows == 5


def test_two_runs_at_a_time_write_both_files(cluster, own_cubes, own, tmp_path):
    def run(name):
        encoder = load_encoder(own, options={"pause": "0.2"})
        return encode_folder(own_cubes, encoder, tmp_path / name, scheduler=cluster)

    with ThreadPoolExecutor() as pool:
        reports = list(pool.map(run, ["a.npz", "b.npz"]))
    assert [report.rows for report in reports] == [5, 5]


def test_broken_cubes_are_named_by_the_workers(cluster, own_cubes, tmp_path):
    path = own_cubes / "data" / "s1" / "part-000000" / "0003.zarr.zip"
    path.write_bytes(path.read_bytes()[:300])
    report = encode_folder(
        own_cubes, MeanEncoder(), tmp_path / "mean.npz", scheduler=cluster
    )
    assert (report.rows, report.left_out) == (4, 1)
    assert "0003" in report.findings[0].message


def test_progress_reaches_the_number_of_cubes(cluster, own_cubes, tmp_path):
    told = []
    encode_folder(
        *(own_cubes, MeanEncoder(), tmp_path / "mean.npz"),
        scheduler=cluster,
        shard_rows=2,
        advance=lambda done, total: told.append((done, total)),
    )
    assert told[0] == (0, 5)
    assert told[-1] == (5, 5)


def test_cubes_that_were_added_later_are_seen_by_the_same_workers(
    cluster, own_cubes, tmp_path, cube_writer
):
    make, write = cube_writer
    first = encode_folder(
        own_cubes, MeanEncoder(), tmp_path / "a.npz", scheduler=cluster
    )
    write(own_cubes, "0009", make(9))
    second = encode_folder(
        own_cubes, MeanEncoder(), tmp_path / "b.npz", scheduler=cluster
    )
    assert (first.rows, second.rows) == (5, 6)


def test_an_encoder_that_fails_on_a_worker_is_named(cluster, own_cubes, tmp_path):
    path = tmp_path / "bad.py"
    path.write_text(textwrap.dedent(OWN).replace("time.sleep(self.pause)", "1 / 0"))
    with pytest.raises(InputError, match="'own' failed on the cubes"):
        encode_folder(
            own_cubes,
            load_encoder(f"{path}:Own"),
            tmp_path / "bad.npz",
            scheduler=cluster,
        )


def test_a_worker_that_dies_costs_nothing_but_time(cubes, own, tmp_path):
    folder = tmp_path / "seen"
    folder.mkdir()
    out = tmp_path / "own.npz"
    killed = []

    def kill_one(done: int, _: int) -> None:
        if done >= 2 and not killed:
            process = min(int(path.name) for path in folder.iterdir())
            os.kill(process, signal.SIGKILL)
            killed.append(process)

    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    ) as running:
        report = encode_folder(
            cubes,
            load_encoder(own, options={"folder": str(folder), "pause": "0.1"}),
            out,
            scheduler=running.scheduler_address,
            shard_rows=1,
            advance=kill_one,
        )
    assert killed
    assert report.rows == 12
    whole = encode_folder(cubes, load_encoder(own), tmp_path / "whole.npz")
    np.testing.assert_array_equal(
        read_embeddings(out).values, read_embeddings(whole.out).values
    )
    assert not shard_folder(out).exists()


def test_a_scheduler_that_does_not_answer_is_a_sentence(
    own_cubes, tmp_path, monkeypatch
):
    monkeypatch.setattr("neucobench.encoders.running.cluster._CONNECTING_SECONDS", 1)
    started = time.monotonic()
    with pytest.raises(InputError, match="No Dask scheduler answers at tcp://127"):
        encode_folder(
            own_cubes,
            MeanEncoder(),
            tmp_path / "a.npz",
            scheduler="tcp://127.0.0.1:9",
        )
    assert time.monotonic() - started < 20
