"""Visitors with a browser's session, and a reader of the pages that they get."""

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from neucobench.server.accounts.requests import SESSION_COOKIE
from neucobench.server.accounts.sessions import begin_session
from neucobench.server.tables import User

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "__#bold team__|[e]",
    "=HYPERLINK(1)",
    "{{ 7 * 7 }}",
    "W" * 80,
)


class Elements(HTMLParser):
    """Collect elements with their attributes, and the text between them."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.parts = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.parts.append(data)

    def of(self, tag, **wanted):
        """Return the attributes of the elements of a kind."""
        return [
            attrs
            for name, attrs in self.found
            if name == tag and wanted.items() <= attrs.items()
        ]

    @property
    def text(self):
        return " ".join(" ".join(self.parts).split())


class Browser:
    """Ask for pages as an account, or as nobody, and send their forms."""

    def __init__(self, hosted, name=None):
        self.client = TestClient(hosted.app, follow_redirects=False)
        if name is not None:
            with hosted.context.database.write() as session:
                user = session.scalars(select(User).where(User.name == name)).one()
                secret = begin_session(hosted.context, session, user)
            self.client.cookies.set(SESSION_COOKIE, secret, domain="testserver.local")

    def get(self, address, **headers):
        return self.client.get(address, headers=headers)

    def page(self, address):
        """Return the elements of a page that has to be there."""
        answer = self.get(address)
        assert answer.status_code == 200, answer.text
        return Elements(answer.text)

    def token(self, address):
        """Return the token in the first form of a page."""
        return re.search(r'name="csrf" value="([^"]+)"', self.get(address).text)[1]

    def post(self, address, page, **fields):
        """Send a form of a page."""
        fields = {"csrf": self.token(page)} | fields
        return self.client.post(address, data=fields)

    def submit(self, phase, content, *, page=None, name="mine.csv", **fields):
        """Send the form with a file."""
        page = page or f"/phases/{phase}/submit"
        fields = {"csrf": self.token(page), "method": "mine"} | fields
        return self.client.post(
            f"/phases/{phase}/submit", files={"file": (name, content)}, data=fields
        )


@pytest.fixture
def browser(hosted):
    """Return a function that opens a browser on the server."""
    return lambda name=None: Browser(hosted, name)


@pytest.fixture
def elements():
    """Return what reads a page."""
    return Elements


@pytest.fixture
def hostile():
    """Return names that are data and nothing else."""
    return HOSTILE


@pytest.fixture
def scored(quick):
    """Return the server with one entry of each of two teams on every board."""
    for phase in ("blind", "coded", "open"):
        for name, shift in (("ada", 0.0), ("bob", 0.5)):
            answer = quick.hand_in(name, phase, method=f"of {name}")
            assert answer.status_code == 202
            quick.score([10.0 + shift + place for place in range(14)])
    return quick
