import csv
import json
import os

import numpy as np
import pytest

from neucobench.names import printable


@pytest.fixture
def workplace(tmp_path):
    """Make ``one.csv``, ``two.csv`` and ``labels/`` with two tasks, 60 rows."""
    rng = np.random.default_rng(3)
    x = rng.normal(size=(60, 5))
    ids = [f"{i:04d}" for i in range(60)]
    for name in ("one", "two"):
        with (tmp_path / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["id", *range(5)])
            writer.writerows([id_, *row] for id_, row in zip(ids, x, strict=True))
        x = rng.normal(size=(60, 5))
    labels = tmp_path / "labels"
    labels.mkdir()
    for name, values in {
        "size__regression": x[:, 0],
        "kind__classification": (x[:, 1] > 0).astype(int),
    }.items():
        rows = "".join(f"{i},{v}\n" for i, v in zip(ids, values, strict=True))
        (labels / f"{name}.csv").write_text("id,label\n" + rows)
    return tmp_path


def test_json_is_the_evaluation_and_nothing_else(neucobench, workplace):
    done = neucobench("evaluate", "one.csv", "--labels", "labels", "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["schema"] == "neucobench/evaluation/1"
    assert (document["method"], document["phase"]) == ("one", "results")
    assert document["suite"] is None
    assert document["protocol"]["name"] == "neuco-1.1"
    assert sorted(document["tasks"]) == ["kind", "size"]
    assert len(document["tasks"]["size"]["scores"]) == 40


def test_several_files_give_a_list(neucobench, workplace):
    done = neucobench("evaluate", "one.csv", "two.csv", "--labels", "labels", "--json")
    assert [item["method"] for item in json.loads(done.stdout)] == ["one", "two"]


def test_a_run_folder_is_written_below_out_phase_method(neucobench, workplace):
    neucobench("evaluate", "one.csv", "--labels", "labels", "--phase", "dev")
    found = list((workplace / "results" / "dev" / "one").glob("*/evaluation.json"))
    assert len(found) == 1


def test_method_with_several_files_is_a_wrong_command_line(neucobench, workplace):
    arguments = ("one.csv", "two.csv", "--labels", "labels", "--method", "m")
    assert neucobench("evaluate", *arguments).returncode == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [("--protocol", "neuco-1.2"), ("--suite", "s"), ("--task", "t")],
)
def test_an_unknown_name_exits_2(neucobench, workplace, option, value):
    done = neucobench("evaluate", "one.csv", "--labels", "labels", option, value)
    assert done.returncode == 2
    assert f"named {value!r}" in done.stderr


def test_bad_input_exits_1_with_a_sentence_and_no_traceback(neucobench, workplace):
    done = neucobench("evaluate", "missing.csv", "--labels", "labels")
    assert done.returncode == 1
    assert "missing.csv" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_written_when_no_task_can_be_scored(neucobench, workplace):
    for file in (workplace / "labels").iterdir():
        file.write_text("id,label\n0001,1\n0002,1\n")
    done = neucobench("evaluate", "one.csv", "--labels", "labels")
    assert done.returncode == 1
    assert not (workplace / "results").exists()


def test_one_bad_file_does_not_stop_the_others(neucobench, workplace):
    done = neucobench("evaluate", "no.csv", "two.csv", "--labels", "labels")
    assert done.returncode == 1
    assert list((workplace / "results" / "results" / "two").iterdir())


def test_a_run_folder_that_cannot_be_written_does_not_stop_the_others(
    neucobench, workplace
):
    (workplace / "results" / "results").mkdir(parents=True)
    (workplace / "results" / "results" / "one").touch()
    done = neucobench("evaluate", "one.csv", "two.csv", "--labels", "labels", "--json")
    assert done.returncode == 1
    assert [item["method"] for item in json.loads(done.stdout)] == ["two"]
    assert "Error: one.csv: " in done.stderr
    assert "a file stands where a folder is needed; choose another" in done.stderr


def test_an_upstream_configuration_is_taken_unchanged(neucobench, workplace):
    (workplace / "c.yaml").write_text(
        "k_folds: 3\nprobe_type: linear\nprobe_params:\n  batch_size: 16\n"
        "  epochs: 2\n  learning_rate: 0.01\n  device: auto\ntask_filter: [size]\n"
    )
    done = neucobench(
        "evaluate", "one.csv", "--labels", "labels", "--config", "c.yaml", "--json"
    )
    document = json.loads(done.stdout)
    assert document["protocol"]["name"] == "config:c.yaml"
    assert list(document["tasks"]) == ["size"]
    assert len(document["tasks"]["size"]["scores"]) == 3


def test_evaluate_imports_no_heavy_package_that_it_does_not_need(neucobench, workplace):
    done = neucobench(
        "evaluate", "one.csv", "--labels", "labels", env=_with_import_times()
    )
    loaded = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"torch", "pandas", "sklearn", "matplotlib", "torchmetrics"}
    assert "numpy" in loaded


def _with_import_times():
    import os

    return {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}


@pytest.mark.parametrize("option", ["--method", "--phase"])
@pytest.mark.parametrize("name", ["", " ", os.fsdecode(b"\xff")])
def test_a_name_that_is_none_exits_2(neucobench, workplace, option, name):
    done = neucobench("evaluate", "one.csv", "--labels", "labels", option, name)
    assert done.returncode == 2
    assert "is not a name" in done.stderr
    assert not (workplace / "results").exists()


def test_a_file_name_that_is_not_unicode_must_be_another(neucobench, workplace):
    name = os.fsdecode(b"n\xff.csv")
    (workplace / "one.csv").rename(workplace / name)
    done = neucobench("evaluate", name, "--labels", "labels", "--method", "m")
    assert (done.returncode, "rename it" in done.stderr) == (2, True)


@pytest.mark.parametrize("name", ["[/]", "[red]m", "a\x1b[31m\n"])
def test_a_methods_name_is_shown_as_it_is(neucobench, workplace, name):
    done = neucobench("evaluate", "one.csv", "--labels", "labels", "--method", name)
    assert done.returncode == 0, done.stderr
    assert printable(name) in done.stdout


def test_a_wrong_ending_stops_before_the_first_file_is_scored(neucobench, workplace):
    done = neucobench("evaluate", "one.csv", "two.txt", "--labels", "labels")
    assert done.returncode == 2
    assert not (workplace / "results").exists()


def test_an_output_path_that_is_not_utf_8_is_refused_before_the_work(
    neucobench, workplace
):
    out = b"res\xff".decode("utf-8", "surrogateescape")
    done = neucobench("evaluate", "one.csv", "--labels", "labels", "--out", out)
    assert done.returncode == 2
    assert "not UTF-8" in done.stderr
