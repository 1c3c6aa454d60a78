from neucobench.leaderboard.history import replay
from neucobench.server.boards.history import (
    history,
    record_change,
    record_standing,
    replayable,
)


def record(host):
    return record_standing(host.context, host.phase)


def test_a_state_is_written_down_when_a_row_changes(both_hosts):
    both_hosts.submit("reds", 0.4)
    assert record(both_hosts)
    both_hosts.submit("blues", 0.6)
    assert record(both_hosts)
    states = history(both_hosts.context, both_hosts.phase)
    assert [[row.team for row in state.rows] for state in states] == [
        ["reds"],
        ["blues", "reds"],
    ]
    assert states[0].created < states[1].created


def test_the_same_rows_are_not_written_down_twice(host):
    id_ = host.submit("reds", 0.4)
    assert record(host)
    assert not record(host)
    host.change(id_, verified=True)
    assert not record(host)
    assert len(history(host.context, host.phase)) == 1


def test_a_phase_that_was_read_before_the_change_is_read_again(host):
    id_ = host.submit("reds", 0.4)
    before = host.phase
    record(host)
    host.change(id_, status="withdrawn")
    assert record_standing(host.context, before)


def test_an_empty_board_is_no_state(host):
    assert not record(host)


def test_a_withdrawal_of_the_only_entry_is_one(host):
    id_ = host.submit("reds", 0.4)
    record(host)
    host.change(id_, status="withdrawn")
    assert record(host)
    assert history(host.context, host.phase)[-1].rows == ()


def test_a_blind_phase_keeps_rounded_figures(open_host):
    host = open_host(reveals="mean-q")
    host.submit("reds", 0.4)
    record(host)
    (row,) = history(host.context, host.phase)[0].rows
    assert row.mean_q == round(row.mean_q, 3)


def test_the_states_can_be_replayed_without_the_baselines(host):
    host.submit("reds", 0.4)
    host.submit("host", 0.1, method="mean", baseline=True)
    record(host)
    states = replayable(host.phase, history(host.context, host.phase))
    assert list(states[0].rows) == ["reds"]
    assert replay(states)[0].states == 1


def test_what_was_done_to_a_submission_is_written_down_on_its_board(host):
    first, second = host.submit("reds", 0.4), host.submit("blues", 0.5)
    record(host)
    host.change(second, status="withdrawn")
    assert record_change(host.context, first)
    assert len(history(host.context, host.phase)) == 2
