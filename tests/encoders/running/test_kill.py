"""A run that is killed at any moment, and the run after it."""

import os
import random
import signal
import subprocess
import sys
import textwrap
import time

import pytest

ENCODER = """
    import os
    import time

    class Slow:
        name = "slow"
        modalities = ("s1",)
        dims = 3
        batch_size = 1

        def encode(self, batch):
            time.sleep(float(os.environ["PAUSE"]))
            return batch.arrays["s1"].mean(axis=(1, 2, 3), dtype="f8")[:, :3]
"""
SCRIPT = """
    import sys
    from neucobench.encoders.load import load_encoder
    from neucobench.encoders.running.run import encode_folder

    encoder, cubes, out = sys.argv[1:]
    report = encode_folder(cubes, load_encoder(encoder), out, workers=2, shard_rows=2)
    print(report.resumed, report.encoded)
"""


@pytest.fixture
def command(cubes, tmp_path):
    """Return a function that starts encoding into a file, with a pause at each cube."""
    (tmp_path / "slow.py").write_text(textwrap.dedent(ENCODER))

    def start(out, pause):
        arguments = [f"{tmp_path / 'slow.py'}:Slow", cubes, out]
        script = [sys.executable, "-c", textwrap.dedent(SCRIPT)]
        return subprocess.Popen(
            [*script, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"PAUSE": str(pause)},
        )

    return start


def _wait_for(path, process) -> None:
    while not path.exists() and process.poll() is None:
        time.sleep(0.005)


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_killed_run_goes_on_and_ends_with_the_same_bytes(command, tmp_path, ending):
    whole = tmp_path / "whole" / f"a{ending}"
    command(whole, 0).communicate()
    out = tmp_path / "killed" / f"a{ending}"
    shards = out.with_name(f".{out.name}.shards")
    moments = random.Random(ending)
    for attempt in range(2):
        process = command(out, 0.2)
        _wait_for(shards / f"{attempt:06d}.parquet", process)
        time.sleep(moments.uniform(0, 0.3))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert [path.name for path in out.parent.iterdir()] == [shards.name]
    process = command(out, 0)
    printed, _ = process.communicate()
    resumed, encoded = map(int, printed.split())
    assert resumed >= 2
    assert resumed + encoded == 12
    assert out.read_bytes() == whole.read_bytes()
    assert not shards.exists()


def test_ctrl_c_keeps_the_finished_rows(command, tmp_path):
    out = tmp_path / "stopped" / "a.npz"
    process = command(out, 0.2)
    _wait_for(out.with_name(f".{out.name}.shards") / "000000.parquet", process)
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode != 0
    assert not out.exists()
    printed, _ = command(out, 0).communicate()
    assert int(printed.split()[0]) >= 2
    assert out.exists()
