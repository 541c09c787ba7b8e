"""A browser, a server, and a page that must not complain."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import FLAGS, Served, find_chromium

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

LIMIT = 150_000
"""Milliseconds after which a page hangs, however busy the machine is."""

UNREACHED = re.compile(r"Failed to load resource|ERR_")


@pytest.fixture(scope="session")
def chromium() -> Iterator[sync_api.Browser]:
    """A browser without a window."""
    found = find_chromium()
    if found is None:
        pytest.skip("no Chromium is installed (or name one by CHROMIUM)")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A server with an empty workspace."""
    server = Served(tmp_path / "workspace")
    yield server
    server.kill()


@pytest.fixture
def context(chromium: sync_api.Browser, served: Served) -> Iterator[sync_api.BrowserContext]:
    """A browser's session with the server; nothing on its pages fails or looks elsewhere."""
    made = chromium.new_context(viewport={"width": 1280, "height": 1000})
    made.set_default_timeout(LIMIT)
    sync_api.expect.set_options(timeout=LIMIT)
    wrong: list[str] = []
    made.on("weberror", lambda error: wrong.append(str(error.error)))
    made.on(
        "console",
        lambda said: (
            said.type == "error" and not UNREACHED.search(said.text) and wrong.append(said.text)
        ),
    )
    made.on(
        "request",
        lambda asked: (
            asked.url.startswith((served.origin, "blob:", "data:"))
            or wrong.append(f"asks {asked.url}")
        ),
    )
    yield made
    made.close()
    assert wrong == []


@pytest.fixture
def tab(context: sync_api.BrowserContext, served: Served) -> sync_api.Page:
    """The page, opened by the address that the command prints."""
    page: sync_api.Page = context.new_page()
    page.goto(served.address)
    return page
