import json
from dataclasses import replace

import pytest

from neucobench.evaluation.folder import write_evaluation
from neucobench.leaderboard.board import build_board
from neucobench.leaderboard.card import BoardCard
from neucobench.leaderboard.export import board_csv, board_json
from neucobench.reports.influence_view import influence_view
from neucobench.server.boards import standing as module
from neucobench.server.boards.influence import influence_of
from neucobench.server.boards.standing import standing
from neucobench.server.refusals import NotAllowed, NotFound


def shown(host, **options):
    return standing(host.context, host.phase, **options)


def order(host, **options):
    return [entry.method for entry in shown(host, **options).board.entries]


def test_the_board_ranks_one_entry_per_team(both_hosts):
    both_hosts.submit("reds", 0.3)
    both_hosts.submit("blues", 0.6)
    both_hosts.submit("blues", 0.5, method="second try")
    found = shown(both_hosts)
    assert [entry.method for entry in found.board.entries] == ["second try", "reds's"]
    assert found.teams == {"second try": "blues", "reds's": "reds"}


def test_the_last_public_entry_counts_though_a_better_one_is_older(open_host):
    host = open_host(counts="last-public")
    host.submit("reds", 0.6, method="old")
    host.submit("reds", 0.3, method="new")
    assert order(host) == ["new"]


def test_the_best_public_entry_counts(open_host):
    host = open_host(counts="best-public")
    host.submit("reds", 0.6, method="old")
    host.submit("reds", 0.3, method="new")
    assert order(host) == ["old"]


@pytest.mark.parametrize(
    ("reveals", "counted"), [("everything", "old"), ("mean-q", "new")]
)
def test_hidden_digits_do_not_decide_which_entry_is_the_best(
    open_host, evaluation_at, reveals, counted
):
    host = open_host(counts="best-public", reveals=reveals)
    host.submit("reds", 0, method="old", document=evaluation_at(0.5 + 1e-7))
    host.submit("reds", 0, method="new", document=evaluation_at(0.5))
    assert order(host) == [counted]


def test_an_empty_board_names_the_protocol_of_its_card(host):
    assert shown(host).board.protocol == host.phase.card.protocol


def test_the_chosen_entry_counts(open_host):
    host = open_host(counts="chosen")
    host.submit("reds", 0.4, method="chosen", chosen=True)
    host.submit("reds", 0.5, method="new")
    assert order(host) == ["chosen"]


def test_who_has_chosen_none_stands_with_the_last_one(open_host):
    host = open_host(counts="chosen")
    host.submit("reds", 0.6, method="old")
    host.submit("reds", 0.3, method="new")
    assert order(host) == ["new"]


@pytest.mark.parametrize(
    "change",
    [
        {"public": False},
        {"status": "withdrawn"},
        {"status": "failed"},
        {"status": "running"},
    ],
)
def test_what_is_private_or_has_no_score_does_not_count(host, change):
    host.submit("reds", 0.3, method="old")
    host.submit("reds", 0.6, method="new", **change)
    assert order(host) == ["old"]


def test_a_withdrawal_brings_back_the_one_before(host):
    host.submit("reds", 0.3, method="old")
    new = host.submit("reds", 0.6, method="new")
    assert order(host) == ["new"]
    host.change(new, status="withdrawn", withdrawn=host.context.clock())
    assert order(host) == ["old"]


def test_the_newest_score_of_an_entry_counts(host):
    first = host.submit("reds", 0.6)
    host.submit("blues", 0.5)
    assert order(host) == ["reds's", "blues's"]
    host.rescore(first, 0.1)
    assert order(host) == ["blues's", "reds's"]
    assert {entry.version for entry in shown(host).entries} == {1, 2}


def test_baselines_stand_beside_the_ranking(host):
    host.submit("reds", 0.6)
    host.submit("blues", 0.2)
    host.submit("host", 0.4, method="mean", baseline=True)
    entries = shown(host).board.entries
    assert [(entry.rank, entry.method) for entry in entries] == [
        (1, "reds's"),
        (None, "mean"),
        (2, "blues's"),
    ]
    assert shown(host).teams["mean"] == ""


def test_a_team_with_the_name_of_a_baseline_is_ranked_and_told_apart(host):
    host.submit("reds", 0.6, method="mean")
    host.submit("blues", 0.2)
    assert [(entry.rank, entry.method) for entry in shown(host).board.entries] == [
        (1, "mean (reds)"),
        (2, "blues's"),
    ]


def test_two_methods_of_one_name_are_told_apart_by_their_teams(host):
    host.submit("reds", 0.6, method="net")
    host.submit("blues", 0.2, method="net")
    assert order(host) == ["net (reds)", "net (blues)"]
    assert [entry.method for entry in shown(host).entries] == ["net", "net"]


def test_nobody_can_take_the_name_that_tells_another_apart(host):
    host.submit("reds", 0.6, method="net")
    host.submit("blues", 0.4, method="net")
    host.submit("greens", 0.2, method="net (reds)")
    assert order(host) == ["net (reds)", "net (blues)", "net (reds) (greens)"]


