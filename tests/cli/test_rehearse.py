import json

import pytest
import typer
from typer.testing import CliRunner

from neucobench.cli.rehearse import rehearse
from neucobench.client.rehearsal import NotTaken

RULES = {
    "schema": "neucobench/rules/1",
    "challenge": "water",
    "phase": "test",
    "suite": "neuco-11",
    "protocol": "neuco-1.1",
    "rule": "weighted",
    "settings": {
        "name": "test",
        "opens": "2026-05-01T00:00:00Z",
        "closes": "2026-05-31T23:59:59Z",
        "dims": 3,
    },
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that runs ``rehearse FILE``, with one task of forty cubes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules.json").write_text(json.dumps(RULES))
    (tmp_path / "labels").mkdir()
    rows = "".join(f"cube-{n},{n * 0.5}\n" for n in range(40))
    (tmp_path / "labels" / "mine__regression.csv").write_text("id,label\n" + rows)
    app = typer.Typer()
    app.command()(rehearse)

    def run(*words, dims=2):
        header = ",".join(["id", *map(str, range(dims))])
        lines = [f"cube-{n}," + ",".join([str(n % 7)] * dims) for n in range(40)]
        (tmp_path / "mine.csv").write_text("\n".join([header, *lines]) + "\n")
        return CliRunner().invoke(app, ["mine.csv", "--labels", "labels", *words])

    return run


def test_rehearse_prints_what_the_phase_would_show_and_writes_everything(run, tmp_path):
    done = run()
    assert done.exit_code == 0, done.output
    assert "mean Q" in done.stdout
    assert "mine" not in done.stdout
    assert "mean Q is not that of the phase" in done.stderr
    out = tmp_path / "rehearsal"
    assert {path.name for path in out.iterdir()} == {
        "board",
        "report",
        "results",
        "revealed.json",
    }
    assert json.loads((out / "revealed.json").read_text()).keys() == {"mean_q"}


def test_rehearse_json_is_one_document(run):
    document = json.loads(run("--json", "--method", "a name").stdout)
    assert document["evaluation"]["method"] == "a name"
    assert document["revealed"]["mean_q"] == round(document["evaluation"]["mean_q"], 3)


def test_a_file_that_the_phase_refuses_is_not_scored(run, tmp_path):
    done = run("--json", dims=4)
    assert isinstance(done.exception, NotTaken)
    codes = [item["code"] for item in json.loads(done.stdout)["findings"]]
    assert "too-wide" in codes
    assert not (tmp_path / "rehearsal").exists()
