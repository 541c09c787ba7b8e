"""Options, presets and subtitles."""

from __future__ import annotations

from typing import Any

import pytest
from web_site import Site

from audio2video.config import Config, options_of
from audio2video.config.resolve import resolve_config
from audio2video.storage.workspace import Workspace
from audio2video.web.dub_request import settable

SRT = (
    "1\n00:00:01,000 --> 00:00:02,500\nOne\n two <b>words</b>\n\n2\n00:00:03.000 --> 00:01:00,000\n"
)


def test_options_are_told_as_they_are_declared(site: Site) -> None:
    groups = site.get("/api/options")["groups"]
    told = {one["flag"]: (group["name"], one) for group in groups for one in group["options"]}
    assert set(told) == set(settable())
    known = options_of(Config)
    for flag, (group, one) in told.items():
        declared = known[flag]
        assert group == declared.group
        assert (one["help"], one["low"], one["high"]) == (
            declared.help,
            declared.low,
            declared.high,
        )
        assert one["kind"] == declared.kind.__name__
    first = [one["common"] for one in groups[0]["options"]]
    assert first == sorted(first, reverse=True)
    assert first[0] is True


def test_a_preset_is_kept_found_and_read_by_the_command_line(site: Site) -> None:
    values = {"teeth": "off", "expressiveness": 1.5, "consent": 'Bo "said" yes\u00e9', "face": None}
    answer = site.browser.put("/api/presets/my way", json=values)
    kept = {"teeth": False, "expressiveness": 1.5, "consent": 'Bo "said" yes\u00e9'}
    assert answer.json() == kept
    assert site.get("/api/presets") == {"my way": kept}
    assert site.get("/api/library")["presets"] == ["my way"]
    path = site.place.presets / "my way.toml"
    config = resolve_config(Workspace(site.place.workspace.root), {}, path)
    assert config.mouth.expressiveness == 1.5
    assert config.marking.consent == kept["consent"]
    assert site.browser.delete("/api/presets/my way").status_code == 204
    assert site.browser.delete("/api/presets/my way").status_code == 404
    assert site.get("/api/presets") == {}


def test_what_a_page_can_not_set_stays_in_a_preset(site: Site) -> None:
    site.place.presets.mkdir()
    path = site.place.presets / "mine.toml"
    path.write_text('sign_key = "key.pem"\nteeth = true\n')
    assert site.get("/api/presets") == {"mine": {"teeth": True}}
    site.browser.put("/api/presets/mine", json={"teeth": False})
    text = path.read_text()
    assert "teeth = false" in text
    assert str(site.place.presets / "key.pem") in text
    path.write_text("no toml [")
    assert site.get("/api/presets") == {}


@pytest.mark.parametrize("name", ["..", ".x", "con", "a:b", "x" * 200, "a\u202eb"])
def test_preset_names_are_plain_file_names(site: Site, name: str) -> None:
    answer = site.browser.put(f"/api/presets/{name}", json={})
    assert answer.status_code in (404, 405, 422)  # '..' is no path of a preset at all
    if answer.status_code == 422:
        assert "a preset can't be called" in answer.json()["error"]
    assert not site.place.presets.exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"sign_key": "x"}, "option 'sign_key' can't be set here"),
        ({"expressiveness": -1}, "--expressiveness -1.0 is out of bounds; use 0 to 3"),
        ({"retiming": "full", "fit": "loop"}, "--fit loop keeps the target's own order"),
    ],
)
def test_a_preset_that_could_not_be_used_is_refused(
    site: Site, values: dict[str, Any], says: str
) -> None:
    answer = site.browser.put("/api/presets/x", json=values)
    assert answer.status_code == 422
    assert says in answer.json()["error"]
    assert site.browser.put("/api/presets/x", content=b"[]").status_code == 400


def test_subtitles_become_ranges(site: Site) -> None:
    answer = site.browser.post("/api/subtitles", content=SRT.encode())
    assert answer.json() == {
        "segments": [
            {"start": 1.0, "end": 2.5, "text": "One two <b>words</b>"},
            {"start": 3.0, "end": 60.0, "text": ""},
        ]
    }
    answer = site.browser.post("/api/subtitles", content=b"nonsense")
    assert answer.status_code == 422
    assert "line 1: 'nonsense' are no times; write it as" in answer.json()["error"]
    assert site.browser.post("/api/subtitles", content=b" " * 1_000_001).status_code == 413


def test_the_state_says_what_is_served(site: Site) -> None:
    state = site.get("/api/state")
    assert state["workspace"] == "workspace"
    assert state["max_upload"] == 1 << 28
    assert state["defaults"] == {"pass_id": "talkers"}


@pytest.mark.parametrize(("path", "status"), [("/api/none", 404), ("/api/jobs/none", 404)])
def test_what_is_not_there(site: Site, path: str, status: int) -> None:
    answer = site.browser.get(path)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert site.browser.put("/api/jobs", json={}).status_code == 405
