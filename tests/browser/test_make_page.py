"""The page "Make a video", as a user drives it, checked on the files that are made."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from browsing import Served
from numpy.typing import NDArray
from page_steps import choose_files, record, start, under_way, wait_for_state
from playwright.sync_api import BrowserContext, Page, expect
from two_people import first_person, second_person, write_film
from waiting import wait_until

from audio2video.media.video import VideoReader

pytestmark = pytest.mark.browser


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people side by side, for three seconds."""
    both = zip(first_person(75), second_person(75), strict=True)
    path = tmp_path_factory.mktemp("pair") / "pair.mp4"
    return write_film(path, [np.concatenate(two, axis=1) for two in both])


def frames_of(path: Path) -> NDArray[np.int16]:
    """All frames, shape (T, H, W, 3)."""
    with VideoReader(path) as reader:
        return np.stack([np.asarray(frame.rgb(), np.int16) for frame in reader.read()])


def moments(page: Page) -> list[float]:
    """Where the target and the result are."""
    script = "[...document.querySelectorAll('.stage video')].map(video => video.currentTime)"
    found: list[float] = page.evaluate(script)
    return found


def test_second_of_two_people(tab: Page, served: Served, small_speech: Path, pair: Path) -> None:
    choose_files(tab, small_speech, pair)
    expect(tab.locator(".box.on")).to_have_text("1")
    tab.get_by_role("button", name="Person 2", exact=True).click()
    expect(tab.get_by_role("radio", name="Person 2")).to_be_checked()

    tab.get_by_role("button", name="Make the video").click()
    tab.get_by_label("Who agreed to what?").fill("Both are painted, and agreed")
    tab.get_by_role("button", name="Keep this statement").click()
    card = tab.locator(".job")
    under_way(card)
    expect(card.locator(".steps")).to_contain_text("frames")
    expect(card.locator("progress")).to_have_attribute("aria-label", "Progress of words-pair")
    wait_for_state(card, "done")

    # Its result opens by itself, and plays in step with the target.
    tab.locator(".play").click()
    wait_until(lambda: min(moments(tab)) > 0.5, "both play")
    first, second = moments(tab)
    assert abs(first - second) < 0.2
    tab.locator(".play").click()
    place = tab.get_by_label("Place in the result")
    place.press("End")
    expect(tab.locator(".controls .time")).to_have_text("0:02.5 / 0:02.5")
    expect(tab.locator(".legend")).to_contain_text("synthesised")

    made = served.made("result.mp4")[0]
    change = np.abs(frames_of(made) - frames_of(made.with_name("before.mp4")))
    mouths = change[:, 100:160]  # above the label
    half = mouths.shape[2] // 2
    assert mouths[:, :, half:].max() > 3 * mouths[:, :, :half].max()
    with tab.expect_download() as download:
        card.get_by_role("link", name="Video").click()
    assert Path(download.value.path()).read_bytes() == made.read_bytes()

    # Asked once: kept with the target, and in the result.
    assert "Both are painted" in (served.workspace / "target" / "pair.toml").read_text()
    expect(tab.locator("#go .consent")).to_contain_text("Both are painted, and agreed")
    tab.goto(f"{served.origin}/#check")
    tab.locator("#check input[type=file]").set_input_files(made)
    expect(tab.locator("#check")).to_contain_text("Marked, and unchanged")
    expect(tab.locator("#check pre")).to_contain_text("Both are painted, and agreed")


