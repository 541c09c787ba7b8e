"""What axe-core finds on the pages: nothing serious, in light and dark, wide and narrow."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import Served
from page_steps import choose_files, start, under_way, wait_for_state
from playwright.sync_api import BrowserContext, Page, expect

pytestmark = pytest.mark.browser

LOOKS = (("light", 1280), ("dark", 1280), ("light", 390), ("dark", 390))
"""Colour scheme, and width in pixels; 640 of 1280 are a zoom of 200 %."""


def check(page: Page, where: str) -> None:
    """Ask axe-core in every look."""
    for scheme, width in (*LOOKS, ("light", 640)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page).response["violations"]
        serious = [
            f"{where}, {scheme}, {width} px: {one['id']}: {one['nodes'][0]['html'][:120]}"
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
        assert serious == []
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{where}: {wide} pixels in {width}"
    page.set_viewport_size({"width": 1280, "height": 1000})


def test_nothing_serious_is_found(
    tab: Page, served: Served, small_speech: Path, small_target: Path
) -> None:
    expect(tab.locator("#speech .items, #speech ul").first).to_be_visible()
    check(tab, "empty")
    choose_files(tab, small_speech, small_target)
    check(tab, "both chosen")
    card = start(tab)
    under_way(card)
    check(tab, "running")
    wait_for_state(card, "done")
    check(tab, "result")
    tab.locator("summary", has_text="Options").click()
    expect(tab.get_by_label("Preset", exact=True)).to_be_visible()
    check(tab, "options")
    tab.get_by_role("button", name="Teeth…").click()
    expect(tab.get_by_role("slider").first).to_be_visible()
    check(tab, "teeth")
    tab.keyboard.press("Escape")
    card.get_by_role("button", name="Inspect step by step").or_(
        card.get_by_role("link", name="Inspect step by step")
    ).first.click()
    expect(tab.locator(".inspection")).to_be_visible()
    check(tab, "inspect")
    tab.goto(f"{served.origin}/#check")
    check(tab, "check a file")


def test_the_form_for_the_password(context: BrowserContext, served: Served) -> None:
    page = context.new_page()
    page.goto(f"{served.origin}/login?wrong=1")
    expect(page.get_by_label("Password")).to_be_visible()
    check(page, "login")
