"""What the address of a board asks for."""

import pytest

from neucobench.server.web.board.query import BoardQuery, board_query


def test_the_start_has_no_query():
    assert board_query({}).address == ""


def test_an_address_gives_the_view_that_it_was_made_from():
    query = BoardQuery(rule="borda", sort="team", order="descending", find="a b&c")
    given = dict(pair.split("=") for pair in query.address[1:].split("&"))
    assert given["find"] == "a+b%26c"
    assert board_query({**given, "find": "a b&c"}) == query


@pytest.mark.parametrize(
    "given", [{"order": "sideways"}, {"only": "mine"}, {"sort": ""}, {"unknown": "1"}]
)
def test_what_is_misspelled_is_ignored(given):
    assert board_query(given) == BoardQuery()


def test_a_long_search_is_cut():
    assert len(board_query({"find": "x" * 1000}).find) == 80