def test_reload_and_closed_tab(
    tab: Page, context: BrowserContext, served: Served, small_speech: Path, pair: Path
) -> None:
    choose_files(tab, small_speech, pair)
    under_way(start(tab))
    tab.reload()
    expect(tab.locator("#speech .chosen")).to_contain_text("words.wav")
    under_way(tab.locator(".job"))
    tab.close()
    later = context.new_page()
    later.goto(served.origin)
    wait_for_state(later.locator(".job"), "done")
    expect(later.locator("#target .chosen")).to_contain_text("pair.mp4")
    assert len(served.made("result.mp4")) == 1

    # Every step of it can be looked into, also after a look elsewhere.
    expect(later.locator(".title")).to_have_attribute("aria-expanded", "true")
    later.get_by_role("link", name="Inspect step by step").click()
    later.locator(".inspection").wait_for()
    later.get_by_role("link", name="Make a video").click()
    later.get_by_role("link", name="Inspect", exact=True).click()
    later.reload()
    expect(later.locator(".inspection")).to_be_visible()
    with later.expect_download() as download:
        later.get_by_role("link", name="Download as one page").click()
    assert download.value.suggested_filename.endswith(".html")


def test_cancel_and_resume(tab: Page, served: Served, small_speech: Path, pair: Path) -> None:
    choose_files(tab, small_speech, pair)
    card = start(tab)
    under_way(card)
    card.get_by_role("button", name="Cancel").click()
    wait_for_state(card, "cancelled")
    assert not served.made("result.mp4")
    card.get_by_role("button", name="Resume").click()
    wait_for_state(card, "done")
    assert len(served.made("result.mp4")) == 1


def test_killed_server(tab: Page, served: Served, small_speech: Path, pair: Path) -> None:
    choose_files(tab, small_speech, pair)
    card = start(tab)
    under_way(card)
    served.kill()
    expect(tab.locator("#connection")).to_contain_text("The server does not answer")
    served.start()
    expect(tab.locator("#connection")).to_be_hidden()
    wait_for_state(card, "done")
    assert len(served.made("result.mp4")) == 1
    assert record(served)["result"]["frames"] == 62


def test_two_tabs(
    tab: Page, context: BrowserContext, served: Served, small_speech: Path, pair: Path
) -> None:
    choose_files(tab, small_speech, pair)
    other = context.new_page()
    other.goto(served.origin)
    other.locator(".persons").wait_for()
    other.get_by_role("radio", name="Person 2").check()
    tab.get_by_role("radio", name="Person 1").check()
    start(other)
    expect(tab.locator(".job")).to_have_count(1)
    start(tab)
    expect(other.locator(".job")).to_have_count(2)
    for page in (tab, other):
        for card in page.locator(".job").all():
            wait_for_state(card, "done")
    assert [record(served, k)["request"]["options"]["face"] for k in (0, 1)] == [2, 1]
    tab.on("dialog", lambda dialog: dialog.accept())
    tab.locator(".job").first.get_by_role("button", name="Remove").click()
    expect(other.locator(".job")).to_have_count(1)
    assert len(served.made("job.json")) == 1


def test_parts(tab: Page, served: Served, small_speech: Path, pair: Path, tmp_path: Path) -> None:
    choose_files(tab, small_speech, pair)
    tab.get_by_role("radio", name="Only parts").check()
    track = tab.locator(".ranges")
    track.scroll_into_view_if_needed()
    box = track.bounding_box()
    assert box is not None
    x, y, width = box["x"], box["y"] + 30, box["width"]
    tab.mouse.move(x + width * 0.1, y)
    tab.mouse.down()
    tab.mouse.move(x + width * 0.6, y, steps=5)
    tab.mouse.up()
    end = tab.get_by_role("slider", name="End of part 1")
    assert abs(float(end.get_attribute("aria-valuenow") or 0) - 1.8) < 0.05
    knob = end.bounding_box()
    assert knob is not None
    tab.mouse.move(knob["x"] + 6, y)
    tab.mouse.down()
    tab.mouse.move(knob["x"] + 6 - width / 6, y, steps=5)
    tab.mouse.up()
    assert abs(float(end.get_attribute("aria-valuenow") or 0) - 1.3) < 0.05
    tab.get_by_label("Start of part 1, in seconds").fill("0.4")
    end.press("Home")
    expect(end).to_have_attribute("aria-valuenow", "0.6")
    end.press("PageUp")
    expect(end).to_have_attribute("aria-valuenow", "3")
    for _ in range(10):
        end.press("ArrowLeft")
    expect(end).to_have_attribute("aria-valuenow", "2")

    wait_for_state(start(tab), "done")
    told = record(served)
    assert told["request"]["segments"] == [
        {"start": 0.4, "end": 2, "speech": None, "speaker": None}
    ]
    assert told["result"]["passed_through"] == {"outside the segments": 35}
    expect(tab.locator(".legend")).to_contain_text("outside the segments 35 frames")

    times = tmp_path / "times.srt"
    times.write_text("1\n00:00:00,500 --> 00:00:01,250\nHallo\n", encoding="utf-8")
    tab.locator(".segments input[type=file]").set_input_files(times)
    expect(tab.get_by_label("End of part 1, in seconds")).to_have_value("1.25")
    times.write_text("no subtitles", encoding="utf-8")
    tab.locator(".segments input[type=file]").set_input_files(times)
    expect(tab.locator(".segments .problem")).to_be_visible()


