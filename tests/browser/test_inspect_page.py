"""The window on a run in a real browser: a file on disk, the network off."""

from __future__ import annotations

import csv
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import audio2video as a2v
from audio2video.inspection.page import WINDOW

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

RUN = "words-painted"
SECTIONS = [
    *("Speech", "Mouth", "Texture", "Retiming", "Composite", "Report", "Training", "Evaluation"),
]


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory, small_result: Path) -> Path:
    path = tmp_path_factory.mktemp("page") / "inspect <&>.html"
    a2v.inspect_run(small_result / "output" / RUN, path)
    return path


@dataclass
class Seen:
    """A page that is open, and all that it said and asked for."""

    page: Page
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    @property
    def place(self) -> str:
        return str(self.page.locator(".w-place").text_content())

    def pictures(self) -> list[Any]:
        """What all canvases show."""
        found: list[Any] = self.page.evaluate(
            "[...document.querySelectorAll('canvas')].map((one) => one.toDataURL())"
        )
        return found

    def readings(self) -> list[str]:
        """Values in the legends of all plots."""
        found: list[str] = self.page.evaluate(
            "[...document.querySelectorAll('.w-reading')].map((one) => one.textContent)"
        )
        return found

    def settle(self) -> None:
        """Wait until pictures are decoded and drawn."""
        self.await_true("document.querySelectorAll('canvas[data-shown]').length > 10")
        self.page.wait_for_timeout(150)

    def await_true(self, expression: str) -> None:
        """Ask until something is true; the page's own policy lets it do no such thing."""
        while not self.page.evaluate(expression):
            self.page.wait_for_timeout(30)

    def changed(self, before: list[Any], wanted: list[int]) -> list[bool]:
        """Which canvases show something else than before, once the wanted do, or after 20 s."""
        for _ in range(200):
            found = [a != b for a, b in zip(self.pictures(), before, strict=True)]
            if all(found[k] for k in wanted):
                break
            self.page.wait_for_timeout(100)
        return found


@pytest.fixture
def seen(chromium: Browser, page_file: Path) -> Iterator[Seen]:
    context = chromium.new_context(offline=True, viewport={"width": 1280, "height": 900})
    seen = Seen(context.new_page())
    seen.page.on("console", lambda message: seen.said.append(message.text))
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    seen.page.goto(page_file.as_uri())
    seen.settle()
    yield seen
    assert seen.said == []
    outside = [url for url in seen.asked if not re.match("data:|blob:", url)]
    assert outside == [page_file.as_uri()], "nothing but the file itself"
    context.close()


def test_every_step_is_shown(seen: Seen) -> None:
    assert seen.page.locator("h1").text_content() == RUN
    assert seen.page.locator("h2").all_text_contents() == SECTIONS
    assert seen.page.locator("svg.w-plot").count() >= 8
    assert seen.page.locator("svg.w-plot path.w-line[d^=M]").count() >= 8
    text = seen.page.locator(".inspection").inner_text()
    report = json.loads(str(seen.page.evaluate("document.getElementById('data').textContent")))[
        "report"
    ]
    for one in report["inputs"]:
        assert one["sha256"] in text
    assert "Synthetic media" in text


def test_one_slider_moves_all(seen: Seen) -> None:
    before = (seen.place, seen.readings(), seen.pictures())
    hairs = seen.page.locator(".w-hair").evaluate_all("all => all.map(l => l.getAttribute('x1'))")
    seen.page.get_by_role("slider").fill("40")
    seen.settle()
    assert seen.place == "Frame 40 · 1.60 s"
    assert seen.page.get_by_role("slider").get_attribute("aria-valuetext") == (
        "frame 40 of 62, 1.60 s"
    )
    assert seen.readings() != before[1]
    named = [0, 1, 2, 3, 4, -3, -2, -1]
    changed = seen.changed(before[2], named)
    assert all(changed[k] for k in named), "lips, stages of the texture, before, mask and after"
    assert any(changed[5:13]), "candidates"
    moved = seen.page.locator(".w-hair").evaluate_all("all => all.map(l => l.getAttribute('x1'))")
    assert all(a != b for a, b in zip(moved, hairs, strict=True))


def test_arrow_keys_step_frames(seen: Seen) -> None:
    keys = seen.page.keyboard
    keys.press("ArrowRight")
    keys.press("ArrowRight")
    keys.press("ArrowLeft")
    assert seen.place.startswith("Frame 1 ")
    keys.press("Shift+ArrowRight")
    assert seen.place.startswith("Frame 11 ")
    keys.press("End")
    assert seen.place.startswith("Frame 61 ")
    keys.press("ArrowRight")
    assert seen.place.startswith("Frame 61 "), "it ends there"
    keys.press("Home")
    assert seen.place.startswith("Frame 0 ")
    seen.page.get_by_role("slider").focus()
    keys.press("ArrowRight")
    assert seen.place.startswith("Frame 1 "), "once, though the slider has the focus"


def test_it_plays_and_stops(seen: Seen) -> None:
    seen.page.keyboard.press("Space")
    assert seen.page.locator(".w-play").text_content() == "Pause"
    seen.await_true("Number(document.querySelector('.w-slider').value) >= 5")
    seen.page.keyboard.press("Space")
    assert seen.page.locator(".w-play").text_content() == "Play"
    there = seen.place
    seen.page.wait_for_timeout(300)
    assert seen.place == there


