"""``neucobench encode`` as a user types it."""

import json
import resource

import numpy as np
import pytest

from neucobench.cli.encode import read_options
from neucobench.data.bands import MODALITIES
from neucobench.data.writer import write_cube_file
from neucobench.embeddings.files import read_embeddings
from neucobench.errors import UsageError


@pytest.fixture
def cubes(tmp_path):
    """Make ``cubes/`` with three cubes of 8 x 8 pixels."""
    rng = np.random.default_rng(5)
    for number in range(3):
        for name, modality in MODALITIES.items():
            values = rng.integers(0, 5000, (4, len(modality.bands), 8, 8))
            kind = np.int16 if modality.optical else np.float32
            folder = tmp_path / "cubes" / "data" / name / "part-000000"
            write_cube_file(folder / f"{number:04d}.zarr.zip", values.astype(kind))
    return tmp_path / "cubes"


def test_the_default_output_is_named_like_the_encoder(neucobench, cubes, tmp_path):
    done = neucobench("encode", "cubes", "--encoder", "mean")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "mean.parquet: 3 rows of 1,024 dimensions" in done.stderr
    assert read_embeddings(tmp_path / "mean.parquet").rows == 3


def test_json_is_one_document_and_nothing_else(neucobench, cubes):
    done = neucobench(
        *("encode", "cubes", "--encoder", "random", "--out", "a.csv"),
        *("--option", "dims=5", "--option", "seed=3", "--dims", "8", "--json"),
    )
    document = json.loads(done.stdout)
    assert (document["out"], document["rows"], document["dims"]) == ("a.csv", 3, 5)
    assert document["encoder"] == "random"
    assert document["cubes_per_second"] > 0
    assert document["findings"] == []


def test_the_same_command_again_says_that_nothing_was_to_do(neucobench, cubes):
    command = ("encode", "cubes", "--encoder", "mean", "--out", "m.csv")
    neucobench(*command)
    done = neucobench(*command, "--json")
    assert done.returncode == 0
    assert "was left alone" in done.stderr
    assert json.loads(done.stdout)["unchanged"] is True


def test_another_encoder_for_the_same_file_is_refused(neucobench, cubes):
    neucobench("encode", "cubes", "--encoder", "mean", "--out", "m.npz")
    command = ("encode", "cubes", "--encoder", "random", "--out", "m.npz")
    refused = neucobench(*command)
    assert refused.returncode == 1
    assert "--overwrite" in refused.stderr
    assert neucobench(*command, "--overwrite").returncode == 0


def test_a_broken_cube_is_reported_with_its_id(neucobench, cubes):
    path = cubes / "data" / "s1" / "part-000000" / "0001.zarr.zip"
    path.write_bytes(path.read_bytes()[:300])
    done = neucobench("encode", "cubes", "--encoder", "mean", "--json")
    assert done.returncode == 0
    assert "0001" in done.stderr
    assert "0001" in json.loads(done.stdout)["findings"][0]["message"]
    strict = neucobench(
        *("encode", "cubes", "--encoder", "mean", "--out", "s.csv", "--strict")
    )
    assert strict.returncode == 1
    assert not (cubes.parent / "s.csv").exists()