def test_each_person(tab: Page, served: Served, small_speech: Path, pair: Path) -> None:
    choose_files(tab, small_speech, pair)
    tab.get_by_role("radio", name="Each person their own").check()
    expect(tab.get_by_role("button", name="Make the video")).to_be_disabled()
    for number in (1, 2):
        tab.get_by_label(f"Speech of person {number}").select_option("words")
    tab.get_by_label("Second at which person 2 begins").fill("0.4")
    tab.get_by_label("Second at which person 2 begins").press("Tab")
    wait_for_state(start(tab), "done")
    told = record(served)
    assert told["request"]["segments"] == [
        {"start": 0, "end": 2.5, "speech": "words", "speaker": 1},
        {"start": 0.4, "end": 2.9, "speech": "words", "speaker": 2},
    ]
    made = served.made("result.mp4")[0]
    change = np.abs(frames_of(made) - frames_of(made.with_name("before.mp4")))
    mouths = change[20:60, 100:160].reshape(40, 60, 2, -1).max((0, 1, 3))
    assert mouths.min() > 60


def test_both_sides_of_a_conversation(
    tab: Page, served: Served, small_speech: Path, small_target: Path
) -> None:
    """One form gives both: each says their own, and listens while the other speaks."""
    shutil.copyfile(small_speech, served.workspace / "input" / "mp3" / "answer.wav")
    shutil.copyfile(small_target, served.workspace / "target" / "mp4" / "ben.mp4")
    tab.reload()
    choose_files(tab, small_speech, small_target)
    tab.get_by_role("radio", name="In a conversation").check()
    expect(tab.locator("#go .status")).to_contain_text("Choose what the other says.")
    expect(tab.get_by_role("checkbox", name="Who is silent listens")).to_be_checked()
    tab.get_by_label("Speech of the other").select_option(small_speech.stem)
    expect(tab.locator("#go .status")).to_contain_text("The other needs speech of their own.")
    tab.get_by_label("Speech of the other").select_option("answer")
    expect(tab.locator("#go code")).to_contain_text("--listen True")
    tab.get_by_label("Video of the other").select_option("ben")
    expect(tab.locator("#go .status p")).to_have_count(2)
    tab.locator("#options > summary").click()
    tab.get_by_label("Find an option").fill("liveliness")
    value = tab.get_by_label("liveliness", exact=True)
    value.fill("2")
    value.press("Tab")
    expect(tab.locator("#go code")).to_contain_text("--liveliness 2")
    tab.get_by_role("button", name="Make the video").click()
    for k in range(2):  # of each video, whether somebody agreed
        expect(tab.locator("dialog h2")).to_contain_text(f"{(small_target.stem, 'ben')[k]}.mp4")
        tab.get_by_role("button", name="Go on without a statement").click()
    expect(tab.locator(".job")).to_have_count(2)
    for card in tab.locator(".job").all():
        wait_for_state(card, "done")
    asked = [record(served, k)["request"] for k in range(2)]
    assert {(one["target"], one["speech"], one["hears"]) for one in asked} == {
        (small_target.stem, small_speech.stem, "answer"),
        ("ben", "answer", small_speech.stem),
    }
    # Without listening it is a dub of each.
    tab.get_by_role("checkbox", name="Who is silent listens").uncheck()
    expect(tab.locator("#go code")).not_to_contain_text("--listen True")
    # And what was made gives its settings back.
    tab.locator(".job").first.get_by_role("button", name="Use these settings").click()
    expect(tab.get_by_role("checkbox", name="Who is silent listens")).to_be_checked()
    expect(tab.locator("#target .chosen")).to_contain_text("ben.mp4")


