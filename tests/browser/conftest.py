"""A server that really scores, on a port of its own, and Debian's chromium."""

import importlib.util
import shutil
import socket
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from neucobench.server.app import create_app
from neucobench.server.context import open_context
from neucobench.server.settings import Settings

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
STARTS_WITHIN = 60.0


def _beside(name):
    """Return a module of the server's tests: tests are no package."""
    known = f"tests_server_{name}"
    if known not in sys.modules:
        path = Path(__file__).parents[1] / "server" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(known, path)
        sys.modules[known] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[known])
    return sys.modules[known]


@pytest.fixture(scope="session")
def small():
    """Return the module that makes a small challenge and files for it."""
    return _beside("small_challenge")


@pytest.fixture(scope="module")
def site(small, tmp_path_factory):
    """Return the address of a running server with one open phase, and its context."""
    folder = tmp_path_factory.mktemp("site")
    small.write_content(folder / "content")
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        patch.setenv("NEUCOBENCH_PATH", str(folder / "content"))
        context = open_context(
            Settings(
                folder=folder / "server",
                database=f"sqlite:///{folder / 'server.sqlite'}",
                port=listening.getsockname()[1],
                workers=1,
                password_passes=1,
                password_kibibytes=64,
            )
        )
        small.open_challenge(context, folder / "labels")
        with _running(create_app(context), listening):
            yield context
        context.database.dispose()


@contextmanager
def _running(app, listening):
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    until = time.monotonic() + STARTS_WITHIN
    while not server.started:
        assert time.monotonic() < until
        assert thread.is_alive()
        time.sleep(0.05)
    yield
    server.should_exit = True
    thread.join(STARTS_WITHIN)


@pytest.fixture(scope="module")
def chromium():
    """Return Debian's chromium, driven by Playwright; skip where one is missing."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("chromium (Debian's package chromium) is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture
def problems():
    """Return what pages complained about; it has to stay empty."""
    return []


@pytest.fixture
def open_page(site, chromium, problems):
    """Return a function that opens a page in a browser of its own."""
    contexts = []

    def make(*, width=1280, height=900, **settings):
        contexts.append(
            chromium.new_context(
                base_url=site.settings.address,
                viewport={"width": width, "height": height},
                **settings,
            )
        )
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda line: (
                problems.append(line.text)
                if line.type == "error" and "status of 4" not in line.text
                else None
            ),
        )
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def serious():
    """Return a function: what axe finds on a page that keeps people out."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def find(page):
        found = axe.run(page).response["violations"]
        return [
            (item["id"], item["impact"], node["html"])
            for item in found
            if item["impact"] in ("serious", "critical", "moderate")
            for node in item["nodes"]
        ]

    return find
