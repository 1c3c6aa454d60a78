import pytest

from neucobench.client.address import named_in, server_address
from neucobench.errors import UsageError


@pytest.mark.parametrize(
    ("given", "server"),
    [
        ("https://a.example", "https://a.example"),
        (" https://a.example/ ", "https://a.example"),
        ("http://localhost:8000/", "http://localhost:8000"),
        ("https://a.example/challenges/water", "https://a.example"),
        ("https://a.example/phases/test?rule=borda#top", "https://a.example"),
        ("https://a.example/api/v1/health", "https://a.example"),
        ("https://a.example/neuco/challenges/water", "https://a.example/neuco"),
        ("http://[::1]:8000/phases/x", "http://[::1]:8000"),
    ],
)
def test_any_page_of_a_server_names_the_server(given, server):
    assert server_address(given) == server


def test_the_name_of_a_challenge_is_taken_from_its_page():
    url = "https://a.example/challenges/my%20water/rules"
    assert named_in(url, "challenges") == "my water"
    assert named_in(url, "phases") is None
    assert named_in("https://a.example/challenges", "challenges") is None


@pytest.mark.parametrize(
    "given",
    [
        "",
        "a.example",
        "ftp://a.example",
        "https://",
        "https://a:port",
        "http://[",
        "x y",
    ],
)
def test_what_is_no_address_of_a_server_is_refused(given):
    with pytest.raises(UsageError, match="begins with https://"):
        server_address(given)


def test_a_password_in_an_address_is_refused_and_not_repeated():
    with pytest.raises(UsageError, match="leave them out") as caught:
        server_address("https://ada:hunter2@a.example")
    assert "hunter2" not in str(caught.value)