def test_teeth_line(tab: Page, served: Served, small_speech: Path, pair: Path) -> None:
    choose_files(tab, small_speech, pair)
    tab.get_by_role("radio", name="Person 2").check()
    tab.get_by_role("button", name="Teeth…").click()
    line = tab.get_by_role("slider", name="Row where the lower teeth begin")
    before = int(line.get_attribute("aria-valuenow") or 0)
    line.press("ArrowDown")
    line.press("ArrowDown")
    expect(line).to_have_attribute("aria-valuenow", str(before + 2))
    section = tab.locator("dialog section").filter(has=tab.locator(".candidate")).first
    other = section.locator(".candidate[aria-pressed=false]").first
    frame = other.get_attribute("data-frame")
    other.click()
    tab.get_by_role("button", name="Save").click()
    expect(tab.locator("dialog")).to_have_count(0)
    kept = (served.workspace / "target" / "pair.toml").read_text()
    assert f"lineL = {before + 2}" in kept
    assert f"frameL = {frame}" in kept
    # And so it is found again; dragging sets it, too.
    tab.get_by_role("button", name="Teeth…").click()
    expect(line).to_have_attribute("aria-valuenow", str(before + 2))
    box = tab.locator(".tooth-frame").first.bounding_box()
    assert box is not None
    tab.mouse.move(box["x"] + 40, box["y"] + box["height"] * 0.4)
    tab.mouse.down()
    tab.mouse.move(box["x"] + 40, box["y"] + box["height"] * 0.5, steps=4)
    tab.mouse.up()
    rows = int(line.get_attribute("aria-valuemax") or 0) + 1
    assert abs(int(line.get_attribute("aria-valuenow") or 0) - rows / 2) <= 1
    section.get_by_role("button", name="Back to automatic").click()
    expect(line).to_have_attribute("aria-valuenow", str(before))
    tab.get_by_role("button", name="Save").click()
    expect(tab.locator("dialog")).to_have_count(0)
    assert "line" not in (served.workspace / "target" / "pair.toml").read_text()


def test_options_and_presets(
    tab: Page, served: Served, small_speech: Path, small_target: Path
) -> None:
    choose_files(tab, small_speech, small_target)
    tab.locator("#options > summary").click()
    value = tab.get_by_label("expressiveness", exact=True)
    value.fill("9")
    value.press("Tab")
    expect(tab.locator(".option .bad:visible")).to_contain_text("3")
    value.fill("1.4")
    value.press("Tab")
    expect(tab.locator("#go code")).to_contain_text("--expressiveness 1.4")
    tab.get_by_role("button", name="Save as a preset").click()
    tab.get_by_label("Name").fill("lively")
    tab.get_by_role("button", name="Save", exact=True).click()
    expect(tab.get_by_label("Preset", exact=True)).to_have_value("lively")
    assert "expressiveness = 1.4" in (served.workspace / "presets" / "lively.toml").read_text()
    tab.get_by_role("button", name="All back to defaults").click()
    expect(tab.locator("#go code")).not_to_contain_text("expressiveness")
    tab.reload()
    tab.locator("#options > summary").click()
    tab.get_by_label("Preset", exact=True).select_option("lively")
    expect(tab.locator("#go code")).to_contain_text("--expressiveness 1.4")