def test_plots_show_less_time_and_lead_to_moments(seen: Seen) -> None:
    plot = seen.page.locator("svg.w-plot").nth(3)
    whole = plot.locator("path.w-line").first.get_attribute("d")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    seen.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    frame = int(seen.place.split()[1])
    assert 20 < frame < 42
    seen.page.evaluate("document.querySelector('.w-slider').dispatchEvent(new Event('input'))")
    assert plot.locator("path.w-line").first.get_attribute("d") == whole
    seen.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2)
    assert plot.locator(".w-hint").get_attribute("visibility") == "visible"


def test_figures_are_saved_for_a_paper(seen: Seen, tmp_path: Path) -> None:
    def saved(kind: str, title: str) -> Path:
        with seen.page.expect_download() as waiting:
            seen.page.get_by_role("button", name=f"Save {title} as {kind}", exact=True).click()
        path = tmp_path / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    svg = saved("SVG", "Opening")
    text = svg.read_text(encoding="utf-8")
    assert svg.name == f"{RUN}-opening.svg"
    assert "predicted" in text
    assert "time in the result [s]" in text
    assert "class=" not in text
    assert "var(" not in text
    assert "rgb(11, 95, 138)" in text, "colours of its own, light ones"
    assert saved("PNG", "Opening").read_bytes().startswith(b"\x89PNG")
    assert saved("PNG", "Frame before, mask, frame after").stat().st_size > 10_000
    assert saved("PNG", "Over the frame").stat().st_size > 5_000
    assert saved("PNG", "Candidates and their weights").stat().st_size > 5_000
    with saved("CSV", "Opening").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 62
    assert list(rows[0]) == ["seconds", "own_opening", "predicted_opening"]
    assert float(rows[10]["seconds"]) == pytest.approx(0.4)
    with saved("CSV", "The twenty points").open(newline="", encoding="utf-8") as file:
        assert len(next(csv.reader(file))) == 41
    with saved("CSV", "Candidates and their weights").open(encoding="utf-8") as file:
        weights = list(csv.DictReader(file))
    first = [float(row["weight"]) for row in weights if row["result_frame"] == "0"]
    assert sum(first) == pytest.approx(1, abs=1e-3)


def test_passes_have_their_histories(seen: Seen) -> None:
    select = seen.page.get_by_label("Pass", exact=True)
    select.select_option("grid_s1_delayed")
    assert seen.page.get_by_role("heading", name="Pass grid_s1_delayed").count() == 1
    seen.page.wait_for_timeout(200)
    plot = seen.page.locator("section", has=seen.page.locator("#w-training")).locator(".w-plot")
    assert plot.locator("path.w-line[d^=M]").count() == 2


SERVED = """<!doctype html><html lang="en"><title>A page</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/tokens.css">
<h1>Another page</h1><div id="place"></div>
<script type="module" src="/start.js"></script></html>"""
START = """import { showWindow } from "/window.js";
const data = await (await fetch("/data.json")).json();
window.shown = showWindow(document.getElementById("place"), data);"""


@contextmanager
def served(data: dict[str, Any]) -> Iterator[str]:
    """A server that lets its page run and load nothing but its own files."""
    own = {"/": (SERVED, "text/html"), "/start.js": (START, "text/javascript")}
    own["/data.json"] = (json.dumps(data), "application/json")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind = "text/css" if self.path.endswith(".css") else "text/javascript"
            if self.path in own:
                text, kind = own[self.path]
            else:
                text = (WINDOW / self.path.lstrip("/")).read_text(encoding="utf-8")
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header(
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                "img-src 'self' data: blob:; media-src blob:",
            )
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_a_server_shows_the_same_window(chromium: Browser, page_file: Path) -> None:
    text = page_file.read_text(encoding="utf-8")
    found = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    with served(json.loads(found[1])) as address:
        page = chromium.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        seen = Seen(page)
        seen.settle()
        assert page.locator("h2").all_text_contents() == SECTIONS
        colour = page.locator(".w-play").evaluate("(one) => getComputedStyle(one).backgroundColor")
        assert colour == "rgb(11, 95, 138)", "it has brought its styles itself"
        assert page.locator(".inspection").evaluate("(one) => one.style.visibility") == ""
        page.keyboard.press("ArrowRight")
        assert seen.place.startswith("Frame 1 ")
        page.evaluate("window.shown.close()")
        page.keyboard.press("ArrowRight")
        assert seen.place.startswith("Frame 1 "), "closed, it hears no keys"
        page.evaluate("window.shown.seek(5)")
        assert seen.place.startswith("Frame 5 ")
        assert said == []
        page.close()


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (390, "dark"), (640, "light")])
def test_narrow_pages_do_not_scroll_sideways(
    chromium: Browser, page_file: Path, width: int, scheme: Any
) -> None:
    context = chromium.new_context(
        offline=True, viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.wait_for_selector("svg.w-plot path.w-line")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(251, 250, 248)" if scheme == "light" else "rgb(21, 23, 26)")
    context.close()


def test_all_controls_have_names(seen: Seen) -> None:
    nameless = seen.page.evaluate(
        """[...document.querySelectorAll('button, select, input, [role=img]')]
           .filter((one) => !(one.getAttribute('aria-label') || one.textContent.trim()
             || one.labels?.[0]?.textContent.trim()))
           .map((one) => one.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    ids = seen.page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
