"""What ``serve`` tells the application and the program that listens."""

import logging

import pytest

from neucobench.cli import serving
from neucobench.server.accounts.addresses import NoSecrets


def asked(tmp_path, url=None):
    return serving.ServeRequest(
        folder=tmp_path, host="127.0.0.1", port=0, database=None, workers=1, url=url,
        proxies=(), empty=True, registration=True,
    )  # fmt: skip


def test_no_address_is_logged_and_no_proxy_believed_by_the_program_that_listens():
    config = serving._config(app=None)
    assert (config.access_log, config.proxy_headers) == (False, False)


@pytest.mark.parametrize(
    ("url", "secure"),
    [("https://a.example", True), ("http://a.example", False), (None, False)],
)
def test_cookies_keep_to_https_where_participants_come_by_it(tmp_path, url, secure):
    assert serving._settings(asked(tmp_path, url), 8000).secure is secure


def test_the_log_takes_out_what_opens_a_link():
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        serving._configure_log()
        assert any(isinstance(item, NoSecrets) for item in root.handlers[0].filters)
    finally:
        root.handlers[:], _ = before
        root.setLevel(before[1])