def test_what_is_wrong_is_said_first(tab: Page, served: Served, tmp_path: Path) -> None:
    hostile = tmp_path / "<img src=x onerror=document.title='fooled'>.wav"
    hostile.write_text("no sound")
    tab.locator("#speech input[type=file]").set_input_files(hostile)
    expect(tab.locator("#speech .problem")).to_contain_text("<img src=x onerror")
    expect(tab.locator("#speech .problem")).to_contain_text("not a video or audio file")
    assert tab.title() == "Make a video - audio2video"
    for name in ("Preview 3 seconds", "Make the video"):
        expect(tab.get_by_role("button", name=name)).to_be_disabled()
    assert not served.made("job.json")


def test_by_keyboard_alone(tab: Page, served: Served) -> None:
    def go_to(name: str) -> None:
        script = "document.activeElement.ariaLabel ?? document.activeElement.textContent"
        for _ in range(80):
            tab.keyboard.press("Tab")
            if name in tab.evaluate(script):
                return
        raise AssertionError(f"no key leads to {name}")

    expect(tab.locator("#target .item")).to_be_visible()
    go_to("demo.mp3")
    tab.keyboard.press("Enter")
    expect(tab.locator("#speech .chosen")).to_be_visible()
    go_to("demo.mp4")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("button", name="Preview 3 seconds")).to_be_enabled()
    go_to("Preview 3 seconds")
    tab.keyboard.press("Enter")
    expect(tab.locator("dialog textarea")).to_be_focused()
    go_to("Go on without")
    tab.keyboard.press("Enter")
    under_way(tab.locator(".job"))
    go_to("Cancel")
    tab.keyboard.press("Enter")
    wait_for_state(tab.locator(".job"), "preview, cancelled")
    expect(tab.locator("#spoken")).to_contain_text("cancelled")
    assert not served.made("result.mp4")


def test_dropped_files(tab: Page, served: Served, small_speech: Path) -> None:
    drop = """([place, name, bytes]) => {
        const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(bytes)], name));
        const told = { dataTransfer: files, bubbles: true, cancelable: true };
        document.querySelector(place).dispatchEvent(new DragEvent("drop", told));
    }"""
    expect(tab.locator("#speech .item")).to_be_visible()
    content = small_speech.read_bytes()
    tab.evaluate(drop, ["#speech .drop", "dropped.wav", list(content)])
    expect(tab.locator("#speech .chosen")).to_contain_text("dropped.wav")
    assert (served.workspace / "input" / "mp3" / "dropped.wav").read_bytes() == content
    tab.evaluate(drop, ["footer", "missed.wav", [1, 2, 3]])
    assert tab.url == f"{served.origin}/"


def test_recorded_speech(tab: Page, served: Served) -> None:
    tab.get_by_role("button", name="Record with the microphone").click()
    tab.get_by_role("button", name="Record", exact=True).click()
    tab.wait_for_timeout(1500)
    tab.get_by_role("button", name="Stop").click()
    tab.get_by_role("button", name="Use it").click()
    expect(tab.locator("#speech .chosen")).to_contain_text("recorded-")
    assert len(list((served.workspace / "input" / "mp3").glob("recorded-*"))) == 1


def test_light_and_narrow(tab: Page, small_speech: Path, pair: Path) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    choose_files(tab, small_speech, pair)
    for mode in ("Each person their own", "In a conversation", "Only parts", "One person"):
        tab.get_by_role("radio", name=mode, exact=True).check()
        expect(tab.get_by_role("radio", name=mode, exact=True)).to_be_checked()
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390


def test_weight_of_the_page() -> None:
    static = Path(__file__).parents[2] / "audio2video" / "web" / "static"
    assert sum(path.stat().st_size for path in static.iterdir()) < 200_000
