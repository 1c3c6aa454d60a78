"""Links that carry a secret, and what a log may say of them."""

import io
import logging

import pytest

from neucobench.server.accounts.addresses import NoSecrets, link, without_secrets


def test_a_link_leads_to_the_server():
    assert (
        link("https://a.example/", "s3cret") == "https://a.example/invitations/s3cret"
    )


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("GET /invitations/s3cret HTTP/1.1", "GET /invitations/… HTTP/1.1"),
        ("/invitations/s3cret?next=/", "/invitations/…?next=/"),
        ("https://a.example/invitations/s-3_c#x", "https://a.example/invitations/…#x"),
        ("POST /account/invitations HTTP/1.1", "POST /account/invitations HTTP/1.1"),
    ],
)
def test_a_log_does_not_say_what_opens_a_link(line, kept):
    assert without_secrets(line) == kept


def test_a_logger_with_the_filter_writes_no_secret():
    text = io.StringIO()
    logger = logging.Logger("access")
    logger.addHandler(logging.StreamHandler(text))
    logger.addFilter(NoSecrets())
    logger.info(
        '%s - "%s %s HTTP/%s" %d', "::1", "GET", "/invitations/s3cret", "1.1", 200
    )
    logger.info("GET /invitations/s3cret")
    logger.info("%(path)s", {"path": "/invitations/s3cret"})
    assert "s3cret" not in text.getvalue()
    assert '::1 - "GET /invitations/… HTTP/1.1" 200' in text.getvalue()
