"""Who speaks, as options say it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.config import AnalysisConfig, Config, FacePlace
from audio2video.config.resolve import resolve_config
from audio2video.errors import OptionError
from audio2video.storage.workspace import Workspace


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("640,360", FacePlace(640, 360)),
        ("640,360,2.5", FacePlace(640, 360, 2.5)),
        (" 1.5 , 0 , 0 ", FacePlace(1.5, 0, 0)),
    ],
)
def test_places_are_read(text: str, place: FacePlace) -> None:
    assert FacePlace.parse(text) == place
    assert AnalysisConfig(face_at=text).face_place == place


@pytest.mark.parametrize(
    "text",
    ["", "left", "640", "640;360", "1,2,3,4", "-1,5", "1,2,-3", "nan,1", "1,inf", "1,,2", "1e9,2"],
)
def test_nonsense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(OptionError, match=r"--face_at .* is no place; use X,Y in pixels, or X,Y,S"):
        Config().replace(face_at=text)


VALUES = st.floats(0, 1e5).map(lambda v: float(f"{v:g}"))


@given(VALUES, VALUES, st.none() | VALUES)
def test_a_place_is_written_as_it_is_read(x: float, y: float, seconds: float | None) -> None:
    place = FacePlace(x, y, seconds)
    assert FacePlace.parse(str(place)) == place


@pytest.mark.parametrize("number", [0, -1, 1001])
def test_numbers_of_nobody(number: int) -> None:
    with pytest.raises(OptionError, match=f"--face {number} is out of bounds; use 1 to 1000"):
        Config().replace(face=number)


def test_one_person_is_chosen_in_one_way() -> None:
    with pytest.raises(OptionError, match="--face and --face_at can't go together"):
        Config().replace(face=1, face_at="5,5")


def test_equal_choices_are_called_equal() -> None:
    assert AnalysisConfig().speaker is None
    assert AnalysisConfig(face=2).speaker == "face 2"
    assert AnalysisConfig(face_at="1.0, 2").speaker == AnalysisConfig(face_at="1,2.0").speaker


def test_the_command_line_replaces_the_targets_own_choice(tmp_path: Path) -> None:
    place = Workspace(tmp_path)
    place.create()
    place.target_options("anna").write_text('face_at = "10,20"\n')
    chosen = resolve_config(place, {"tar_id": "anna"}).analysis
    assert (chosen.face, chosen.face_at) == (None, "10,20")
    chosen = resolve_config(place, {"tar_id": "anna", "face": 2}).analysis
    assert (chosen.face, chosen.face_at) == (2, None)
