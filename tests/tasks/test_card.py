import pytest
from pydantic import ValidationError

from neucobench.errors import CardError, UnknownNameError
from neucobench.tasks.card import (
    TaskCard,
    card_aliases,
    suite,
    suite_names,
    task_card,
    task_names,
)

FOURTEEN = [
    "biomass_mean",
    "biomass_std",
    "clouds_reg",
    "crops",
    "heatisland_mean",
    "heatisland_std",
    "landcover_agriculture",
    "landcover_forest",
    "nodata",
    "random_cls",
    "random_reg",
    "ships_col",
    "ships_presence",
    "ships_row",
]
CARD = """
name = "mine"
title = "Mine"
question = "How much?"
type = "classification"
metric = "f1"
unit = "none"
region = "here"
image_years = [2020, 2021]
label_years = [2020, 2021]
samples = 3
label_source = "made"
label_license = "CC0-1.0"
in_challenge_2025 = "no"
revision = 1
"""


@pytest.fixture
def own_tasks(tmp_path, monkeypatch):
    """Return the folder for task cards in a content folder of the user."""
    folder = tmp_path / "content" / "tasks"
    (folder / "suites").mkdir(parents=True)
    monkeypatch.setenv("NEUCOBENCH_PATH", str(folder.parent))
    return folder


def test_there_are_the_fourteen_tasks():
    assert task_names() == FOURTEEN


@pytest.mark.parametrize("name", FOURTEEN)
def test_every_card_states_its_source_and_licence(name):
    card = task_card(name)
    assert card.label_source
    assert card.label_license
    assert card.question.endswith((".", "?"))


def test_the_published_groups_partition_the_cubes():
    groups = ("landcover_forest", "biomass_mean", "crops", "heatisland_std")
    samples = sum(task_card(name).samples for name in (*groups, "clouds_reg"))
    assert samples == task_card("nodata").samples == 13_260


def test_the_challenge_suite_holds_the_tasks_whose_cards_say_so():
    used = [name for name in FOURTEEN if task_card(name).in_challenge_2025 == "yes"]
    assert list(suite("cvpr2025").tasks) == used
    assert len(used) == 7


def test_the_published_suite_leaves_out_the_ships():
    assert list(suite("neuco-11").tasks) == [
        name for name in FOURTEEN if not name.startswith("ships")
    ]


def test_the_full_suite_holds_every_task():
    assert list(suite("full").tasks) == FOURTEEN


def test_suite_names_are_listed():
    assert suite_names() == ["cvpr2025", "full", "neuco-11"]


@pytest.mark.parametrize("name", ["random_reg", "random_cls"])
def test_the_cards_of_the_controls_record_that_the_sources_disagree(name):
    assert "sources disagree" in " ".join(task_card(name).notes)


def test_aliases_lead_to_their_task():
    assert card_aliases()["landcover_aggriculture_regr"] == "landcover_agriculture"


def test_an_alias_sorts_as_its_task_does():
    # Upstream draws its random numbers task after task in alphabetical order.
    for alias, task in card_aliases().items():
        others = [name for name in FOURTEEN if name != task]
        assert [name < alias for name in others] == [name < task for name in others]


def test_an_unknown_task_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="biomass_mean"):
        task_card("biomas_mean")


def test_an_unknown_suite_gets_a_suggestion():
    with pytest.raises(UnknownNameError, match="neuco-11"):
        suite("neuco11")


def test_a_card_is_frozen():
    with pytest.raises(ValidationError):
        task_card("crops").name = "other"


def test_a_card_as_dict_holds_plain_types():
    assert task_card("crops").as_dict()["image_years"] == [2022, 2022]


def test_a_card_of_the_user_is_found(own_tasks):
    (own_tasks / "mine.toml").write_text(CARD + 'classes = { "1" = 0, "2" = 1 }\n')
    assert task_card("mine").classes == {"1": 0, "2": 1}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("extra = 1", "extra"),
        ('classes = { "a" = 0, "b" = 1 }', "not a number"),
        ('classes = { "1" = 0, "2" = 0 }', "both 0 and 1"),
        ('classes = { "1" = 0, "2" = 3 }', "classes"),
        ('label_url = "file:///data"', "label_url"),
    ],
)
def test_a_wrong_line_is_named(own_tasks, line, complaint):
    (own_tasks / "mine.toml").write_text(CARD + line + "\n")
    with pytest.raises(CardError, match=complaint):
        task_card("mine")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"f1"', '"r2"', "scored by f1"),
        ("image_years = [2020, 2021]", "image_years = [2021, 2020]", "not in order"),
        ('name = "mine"', 'name = "other"', "must be the file's own"),
        ("samples = 3", "samples = 0", "samples"),
        ('"classification"', '"ranking"', "type"),
    ],
)
def test_a_wrong_value_is_named(own_tasks, old, new, complaint):
    (own_tasks / "mine.toml").write_text(CARD.replace(old, new))
    with pytest.raises(CardError, match=complaint):
        task_card("mine")


def test_only_a_classification_has_classes():
    values = task_card("crops").model_dump() | {"classes": {"0": 0, "1": 1}}
    with pytest.raises(ValidationError, match="only a classification"):
        TaskCard.model_validate(values)


@pytest.mark.parametrize("alias", ["crops", "landcover_aggriculture"])
def test_an_alias_that_is_taken_is_refused(own_tasks, alias):
    (own_tasks / "mine.toml").write_text(CARD + f'aliases = ["{alias}"]\n')
    with pytest.raises(CardError, match="already"):
        card_aliases()


def test_a_suite_that_names_no_task_is_refused(own_tasks):
    (own_tasks / "suites" / "s.toml").write_text(
        'name = "s"\ntitle = "S"\ndescription = "d"\ntasks = ["crops", "nothing"]\n'
    )
    with pytest.raises(CardError, match="no card for the task 'nothing'"):
        suite("s")


def test_a_suite_out_of_order_is_refused(own_tasks):
    (own_tasks / "suites" / "s.toml").write_text(
        'name = "s"\ntitle = "S"\ndescription = "d"\ntasks = ["nodata", "crops"]\n'
    )
    with pytest.raises(CardError, match="alphabetical"):
        suite("s")
