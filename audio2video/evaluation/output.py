"""Evaluation of a finished result: lips, timing, and changes outside the mouth."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compositing.jaw import chin_offsets
from ..config import Config
from ..errors import MissingFileError
from ..face.layout import mouth_opening
from ..face.smoothing import unbroken_stretches
from ..face.track import FaceTrack, build_track
from ..face.tracking import track_face
from ..media.audio import probe_audio, read_audio
from ..pipeline.job import Job
from ..pipeline.speech_samples import level_speech
from ..progress import Progress, as_progress
from ..speech.features import CEPSTRA
from ..speech.recording import as_pcm, recording_activity, recording_features
from ..storage.files import replacing, write_json
from ..storage.workspace import Workspace
from .output_blocks import BLOCK, measure_frozen, threshold_of
from .output_compare import Comparison, ResultPass, codec_alone, outside_summary
from .output_inputs import Result, pass_of, playback_of, read_result, refuse_ranges
from .output_lips import (
    Silence,
    compare_openings,
    find_silences,
    lag_behind_voice,
    lip_motion,
    measure_silence,
    speaking_range,
)
from .output_own import compare_with_own, is_own_sound
from .output_timing import measure_clock, measure_sound
from .plots_output import plot_changes, plot_result_openings
from .results import OutputEvaluation
from .speaker_track import follow_speaker


@dataclass(frozen=True)
class _Openings:
    """Openings above the closed mouth, predicted and seen, and the sound that goes with them."""

    predicted: NDArray[np.float64]
    seen: NDArray[np.float64]
    speech: NDArray[np.float32]
    energy: NDArray[np.float32]
    silences: list[Silence]
    shares: bool


def evaluate_output(
    workspace: Workspace | str | Path,
    inp_id: str,
    tar_id: str,
    *,
    pass_id: str | None = None,
    landmark_model: str | Path | None = None,
    progress: Progress | bool | None = None,
) -> OutputEvaluation:
    """Measure the result of a speech on a target.

    Writes ``evaluation.json``, ``frames.csv`` and plots into the result's folder, under
    ``evaluation``.

    Parameters
    ----------
    workspace : Workspace, str or Path
    inp_id, tar_id : str
    pass_id : str, optional
        Pass that its mouth shapes came from; by default the one its report names.
    landmark_model : str or Path, optional
        dlib 68-point model to use instead of the packaged one; that of the run.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    OutputEvaluation

    Raises
    ------
    Audio2VideoError
        There is no such result, or what it was made of is not there any more.
    """
    workspace, progress = Workspace.at(workspace), as_progress(progress)
    model = None if landmark_model is None else Path(landmark_model)
    config = Config.from_flags(inp_id=inp_id, tar_id=tar_id, landmark_model=model)
    config = config.replace(**playback_of(workspace.output(inp_id, tar_id)))
    refuse_ranges(workspace.output(inp_id, tar_id))
    job = Job(workspace, config, progress)
    speech = job.audio
    path = workspace.result(inp_id, tar_id)
    video = workspace.target_video(tar_id)
    if not path.is_file():
        raise MissingFileError(
            f"speech '{inp_id}' has no result on target '{tar_id}'",
            path=path,
            hint=f"make it with --steps 1 2 3 4 --inp_id {inp_id} --tar_id {tar_id}",
        )
    made_by = pass_of(job, pass_id)
    result = read_result(job, path)
    heard, sound = read_audio(path), probe_audio(path)

    drops = _drops(result)
    codec = codec_alone(result.target, result.timing, drops)
    thresholds = (threshold_of(codec.box), threshold_of(codec.face))
    comparison = Comparison(result.target, result.timing, drops, thresholds, result.label)
    look = ResultPass(path, len(result), comparison, result.target, result.timing)
    track = _follow(look, result, model, progress)
    if not track.usable.any():
        progress.warn(f"{path.name}: no face is found in the result; its lips are not measured")

    openings, lips = _lips(result, track, heard)
    clock = measure_clock(
        result.info,
        sound,
        speech,
        result.target.info.rate,
        job.frames,
    )
    folder = workspace.output(inp_id, tar_id) / "evaluation"
    answer: dict[str, Any] = {
        "inp_id": inp_id,
        "tar_id": tar_id,
        "pass_id": made_by,
        "result": str(path),
        "folder": str(folder),
        **lips,
        "own": compare_with_own(result, track, heard) if is_own_sound(video, heard) else None,
        "frozen": measure_frozen(np.array(look.still), np.array(look.under)),
        "timing": clock | measure_sound(read_audio(speech.path), heard),
        "outside": outside_summary(comparison, codec),
    }
    _write(folder, answer, result, openings, look, comparison)
    return OutputEvaluation.from_dict(answer)


def _drops(result: Result) -> NDArray[np.float64]:
    """How much lower each output frame's chin is than its target frame's."""
    frames, track = result.timing.frames[: len(result)], result.target.track
    own = track.rectified_jaw()[frames]
    return chin_offsets(result.jaw[: len(result)], own, track.usable[frames])


def _follow(
    look: ResultPass, result: Result, landmark_model: Path | None, progress: Progress
) -> FaceTrack:
    from ..models.face_models import load_face_finder

    finder = load_face_finder(landmark_model)
    grays = progress.follow(look.grays(), "measuring the result", len(result))
    if len(result.target.usable_frames) < 2:
        return build_track(list(track_face(grays, finder)))
    track, frames = result.target.track, result.timing.frames[: len(result)]
    expected, usable = track.landmarks[frames].astype(np.float64), track.usable[frames]
    return build_track(list(follow_speaker(grays, finder, expected, usable)))


def _lips(
    result: Result, track: FaceTrack, heard: NDArray[np.float32]
) -> tuple[_Openings, dict[str, Any]]:
    """Measure everything about the lips."""
    target, rate = result.target, result.info.rate
    own = target.track.mouth[target.track.usable]
    span = speaking_range(own, target.reference)
    unit = 1.0 if span is None else span
    closed = mouth_opening(target.reference)
    predicted = (mouth_opening(result.mouth[: len(result)]) - closed) / unit
    seen = np.where(track.usable, (mouth_opening(track.mouth) - closed) / unit, np.nan)
    stretches = unbroken_stretches(track.usable, track.starts)
    # As the lips were made: music is silence to them, and all speech is equally loud.
    even, hearing = level_speech(as_pcm(heard))
    speech = recording_activity(even, rate, len(result), hearing.presence)
    energy = recording_features(even)[:, CEPSTRA]
    silences = find_silences(speech, float(rate))
    motion = lip_motion(track.mouth, track.starts | ~track.usable)
    silence = measure_silence(silences, predicted, seen, motion, float(rate))
    if span is None:
        silence |= {"limit": None, "within_limit": None}
    everywhere = [slice(0, len(result))]
    mouths = result.mouth[: len(result)]
    compared = compare_openings(predicted, seen, stretches, rate)
    answer = {
        "faces": {
            "frames": len(result),
            "seen_in_result": int(track.usable.sum()),
            "seen_in_target": int(target.track.usable[result.timing.frames[: len(result)]].sum()),
        },
        "lag": {
            "behind_prediction_ms": compared.pop("lag_ms"),
            "behind_voice": lag_behind_voice(track.mouth, stretches, rate, energy),
            "prediction_behind_voice": lag_behind_voice(mouths, everywhere, rate, energy),
        },
        "opening": {
            "unit": "inter-ocular distances" if span is None else "speaker's range",
            "speaker_range": span,
            **compared,
        },
        "silence": silence,
    }
    return _Openings(predicted, seen, speech, energy, silences, span is not None), answer


def _write(
    folder: Path,
    answer: dict[str, Any],
    result: Result,
    openings: _Openings,
    look: ResultPass,
    comparison: Comparison,
) -> None:
    rate = float(result.info.rate)
    with replacing(folder) as temporary:
        temporary.mkdir()
        write_json(temporary / "evaluation.json", answer)
        _write_table(temporary / "frames.csv", result, openings, look)
        plot_result_openings(
            openings.predicted,
            openings.seen,
            openings.energy,
            [(silence.start / rate, silence.stop / rate) for silence in openings.silences],
            rate,
            "share of the speaker's range" if openings.shares else "inter-ocular distances",
            temporary / "openings.png",
        )
        if look.picture is not None:
            plot_changes(
                look.picture,
                BLOCK,
                comparison.total / max(comparison.frames, 1),
                comparison.changed / np.maximum(comparison.seen, 1),
                comparison.seen > 0,
                temporary / "changes.png",
            )


def _write_table(path: Path, result: Result, openings: _Openings, look: ResultPass) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            [
                "frame",
                "seconds",
                "target_place",
                "speech",
                "predicted_opening",
                "seen_opening",
                "change",
                "face_change",
                "target_change",
                "target_face_change",
            ]
        )
        for k in range(len(result)):
            writer.writerow(
                [
                    k,
                    f"{float(k / result.info.rate):.4f}",
                    result.timing.positions[k],
                    f"{openings.speech[k]:.3f}",
                    f"{openings.predicted[k]:.4f}",
                    f"{openings.seen[k]:.4f}",
                    *(f"{change:.3f}" for change in (*look.still[k], *look.under[k])),
                ]
            )
