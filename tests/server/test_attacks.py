"""Attacks on the whole application, as a visitor with a program would try them."""

import csv
import io
import re
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from sqlalchemy import select

from neucobench.findings import Finding
from neucobench.server.accounts.people import add_user
from neucobench.server.accounts.requests import SESSION_COOKIE
from neucobench.server.accounts.sessions import begin_session
from neucobench.server.accounts.tokens import issue_token
from neucobench.server.audit import COMMAND_LINE
from neucobench.server.challenges.desk import announce
from neucobench.server.tables import Submission, User
from neucobench.tasks.card import suite

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'
FORMULAS = ("=1+1", "a;=1+1", "\uff1d2", "@SUM(1)", "-1;+1", "b;@c;-d")
PAGES = ("/", "/submissions", "/account", "/host", "/host/people", "/host/audit")
BLIND = "/phases/blind"
TO_READ = (
    "/phases/{}", "/submissions/{}", "/phases/open/methods/{}", "/static/{}",
    "/api/v1/submissions/{}", "/api/v1/phases/{}/board", "/challenges/{}",
    "/invitations/{}", "/api/v1/submissions?phase={}", "/host/phases/{}",
    "/host/rescore?phase={}", "/host/audit?page={}",
    "/phases/open/history?state={}", "/phases/open?find={}",
)  # fmt: skip
TO_SEND = (
    "/account/tokens/{}/revoke", "/submissions/{}/withdraw",
    "/submissions/{}/choose", "/host/phases/{}/dates",
    "/host/challenges/{}/announce", "/host/announcements/{}/withdraw",
    "/host/submissions/{}/verify", "/host/rescore?submission={}",
)  # fmt: skip


def browser(hosted, name):
    """Return a client with the session of an account, and a token for its forms."""
    with hosted.context.database.write() as session:
        user = session.scalars(select(User).where(User.name == name)).one()
        secret = begin_session(hosted.context, session, user)
    client = hosted.client()
    client.follow_redirects = False
    client.cookies.set(SESSION_COOKIE, secret, domain="testserver.local")
    return client, csrf(client, "/account")


def csrf(client, address):
    return re.search(r'name="csrf" value="([^"]+)"', client.get(address).text)[1]


def join(hosted, name, team):
    """Make a participant."""
    add_user(hosted.context, name, team=team, actor=COMMAND_LINE)
    hosted.tokens[name] = issue_token(hosted.context, name)


def crawl(hosted, name, *begin):
    """Return address to answer of all that a visitor can reach by links."""
    client = hosted.client(name)
    waiting, seen = [*begin], {}
    while waiting and len(seen) < 80:
        address = waiting.pop(0).partition("#")[0]
        if address in seen or address.startswith(("/theme", "/static")):
            continue
        seen[address] = client.get(address)
        path = address.partition("?")[0]
        for link in re.findall(r'href="([/?][^"]*)"', seen[address].text):
            place = path if link[0] == "?" else ""
            waiting.append(place + link.replace("&amp;", "&"))
    return seen


class Elements(HTMLParser):
    """Collect what a browser would run."""

    def __init__(self, text):
        super().__init__()
        self.run = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        ours = tag == "script" and given.get("src", "").startswith("/static/")
        active = tag in ("script", "img", "iframe", "object", "embed", "base")
        if (active and not ours) or any(name.startswith("on") for name in given):
            self.run.append((tag, attrs))


@pytest.fixture
def hostile(quick):
    """Return a server on which every text that somebody typed is markup."""
    join(quick, "eve" + SCRIPT, "team" + IMAGE)
    announce(quick.context, "quiz", "news" + SCRIPT, actor="hana")
    for phase in ("blind", "open"):
        answer = quick.client("eve" + SCRIPT).post(
            f"/api/v1/phases/{phase}/submissions",
            files={"file": (f"{IMAGE}.csv", quick.csv())},
            data={"method": "method" + SCRIPT, "code": IMAGE, "weights": SCRIPT},
        )
        assert answer.status_code == 202
        quick.score()
    return quick


@pytest.mark.parametrize("name", ["eve" + SCRIPT, "root"], ids=["eve", "root"])
def test_nothing_that_somebody_typed_is_run_by_a_page(hostile, name):
    found = crawl(hostile, name, *PAGES, f"/login?next=/{IMAGE}", f"/x{SCRIPT}")
    pages = {
        path: page.text
        for path, page in found.items()
        if page.headers["content-type"].startswith("text/html")
    }
    run = {path: Elements(text).run for path, text in pages.items()}
    assert {path: elements for path, elements in run.items() if elements} == {}
    assert sum("alert(" in text for text in pages.values()) > 3


def test_no_name_is_a_formula_however_a_spreadsheet_parts_the_cells(quick):
    for number, name in enumerate(FORMULAS):
        join(quick, f"member{number}", name)
        quick.hand_in(f"member{number}", "open", method=name)
        quick.score()
    text = quick.client().get("/phases/open/board.csv").text
    starts = tuple("=+-@\uff1d\uff0b\uff0d\uff20\t\r")
    for delimiter in (",", ";", "\t"):
        rows = csv.reader(io.StringIO(text), delimiter=delimiter)
        cells = [cell for row in rows for cell in row]
        assert [cell for cell in cells if cell.startswith(starts)] == []


