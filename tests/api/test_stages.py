"""The stages one by one give what the numbered steps give."""

from __future__ import annotations

from inspect import signature
from pathlib import Path

import av
import numpy as np
import pytest

import audio2video as a2v
from audio2video.storage.workspace import Workspace


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return Workspace(tmp_path_factory.mktemp("api") / "workspace")


PLAIN = a2v.Config().replace(watermark=False)
"""Watermarks say what a result was made of, and differ with it."""


@pytest.fixture(scope="module")
def dubbed(
    tmp_path_factory: pytest.TempPathFactory,
    place: Workspace,
    small_speech: Path,
    small_target: Path,
) -> a2v.DubResult:
    folder = tmp_path_factory.mktemp("dubbed")
    return a2v.dub(small_speech, small_target, folder / "out.mp4", workspace=place, config=PLAIN)


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_a_result_says_what_was_made(dubbed: a2v.DubResult) -> None:
    assert dubbed.path.is_file()
    assert (dubbed.frames, dubbed.rate) == (62, 25)
    assert dubbed.synthesised + sum(dubbed.passed_through.values()) == dubbed.frames
    assert float(dubbed.duration) == pytest.approx(2.48)
    assert set(dubbed.seconds) == {"lipsync", "texture", "retiming", "composite"}
    assert any("statement of consent" in text for text in dubbed.notices)
    assert dubbed.warnings == ()
    for kept in (dubbed.sheet, dubbed.report):
        assert kept is not None
        assert kept.is_file()
    assert a2v.verify(dubbed.path).state == "intact"


def test_stage_by_stage_is_the_same_video(
    dubbed: a2v.DubResult,
    place: Workspace,
    tmp_path: Path,
    small_speech: Path,
    small_target: Path,
) -> None:
    target = a2v.analyse_target(small_target, workspace=place)
    mouth = a2v.predict_mouth(small_speech, target.info.rate)
    assert mouth.shapes.shape == (62, 20, 2)
    timing = a2v.retime(target, a2v.speech_activity(small_speech, mouth.rate))
    textures = a2v.synthesise_texture(mouth, target, timing, workspace=place)
    assert len(textures.textures) == len(textures.jaw) == 62
    frames = a2v.composite(textures, target, timing)
    path = a2v.save_video(tmp_path / "stages.mp4", frames, target, small_speech, config=PLAIN)
    for ours, steps in zip(pictures(path), pictures(dubbed.path), strict=True):
        np.testing.assert_array_equal(ours, steps)
    verdict = a2v.verify(path)
    assert (verdict.state, verdict.synthetic) == ("intact", True)


def test_an_own_stage_takes_a_stages_place(
    place: Workspace, small_speech: Path, small_target: Path
) -> None:
    target = a2v.analyse_target(small_target, workspace=place)
    mouth = a2v.predict_mouth(small_speech, target.info.rate)
    shut = a2v.MouthTrack(
        np.repeat(mouth.reference[None], len(mouth), axis=0).astype(np.float32),
        mouth.rate,
        mouth.reference,
    )
    timing = a2v.retime(target, np.zeros(len(mouth), np.float32))
    textures = a2v.synthesise_texture(shut, target, timing, workspace=place)
    np.testing.assert_allclose(textures.mouth, textures.mouth[:1].repeat(len(mouth), 0), atol=1e-6)


def test_lengths_that_do_not_fit_are_refused(
    place: Workspace, small_speech: Path, small_target: Path
) -> None:
    target = a2v.analyse_target(small_target, workspace=place)
    mouth = a2v.predict_mouth(small_speech, target.info.rate)
    timing = a2v.retime(target, np.zeros(5, np.float32))
    with pytest.raises(a2v.OptionError, match="62 mouth shapes for 5 retimed frames"):
        a2v.synthesise_texture(mouth, target, timing, workspace=place)


def test_a_video_never_overwrites_its_inputs(
    place: Workspace, small_speech: Path, small_target: Path
) -> None:
    target = a2v.analyse_target(small_target, workspace=place)
    with pytest.raises(a2v.OptionError, match="would overwrite one of its own inputs"):
        a2v.save_video(small_target, iter(()), target, small_speech)


def test_passes_are_loaded_by_name() -> None:
    assert a2v.load_pass("grid_s1").kind == "bilstm"
    with pytest.raises(a2v.MissingFileError, match="has never been trained"):
        a2v.load_pass("nobody")


def test_a_track_can_be_looked_at_and_exaggerated(small_speech: Path) -> None:
    mouth = a2v.predict_mouth(small_speech, 25)
    assert mouth.times[-1] == pytest.approx(61 / 25)
    assert mouth.opening.shape == (62,)
    closed = mouth.scaled(0.0).opening
    assert np.ptp(closed) == 0
    wide = mouth.scaled(2.0).opening
    np.testing.assert_allclose(wide - closed, 2 * (mouth.opening - closed), atol=1e-3)


def test_everything_public_is_there_and_documented() -> None:
    for name in a2v.__all__:
        found = getattr(a2v, name)
        assert name in dir(a2v)
        if callable(found):
            assert (found.__doc__ or "").strip(), name
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        _ = a2v.nothing


def annotations_of(parameter: str) -> dict[str, str]:
    """Types of a parameter, by the public functions that take it."""
    takers = {
        name: signature(getattr(a2v, name)).parameters.get(parameter)
        for name in a2v.__all__
        if callable(getattr(a2v, name)) and name[0].islower()
    }
    return {name: taken.annotation for name, taken in takers.items() if taken is not None}


def test_whatever_takes_progress_takes_true() -> None:
    found = annotations_of("progress")
    assert {"dub", "train", "analyse_target", "evaluate_output"} <= set(found)
    assert set(found.values()) == {"Progress | bool | None"}


def test_whatever_takes_a_workspace_or_a_file_takes_its_path_as_text() -> None:
    found = annotations_of("workspace")
    assert {"dub", "train", "analyse_target", "evaluate_output", "load_pass"} <= set(found)
    assert {kind.removesuffix(" | None") for kind in found.values()} == {"Workspace | str | Path"}
    for parameter in ("audio", "video", "path", "clips", "landmark_model", "phones", "corpus"):
        for name, kind in annotations_of(parameter).items():
            assert "Path" not in kind or kind.startswith("str | Path"), (name, parameter)
