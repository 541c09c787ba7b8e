"""What a user does on the page, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from browsing import Served
from playwright.sync_api import Locator, Page, expect


def choose_files(page: Page, speech: Path, video: Path) -> None:
    """Give speech and a video, and wait until its people are found."""
    page.locator("#speech input[type=file]").set_input_files(speech)
    expect(page.locator("#speech .chosen")).to_contain_text(speech.name)
    page.locator("#target input[type=file]").set_input_files(video)
    expect(page.locator("#target .chosen")).to_contain_text(video.name)
    page.locator(".persons").wait_for()


def start(page: Page, button: str = "Make the video") -> Locator:
    """Start a job, without a statement of consent where it is asked for; gives its card."""
    before = page.locator(".job").count()
    page.get_by_role("button", name=button).click()
    ask = page.get_by_role("button", name="Go on without a statement")
    card = page.locator(".job").first
    expect(ask.or_(page.locator(".job").nth(before)).first).to_be_visible()
    if ask.is_visible():
        ask.click()
    expect(page.locator(".job")).to_have_count(before + 1)
    return card


def under_way(card: Locator) -> None:
    """Wait until a job has begun to count something."""
    expect(card.locator(".steps li").first).to_be_visible()


def wait_for_state(card: Locator, state: str) -> None:
    """Wait for what a job's card says."""
    expect(card.locator(".tag")).to_have_text(state)


def record(served: Served, number: int = -1) -> dict[str, Any]:
    """What the disk knows of a job."""
    value: dict[str, Any] = json.loads(served.made("job.json")[number].read_text())
    return value
