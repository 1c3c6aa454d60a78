from neucobench.reports.facts import disagreements, label_files, settings
from neucobench.reports.summary import summarize


def test_equal_settings_have_one_value(make_evaluation):
    found = settings([make_evaluation("a"), make_evaluation("b")], "protocol")
    values = {item.name: item.values for item in found}
    assert values["folds"] == ("8",)
    assert values["embedding dim"] == ("none",)
    assert values["standardize"] == ("yes",)


def test_different_protocols_are_said(make_evaluation):
    evaluations = [make_evaluation("a", folds=8), make_evaluation("b", folds=9)]
    assert "folds" in disagreements(evaluations)[0]


def test_different_label_files_are_said_and_listed(make_evaluation):
    other = {"crops": {"file": "x.csv", "sha256": "ef" * 32, "rows": 3}}
    evaluations = [make_evaluation("a"), make_evaluation("b", labels=other)]
    assert "crops" in disagreements(evaluations)[0]
    assert len(label_files(summarize(evaluations, None))[0].files) == 2


def test_evaluations_that_belong_together_agree(make_evaluation):
    assert disagreements([make_evaluation("a"), make_evaluation("b")]) == []
