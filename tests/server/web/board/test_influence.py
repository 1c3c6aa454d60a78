"""Who changes places when an entry is left out, as a page."""


def test_the_page_says_who_moves_whom(scored, browser):
    text = browser().page("/phases/open/influence").text
    assert "Weighted ranks" in text
    assert "Each ranked entry is left out in turn" in text


def test_the_board_leads_to_it_under_the_same_rule(scored, browser):
    page = browser().page("/phases/open?rule=borda")
    assert page.of("a", href="/phases/open/influence?rule=borda")
    text = browser().page("/phases/open/influence?rule=borda").text
    assert "Borda points" in text


def test_a_blind_board_does_not_show_enough(scored, browser):
    text = browser().page("/phases/blind/influence").text
    assert "does not show enough" in text


def test_a_rule_that_needs_what_is_hidden_is_refused(scored, browser):
    assert browser().get("/phases/blind/influence?rule=borda").status_code == 403
    assert browser().get("/phases/blind/influence?rule=coin").status_code == 404
