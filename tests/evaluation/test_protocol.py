import pytest
from pydantic import ValidationError

from neucobench.errors import CardError, UnknownNameError
from neucobench.evaluation.protocol import (
    Protocol,
    protocol,
    protocol_from_yaml,
    protocol_names,
)

PROBE = "probe_type: linear\nprobe_params: {batch_size: 64, epochs: 10, learning_rate: "
V11 = "k_folds: 40\n" + PROBE + "0.001, device: auto}\n"
V10 = "batch_size: 64\nepochs: 20\nlearning_rate: 0.001\nk_folds: 40\n"


@pytest.fixture
def read(tmp_path):
    """Return a function that reads a configuration from its text."""

    def read_text(text):
        path = tmp_path / "sample.yaml"
        path.write_text(text, encoding="utf-8")
        return protocol_from_yaml(path)

    return read_text


@pytest.mark.parametrize(
    ("name", "folds", "epochs", "dim"),
    [
        ("neuco-1.1", 40, 10, None),
        ("neuco-1.0", 40, 20, None),
        ("host-2025", 200, 20, 1024),
    ],
)
def test_the_published_settings(name, folds, epochs, dim):
    assert protocol(name).resolved() == {
        "name": name,
        "probe": "linear",
        "folds": folds,
        "epochs": epochs,
        "batch_size": 64,
        "learning_rate": 0.001,
        "weight_decay": 0.01,
        "seed": 42,
        "test_size": 0.1,
        "embedding_dim": dim,
        "standardize": True,
        "scale_labels": True,
        "full_coverage": False,
        "strict_cells": False,
        "store_probes_draws": False,
    }


def test_protocol_names_are_listed():
    assert protocol_names() == ["host-2025", "neuco-1.0", "neuco-1.1"]


def test_an_unknown_protocol_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match=r"neuco-1\.1"):
        protocol("neuco-1")


def test_a_protocol_is_frozen():
    with pytest.raises(ValidationError):
        protocol("neuco-1.1").folds = 3


def test_a_seed_that_numpy_does_not_take_is_refused():
    settings = protocol("neuco-1.1").as_dict()
    with pytest.raises(ValidationError, match="4294967295"):
        Protocol.model_validate({**settings, "seed": 2**32})


def test_the_v11_sample_configuration_is_neuco_11(read):
    found, task_filter, findings = read(
        V11
        + "embedding_dim: null\nstandardize_embeddings: true\nnormalize_labels: true\n"
        "enable_plots: false\nupdate_leaderboard: false\nstore_probes: false\n"
        "task_filter: null\n"
    )
    assert found.settings() == protocol("neuco-1.1").settings()
    assert (found.name, task_filter, findings) == ("config:sample.yaml", None, [])


def test_the_v10_sample_configuration_is_neuco_10(read):
    found, _, findings = read(V10 + "embedding_dim: null\ntask_filter: null\n")
    assert found.settings() == protocol("neuco-1.0").settings()
    assert findings == []


def test_the_first_public_configuration_is_the_hosts_with_fewer_folds(read):
    found, task_filter, _ = read(V10 + "embedding_dim: 1024\ntask_filter: false\n")
    host = protocol("host-2025").settings()
    assert found.settings() == host | {"folds": 40}
    assert task_filter is None


def test_one_fold_is_enough(read):
    assert read(V11.replace("40", "1"))[0].folds == 1


def test_a_task_filter_is_returned_once_each(read):
    assert read(V11 + "task_filter: [b, a, b]\n")[1] == ("b", "a")


def test_standardization_can_be_switched_off(read):
    text = "standardize_embeddings: false\nnormalize_labels: false\n"
    found = read(V11 + text)[0]
    assert (found.standardize, found.scale_labels) == (False, False)


def test_a_byte_order_mark_is_fine(read):
    assert read("\ufeff" + V11)[0].folds == 40


def test_options_without_effect_are_findings(read):
    text = "enable_plots: true\nupdate_leaderboard: true\noutput_fold_results: true\n"
    findings = read(V11.replace("auto", "cuda") + text)[2]
    assert {item.code for item in findings} == {"setting-without-effect"}
    assert [item.message.split()[0] for item in findings] == [
        "enable_plots",
        "update_leaderboard",
        "probe_params.device",
    ]


def test_storing_probes_asks_for_upstreams_draws_and_says_so(read):
    found, _, findings = read(V11 + "store_probes: true\n")
    assert found.store_probes_draws
    assert [item.code for item in findings] == ["probes-not-stored"]


def test_a_key_that_nobody_knows_is_a_finding(read):
    findings = read(V11 + "color: red\n")[2]
    assert [(item.code, item.level) for item in findings] == [
        ("unknown-setting", "warning")
    ]


def test_a_probe_setting_beside_probe_params_is_a_finding(read):
    assert read(V11 + "epochs: 3\n")[2][0].code == "unknown-setting"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (V11 + "standardise_embeddings: false\n", "'standardize_embeddings'"),
        (V11.replace("learning_rate", "lerning_rate"), "'learning_rate'"),
        (V10.replace("k_folds: 40", ""), "k_folds is missing"),
        (V10.replace("epochs: 20", ""), "epochs is missing"),
        (V10.replace("k_folds: 40", "k_folds: null"), "k_folds is missing"),
        ("k_folds: 4\nprobe_type: linear\n", "probe_params is missing"),
        ("k_folds: 4\nprobe_params: {}\n", "probe_type is missing"),
        (V11.replace("linear", "svm"), "not available yet"),
        (V11.replace("linear", "knn"), "it must be linear"),
        ("k_folds: 4\nprobe_type: linear\nprobe_params: 3\n", "a mapping"),
        (V11.replace("0.001", "1e-3"), "1e-3 is text in YAML"),
        (V11.replace("0.001", "-1"), "a number above 0"),
        (V11.replace("0.001", ".inf"), "a number above 0"),
        (V11.replace("0.001", "9" * 400), "a number above 0"),
        (V11.replace("40", "0"), "whole number from 1"),
        (V11.replace("40", "true"), "whole number from 1"),
        (V11.replace("40", "'40'"), "unquoted"),
        (V11 + "embedding_dim: 10.5\n", "whole number from 1"),
        (V11 + "normalize_labels: 'no'\n", "true or false"),
        (V11 + "enable_plots: 1\n", "true or false"),
        (V11 + "task_filter: []\n", "a list of task names"),
        (V11 + "task_filter: [1]\n", "a list of task names"),
        ("- a\n", "holds no settings"),
        ("", "holds no settings"),
        ("a: [", "not a readable YAML file"),
        ("[" * 5000, "not a readable YAML file"),
        ("k_folds: " + "9" * 5000, "not a readable YAML file"),
        ("k_folds: 2020-99-99", "not a readable YAML file"),
        (V11 + "embedding_dim: 1000000\n", "1 to 100,000"),
    ],
)
def test_a_wrong_configuration_is_a_sentence(read, text, complaint):
    with pytest.raises(CardError, match=complaint):
        read(text)


def test_a_missing_configuration_is_a_sentence(tmp_path):
    with pytest.raises(CardError, match=r"nothing\.yaml"):
        protocol_from_yaml(tmp_path / "nothing.yaml")


def test_bytes_that_are_not_text_are_a_sentence(tmp_path):
    path = tmp_path / "sample.yaml"
    path.write_bytes(b"k_folds: \xff\xfe")
    with pytest.raises(CardError, match="not a readable YAML file"):
        protocol_from_yaml(path)


def test_yaml_never_runs_code(read):
    with pytest.raises(CardError):
        read(V11 + "color: !!python/object/apply:os.getcwd []\n")