def test_an_entry_without_a_score_for_a_task_is_not_ranked(host, evaluation):
    document = evaluation("part", 0.9, tasks=("biomass_mean",))
    host.submit("reds", 0.9, method="part", document=document)
    host.submit("blues", 0.2)
    found = shown(host)
    assert [entry.method for entry in found.board.entries] == ["blues's"]
    assert [item.method for item in found.board.unranked] == ["part"]


def exported(host, folder, evaluation, names):
    """Write the evaluations as a host's export does, and return the folder."""
    for seed, (label, level) in enumerate(names):
        found = replace(evaluation("m", level, seed=seed), method=label)
        write_evaluation(found, folder)
    return folder


@pytest.fixture
def small_card(tmp_path, monkeypatch):
    """Put the challenge's card where board cards are looked for."""
    root = tmp_path / "content" / "leaderboard" / "boards"
    root.mkdir(parents=True)
    (root / "small.toml").write_text(
        'name = "small"\ntitle = "A small challenge"\ndescription = "d"\n'
        'suite = "cvpr2025"\nprotocol = "neuco-1.1"\nrule = "weighted"\n'
        'baselines = ["mean"]\n'
    )
    monkeypatch.setenv("NEUCOBENCH_PATH", str(tmp_path / "content"))


@pytest.mark.usefixtures("small_card")
def test_board_build_makes_the_same_board_of_the_same_results(
    host, evaluation, tmp_path
):
    host.submit("reds", 0.6, method="net")
    host.submit("blues", 0.55, method="net")
    host.submit("greens", 0.2, method="other")
    host.submit("host", 0.4, method="mean", baseline=True)
    names = [("net (reds)", 0.6), ("net (blues)", 0.55), ("other", 0.2), ("mean", 0.4)]
    folder = exported(host, tmp_path / "results", evaluation, names)
    for rule in ("weighted", "uniform", "mean-q", "borda"):
        built = build_board(folder, board="small", rule=rule)
        served = shown(host, rule=rule).board
        assert board_csv(served) == board_csv(built)
        documents = [json.loads(board_json(board)) for board in (served, built)]
        for document in documents:
            for entry in document["entries"]:
                entry["evaluation"] = None
        assert documents[0] == documents[1]
        assert served.certainty == built.certainty


def test_a_blind_phase_shows_ranks_and_rounded_mean_q_only(open_host):
    host = open_host(reveals="mean-q")
    host.submit("reds", 0.6)
    host.submit("blues", 0.2)
    board = shown(host).board
    assert board.tasks == ()
    assert [entry.tasks for entry in board.entries] == [{}, {}]
    assert board.entries[0].mean_q == round(board.entries[0].mean_q, 3)
    assert board.entries[0].rank_interval is None


def test_a_blind_phase_shows_hosts_everything(open_host):
    host = open_host(reveals="mean-q")
    host.submit("reds", 0.6)
    assert len(shown(host, full=True).board.entries[0].tasks) == 7
    assert len(shown(host).board.entries[0].tasks) == 0


def test_a_rule_that_needs_hidden_scores_is_refused(open_host):
    host = open_host(reveals="mean-q")
    host.submit("reds", 0.6)
    with pytest.raises(NotAllowed, match="does not reveal the scores per task"):
        shown(host, rule="borda")
    assert shown(host, rule="mean-q").board.rule == "mean-q"


def test_an_unknown_rule_is_not_found(host):
    with pytest.raises(NotFound, match="weighted, uniform, mean-q, borda"):
        shown(host, rule="coin")


def test_a_board_is_made_once_for_a_revision(host, monkeypatch):
    host.submit("reds", 0.6)
    first = shown(host)
    monkeypatch.setattr(module, "rank_results", None)
    assert shown(host) is first


def test_a_new_revision_makes_a_new_board(host):
    host.submit("reds", 0.6)
    before = shown(host)
    host.submit("blues", 0.7)
    assert shown(host).revision > before.revision
    assert len(shown(host).board.entries) == 2


def test_the_facts_stand_beside_the_entries(host):
    card = {"code": "https://example.org"}
    host.submit("reds", 0.6, transductive=True, verified=True, card=card)
    (facts,) = shown(host).entries
    assert (facts.label, facts.team, facts.dims) == ("reds's", "reds", 4)
    assert facts.transductive
    assert facts.verified
    assert facts.card == card


def test_an_empty_phase_has_an_empty_board(host):
    assert shown(host).board.entries == ()
    assert isinstance(host.phase.card, BoardCard)


def test_the_influence_is_that_of_the_board_that_is_shown(open_host):
    host = open_host(reveals="coded-tasks")
    for number in range(4):
        host.submit(f"team {number}", 0.4 + number / 50)
    found = influence_of(host.context, host.phase)
    assert found == influence_view(shown(host).board)
    assert influence_of(host.context, host.phase) is found


def test_a_blind_phase_does_not_say_who_moves_whom(open_host):
    host = open_host(reveals="mean-q")
    for number in range(4):
        host.submit(f"team {number}", 0.4 + number / 50)
    assert influence_of(host.context, host.phase) is None