def test_an_encoder_of_ones_own_is_run_from_its_file(neucobench, cubes, tmp_path):
    (tmp_path / "mine.py").write_text(
        "class Mine:\n"
        "    name, modalities, dims = 'mine', ('s2l2a',), 12\n"
        "    def encode(self, batch):\n"
        "        return batch.arrays['s2l2a'].mean(axis=(1, 3, 4)).astype('float32')\n"
    )
    done = neucobench("encode", "cubes", "--encoder", "mine.py:Mine")
    assert done.returncode == 0, done.stderr
    assert read_embeddings(tmp_path / "mine.parquet").dims == 12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--encoder", "meen"), "Did you mean 'mean'"),
        (("--encoder", "mosaik-1024"), "Did you mean 'mosaiks-1024'"),
        (("--encoder", "tim:resnet18"), "Did you mean 'timm'"),
        (("--encoder", "timm"), "--encoder timm:MODEL"),
        (("--encoder", "mosaiks", "--option", "bias=nan"), "float number"),
        (("--encoder", "mean", "--reduce", "l2", "--dims", "10"), "--dims allows 10"),
        (("--encoder", "mean", "--weights", "a.pt"), "has no weights"),
        (("--encoder", "mean", "--reduce", "pcs"), "Did you mean 'pca'"),
        (("--encoder", "mean", "--reduce", "pca:dim=3"), "Did you mean 'dims'"),
        (("--encoder", "mean", "--store", "int4"), "int8"),
        (("--encoder", "mean", "--store", "int8", "--out", "a.csv"), ".parquet"),
        (("--encoder", "mean", "--max-bytes", "100"), "takes 4096 bytes"),
        (("--encoder", "mean", "--option", "corected=true"), "Did you mean 'corrected"),
        (("--encoder", "mean", "--option", "corrected"), "name=value"),
        (("--encoder", "mean", "--out", "mean.parquett"), "Did you mean '.parquet'"),
        (("--encoder", "mean", "--dims", "64"), "or --dims 1024"),
    ],
)
def test_a_wrong_command_line_exits_2(neucobench, cubes, arguments, sentence):
    done = neucobench("encode", "cubes", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--encoder", "mean", "--reducer", ""), "names no file"),
        (("--encoder", "dct", "--option", "block=100000"), "16,777,216"),
        (("--encoder", "mean", "--scheduler", "foo"), "no address of a Dask"),
    ],
)
def test_input_that_cannot_be_used_exits_1(neucobench, cubes, arguments, sentence):
    done = neucobench("encode", "cubes", *arguments)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_folder_exits_1(neucobench, tmp_path):
    done = neucobench("encode", "nowhere", "--encoder", "mean")
    assert done.returncode == 1
    assert "nowhere" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("pairs", [["a"], ["=1"], ["a=1", "a=2"]])
def test_options_must_be_pairs_of_different_names(pairs):
    with pytest.raises(UsageError, match="name=value"):
        read_options(pairs)


OWN = """
class Own:
    name = {name!r}
    modalities = ("s2l2a",)
    dims = 2

    def encode(self, batch):
        print("a line of its own")
        {last}
        return np.zeros((len(batch), 2), np.float32)
"""


@pytest.fixture
def own(tmp_path):
    """Return a function that writes ``own.py`` with an encoder in it."""

    def write(name="own", last="pass", first="import numpy as np"):
        text = first + OWN.format(name=name, last=last)
        (tmp_path / "own.py").write_text(text)

    return write


def test_what_an_encoder_prints_is_no_part_of_the_json(neucobench, cubes, own):
    own()
    done = neucobench("encode", "cubes", "--encoder", "own.py:Own", "--json")
    assert json.loads(done.stdout)["rows"] == 3
    assert "a line of its own" in done.stderr


@pytest.mark.parametrize("part", ["last", "first"])
def test_an_encoder_that_leaves_is_an_error_that_says_so(neucobench, cubes, own, part):
    own(**{part: "import sys; sys.exit(0)"})
    done = neucobench("encode", "cubes", "--encoder", "own.py:Own")
    assert done.returncode == 1
    assert "SystemExit" in done.stderr


def test_an_encoders_name_is_no_path(neucobench, cubes, own, tmp_path):
    own(name="../own")
    done = neucobench("encode", "cubes", "--encoder", "own.py:Own")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".._own.parquet").is_file()


@pytest.mark.parametrize("ending", ["csv", "parquet", "npz"])
def test_a_file_size_limit_is_one_sentence_and_no_file(
    neucobench, cubes, tmp_path, ending
):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    command = ("encode", "cubes", "--encoder", "mean", "--out", f"m.{ending}")
    done = neucobench(*command, preexec_fn=limit)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert not (tmp_path / f"m.{ending}").exists()
    assert neucobench(*command).returncode == 0
