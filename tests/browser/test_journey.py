"""A participant's way through the site, in a real browser."""

import re
import time

import pytest
from playwright.sync_api import expect

from neucobench.server.accounts.people import set_role
from neucobench.server.boards.standing import standing
from neucobench.server.challenges.phases import phase_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PASSWORD = "four words are enough"
SCORED_WITHIN = 120_000
BOARD = "/phases/tiny-dev"


@pytest.fixture
def enter(open_page):
    """Return a function that opens a page for a new account with a team."""

    def register(name, team, **settings):
        page = open_page(**settings)
        page.goto("/register")
        page.get_by_label("Account name").fill(name)
        page.get_by_label("Team", exact=True).fill(team)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Register").click()
        page.get_by_role("button", name="Log out").wait_for()
        return page

    return register


def submit(page, content, method, name="mine.csv"):
    page.goto(f"{BOARD}/submit")
    page.get_by_label("Method", exact=True).fill(method)
    page.get_by_label("File of embeddings").set_input_files(
        {"name": name, "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Submit", exact=True).click()


def places(page):
    rows = page.locator("#entries tr:not([hidden])")
    return rows.locator("th bdi").all_inner_texts()


@pytest.fixture
def board(site, small):
    """Put two entries on the board, without the way through the site."""
    phase = phase_of(site, "tiny-dev")
    if len(standing(site, phase).entries) < 2:
        for seed, team in enumerate(("<b>first</b>", "second")):
            number = small.add_team(site, team)
            id_ = small.hand_in(
                site, phase, number, small.embeddings(seed), f"method {team}"
            )
            wait_for_score(site, small, id_)
    return [entry.label for entry in standing(site, phase_of(site, "tiny-dev")).entries]


def wait_for_score(site, small, id_):
    until = time.monotonic() + SCORED_WITHIN / 1000
    while small.submission(site, id_).status != "scored":
        assert time.monotonic() < until
        time.sleep(0.2)


def test_from_the_registration_to_the_rank(enter, small, problems):
    page = enter("ada", 'Team <script>alert("1")</script>')
    submit(page, b"id,0\ncube000,1.0\n", "bad one")
    answer = page.get_by_role("alert")
    answer.wait_for()
    assert "was not accepted, and used no quota" in answer.inner_text()
    assert page.get_by_label("Method", exact=True).input_value() == "bad one"

    submit(page, small.embeddings(7), "good one")
    page.wait_for_url("**/submissions/*")
    page.locator(".state.scored").wait_for(timeout=SCORED_WITHIN)
    page.get_by_role("link", name="Board of the phase").click()
    row = page.locator("#entries tr", has_text="good one")
    assert row.locator(".place").inner_text().isdigit()
    assert 'alert("1")' in row.inner_text()
    # A script marks it once the page is there.
    expect(row).to_have_class(re.compile(r"\bown\b"))
    assert problems == []


def test_the_table_sorts_and_the_address_says_how(open_page, board, problems):
    page = open_page()
    page.goto(BOARD)
    start = places(page)
    head = page.locator("th[data-key=method]")
    head.get_by_role("link").click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert places(page) == sorted(start, key=str.lower)
    assert page.url.endswith("?sort=method&order=ascending")
    head.get_by_role("link").focus()
    page.keyboard.press("Enter")
    assert places(page) == sorted(start, key=str.lower, reverse=True)
    shown = places(page)
    page.reload()
    assert places(page) == shown
    assert problems == []


def test_the_table_is_filtered_and_the_address_says_by_what(open_page, board):
    page = open_page()
    page.goto(BOARD)
    page.get_by_label("Find a method or team").fill("second")
    assert places(page) == ["method second"]
    assert "shown" in page.locator("#count").inner_text()
    assert "find=second" in page.url
    page.reload()
    assert places(page) == ["method second"]
    page.get_by_label("Find a method or team").fill("")
    assert len(places(page)) >= 2


def test_another_rule_keeps_the_view(open_page, board):
    page = open_page()
    page.goto(BOARD)
    page.get_by_label("Find a method or team").fill("second")
    page.get_by_role("link", name="Borda points").click()
    page.get_by_text("Not the official ranking.").wait_for()
    assert places(page) == ["method second"]


def test_without_a_script_links_and_forms_do_the_same(open_page, board):
    page = open_page(java_script_enabled=False)
    page.goto(BOARD)
    start = places(page)
    page.locator("th[data-key=method] a").click()
    page.wait_for_url("**sort=method**")
    assert places(page) == sorted(start, key=str.lower)
    page.get_by_label("Find a method or team").fill("second")
    page.get_by_role("button", name="Apply").click()
    page.wait_for_url("**find=second**")
    assert places(page) == ["method second"]


def background(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("script", [True, False])
def test_the_theme_changes_and_stays(open_page, script):
    page = open_page(color_scheme="light", java_script_enabled=script)
    page.goto("/")
    light = background(page)
    page.get_by_role("link", name="Dark").click()
    page.get_by_role("link", name="Light").wait_for()
    assert background(page) != light
    page.goto("/health")
    assert background(page) != light
    page.get_by_role("link", name="Light").click()
    page.get_by_role("link", name="Dark").wait_for()
    assert background(page) == light


def test_the_theme_of_the_system_is_followed(open_page):
    dark = open_page(color_scheme="dark")
    dark.goto("/")
    light = open_page(color_scheme="light")
    light.goto("/")
    assert background(dark) != background(light)


@pytest.mark.parametrize("path", ["/", BOARD, f"{BOARD}/rules", "/login", "/health"])
def test_no_page_is_wider_than_a_phone(open_page, board, path):
    page = open_page(width=390, height=844)
    page.goto(path)
    wider = "document.documentElement.scrollWidth > innerWidth"
    assert page.evaluate(wider) is False


def test_the_first_key_leads_to_the_content(open_page):
    page = open_page()
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(open_page, board, serious, site, scheme):
    page = open_page(color_scheme=scheme)
    public = ["/", "/challenges/tiny", BOARD, f"{BOARD}/rules", f"{BOARD}/history"]
    for path in [*public, "/health", "/login", "/register", "/nothing"]:
        page.goto(path)
        assert serious(page) == [], path
    page.goto(BOARD)
    page.locator("#entries th a").first.click()
    page.wait_for_url("**/methods/**")
    assert serious(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_behind_the_login(
    enter, serious, site, small, board, width
):
    name = f"carl{width}"
    page = enter(name, f"team {width}", width=width)
    submit(page, small.embeddings(width), f"method {width}")
    page.wait_for_url("**/submissions/*")
    assert serious(page) == []
    set_role(site, name, "admin", actor="command line")
    own = ["/submissions", f"{BOARD}/submit", "/account"]
    desk = ["/host", "/host/people", "/host/audit", "/host/phases/tiny-dev"]
    for path in [*own, *desk, "/host/rescore?phase=tiny-dev"]:
        page.goto(path)
        assert serious(page) == [], path