def test_anothers_private_submission_is_as_one_that_is_not_there(quick):
    id_ = quick.hand_in("ada", public="false").json()["id"]
    quick.score()
    bob, token = browser(quick, "bob")
    form = {"csrf": token}
    for address in ("/submissions/{}", "/api/v1/submissions/{}", BLIND + "/methods/{}"):
        real, none = (bob.get(address.format(item)) for item in (id_, "0" * 32))
        texts = [
            re.sub(r'value="[^"]*"|[0-9a-f]{32}', "", x.text) for x in (real, none)
        ]
        assert (real.status_code, texts[0]) == (404, texts[1])
    for act in ("withdraw", "choose"):
        assert bob.post(f"/submissions/{id_}/{act}", data=form).status_code == 404
    assert quick.client("bob").delete(f"/api/v1/submissions/{id_}").status_code == 404
    assert "scored" in quick.client("ada").get(f"/api/v1/submissions/{id_}").text


@pytest.mark.parametrize("name", [None, "bob"])
def test_nothing_that_was_said_about_a_file_reaches_others(quick, name):
    id_ = quick.hand_in("ada").json()["id"]
    quick.score()
    said = Finding(code="x", level="warning", message="of cube 7").as_dict()
    with quick.context.database.write() as session:
        row = session.get_one(Submission, id_)
        row.findings, row.message, row.host_message = [said], "of cube 7", "of cube 7"
    for address in ("/api/v1/submissions", "/submissions", BLIND + "/methods"):
        answer = quick.client(name).get(f"{address}/{id_}")
        assert (answer.status_code, "of cube 7" in answer.text) == (200, False)
    assert "of cube 7" in quick.client("ada").get(f"/api/v1/submissions/{id_}").text


def test_a_form_sets_nothing_that_is_not_asked_for(quick):
    for field in ("team_id", "team", "user_id", "status", "verified", "chosen"):
        answer = quick.hand_in("ada", **{field: "1"})
        assert answer.status_code == 422
        assert field in answer.json()["error"]
    assert quick.client("ada").get("/api/v1/submissions").json() == []


def test_no_header_turns_one_method_into_another(quick):
    id_ = quick.hand_in("ada").json()["id"]
    for header in ("x-http-method-override", "x-http-method", "x-method-override"):
        client = quick.client("ada", **{header: "DELETE"})
        assert client.post(f"/api/v1/submissions/{id_}").status_code == 405
        found = client.get(f"/api/v1/submissions/{id_}?_method=DELETE").json()
        assert found["status"] == "queued"


def test_a_login_leads_nowhere_else(hosted):
    client = hosted.client()
    client.follow_redirects = False
    form = {"name": "mallory", "team": "m", "password": "correct horse battery"}
    client.post("/register", data={"csrf": csrf(client, "/register"), **form})
    elsewhere = ("//evil", "https://evil", "/\\evil", "/\t/evil", "/x\r\nSet-Cookie: a")
    for then in elsewhere:
        form |= {"csrf": csrf(client, "/login"), "next": then}
        answer = client.post("/login", data=form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_no_header_is_another_address_to_try_passwords_from(hosted):
    client = hosted.client()
    token = csrf(client, "/login")
    answers = []
    for number in range(11):
        form = {"csrf": token, "name": f"n{number}", "password": "wrong"}
        place = {"x-forwarded-for": f"192.0.2.{number}", "x-real-ip": f"1.2.3.{number}"}
        answers.append(client.post("/login", data=form, headers=place).status_code)
    assert answers == [401] * 10 + [429]


def test_a_page_that_is_kept_for_all_knows_nobody(quick):
    quick.hand_in("bob")
    quick.score()
    ada, _ = browser(quick, "ada")
    own, shared = ada.get(BLIND), quick.client().get(BLIND)
    again = ada.get(BLIND, headers={"if-none-match": shared.headers["etag"]})
    assert own.headers["cache-control"] == "no-store"
    assert [">ada<" in page.text for page in (own, shared, again)] == [
        True,
        False,
        True,
    ]
    assert "csrf" not in shared.text


def test_what_no_database_keeps_is_refused_and_no_failure(
    context, hosting, quiz_labels, tmp_path, monkeypatch
):
    content = hosting.make_content(tmp_path / "content")
    monkeypatch.setenv("NEUCOBENCH_PATH", str(content))
    client, token = browser(hosting.hosted(context, quiz_labels), "hana")
    failed = []
    for value in ("\0", "3000000000", "9" * 5000):
        form = {"csrf": token, "text": "a\0b", "opens": value}
        answers = [client.get(path.format(quote(value))) for path in TO_READ]
        addresses = [path.format(quote(value)) for path in TO_SEND]
        answers += [client.post(address, data=form) for address in addresses]
        failed += [str(item.url)[:60] for item in answers if item.status_code >= 500]
    assert failed == []


@pytest.mark.parametrize("name", [None, "ada", "bob"])
def test_a_blind_phase_shows_no_task_and_no_digit_more(quick, name):
    for who, q in (("ada", 12.345678), ("bob", 23.456789)):
        quick.hand_in(who)
        quick.score([q + place for place in range(14)])
    api = [f"/api/v1{BLIND}/{part}" for part in ("board", "entries", "history")]
    pages = crawl(quick, name, BLIND, *api, "/api/v1/submissions", "/submissions")
    shown = [path for path in pages if "/rules" not in path and "open" not in path]
    text = "\n".join(pages[path].text for path in shown)
    assert "18.846" in text
    hidden = (*suite("full").tasks, "18.8456", "29.9567", "a" * 64)
    assert [word for word in hidden if word in text] == []
