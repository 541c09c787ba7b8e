"""Who speaks, kept in a target's own options."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio2video.config import Config
from audio2video.config.resolve import resolve_config
from audio2video.config.target_options import keep_options, keep_speaker
from audio2video.errors import BadFileError
from audio2video.storage.workspace import Workspace


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    return workspace


@pytest.mark.parametrize("choice", [{"face": 2}, {"face_at": "10, 20.5,3"}])
def test_a_choice_is_kept_and_found_again(place: Workspace, choice: dict[str, object]) -> None:
    config = Config().replace(tar_id="anna é", **choice)
    path = keep_speaker(place, config)
    assert path == place.target_options("anna é")
    assert resolve_config(place, {"tar_id": "anna é"}).analysis == config.analysis
    assert keep_speaker(place, config) is None


def test_all_else_in_the_file_stays(place: Workspace) -> None:
    path = place.target_options("anna")
    path.write_text("\ufeff# mine\nlineU = 70\r\nface-at = '1,2'\n face=7\nlabel = \"start\"")
    assert keep_speaker(place, Config().replace(tar_id="anna", face=3)) == path
    assert path.read_text().splitlines() == ["face = 3", "# mine", "lineU = 70", 'label = "start"']


def test_the_id_is_that_of_the_video(place: Workspace) -> None:
    path = keep_speaker(place, Config().replace(video=Path("x/bert.mp4"), face=1))
    assert path == place.target_options("bert")


def test_without_a_choice_nothing_is_written(place: Workspace) -> None:
    assert keep_speaker(place, Config().replace(tar_id="anna")) is None
    assert not place.target_options("anna").exists()


def test_any_options_are_kept_changed_and_taken_out(place: Workspace) -> None:
    said = 'Anna "A." agreed: 😀 \\ é'
    keep_options(place, "anna", {"frameU": 12, "lineU": 40, "consent": said})
    found = resolve_config(place, {"tar_id": "anna"})
    assert (found.texture.upper_frame, found.texture.upper_line) == (12, 40)
    assert found.marking.consent == said
    assert keep_options(place, "anna", {"frameU": 12, "lineU": 40}) is None
    keep_options(place, "anna", {"frameU": None, "lineU": 41})
    found = resolve_config(place, {"tar_id": "anna"})
    assert (found.texture.upper_frame, found.texture.upper_line) == (None, 41)
    assert found.marking.consent == said
    assert keep_options(place, "nobody", {"frameU": None}) is None
    assert not place.target_options("nobody").exists()


def test_what_would_be_torn_apart_is_left_alone(place: Workspace) -> None:
    path = place.target_options("anna")
    text = 'consent = """\\\nall of us"""\n'
    path.write_text(text)
    with pytest.raises(BadFileError, match=r"anna\.toml: not valid TOML"):
        keep_options(place, "anna", {"consent": "x"})
    assert path.read_text() == text
