"""Style sheets and scripts."""

import re
from importlib.resources import files

import pytest

from neucobench.server.web.assets import asset

NAMES = ("site.css", "site.js", "board.js", "live.js", "upload.js", "mark.svg")


@pytest.mark.parametrize("name", NAMES)
def test_a_file_under_its_digest_may_be_kept_for_good(browser, name):
    answer = browser().get(asset(name).url)
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]


def test_a_file_under_another_digest_is_asked_for_again(browser):
    answer = browser().get("/static/site.css?v=older")
    assert answer.headers["cache-control"] == "no-cache"
    known = {"if-none-match": answer.headers["etag"]}
    assert browser().get("/static/site.css", **known).status_code == 304


@pytest.mark.parametrize("name", ["nothing.css", "..%2fsite.css", "%2e%2e/assets.py"])
def test_nothing_else_can_be_read(browser, name):
    assert browser().get(f"/static/{name}").status_code == 404


def test_nothing_is_loaded_from_elsewhere():
    for name in NAMES:
        text = asset(name).content.decode()
        assert not re.search(r"@import|url\(|https?://(?!www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize(
    "template",
    [
        item.name
        for item in (files("neucobench.server.web") / "templates").iterdir()
        if item.name.endswith(".html")
    ],
)
def test_no_template_has_a_style_or_a_script_inside(template):
    text = (files("neucobench.server.web") / "templates" / template).read_text()
    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?! defer src=)", text)


@pytest.mark.parametrize(
    "template",
    [
        item.name
        for item in (files("neucobench.server.web") / "templates").iterdir()
        if item.name.endswith(".html")
    ],
)
def test_every_form_that_changes_something_carries_a_token(template):
    text = (files("neucobench.server.web") / "templates" / template).read_text()
    forms = re.findall(r'<form[^>]*method="post"[^>]*>\s*(.{30})', text, re.DOTALL)
    assert all(start.startswith("{{ csrf_field(") for start in forms)
