"""Step 1: train a pass where asked to, and predict mouth shapes from the input speech."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config.options import Options
from ..errors import BadFileError, MissingFileError
from ..media.audio import AudioInfo, probe_audio
from ..media.video import VideoWriter, probe_video
from ..mouth.drawing import MouthCanvas, mouth_view
from ..mouth.predictor import Predictor
from ..mouth.resampling import at_times
from ..mouth.rest import rest_in_silence
from ..mouth.shapes import absolute_shapes, shut_mouth
from ..progress import Progress
from ..provenance.container_tags import container_tags
from ..runtime.report import StepReport
from ..speech.features import FEATURE_RATE, FEATURES
from ..speech.recording import recording_activity, recording_features
from ..storage.arrays import check_within, read_array
from ..storage.artifacts import make, read_record
from ..storage.files import file_hash
from ..storage.workspace import Workspace
from ..training.pass_files import NETWORK, load_network
from .speech_samples import samples_of

NAME = "lipsync"
MADE_BY = "step 1 (lipsync)"
FORMAT = 3
"""Raised when the way shapes are predicted changes."""

MIN_SECONDS = 0.2
"""Shorter sound holds no speech: a single phone takes longer."""

MOST_FAR = 10.0
"""Inter-ocular distances from between the eyes: no point of a mouth or jaw is as far."""

VISUAL_SIDE = 320
VISUAL_PRESET, VISUAL_CRF = "ultrafast", 23
"""A drawing has few edges and no grain: coded like footage it would take longer than all the rest
of this step, and look the same."""


def run(workspace: Workspace, options: Options, progress: Progress) -> StepReport:
    """Train the pass if it is due, and predict with it.

    Writes ``train/<pass_id>/``, ``input/mfcc/<inp_id>.npy``, ``input/ldmk/<pass_id>/<inp_id>.npy``
    (float32 (T, 20, 2), rectified, in the proportions of the pass's speaker, at the target's frame
    rate) and ``input/visual/<inp_id>-<pass_id>.mp4``.

    Raises
    ------
    Audio2VideoError
        Something needed is missing or can't be used.
    """
    report = StepReport(NAME, "frame")
    if _should_train(workspace, options):
        from ..training.loop import train_pass

        training = train_pass(workspace, options, progress)
        report.facts["training"] = training
        if not options.predict:
            report.unit, report.count = "epoch", training["epochs"]
    if options.predict:
        _predict(workspace, options, progress, report)
    return report


def output_frames(audio: AudioInfo, rate: Fraction) -> int:
    """Frames of a video that lasts as long as the sound, to within half a frame; at least one.

    Raises
    ------
    BadFileError
        The sound is too short for speech.
    """
    if audio.duration < MIN_SECONDS:
        raise BadFileError(
            f"only {float(audio.duration) * 1000:.0f} ms of sound",
            path=audio.path,
            hint=f"speech of at least {MIN_SECONDS * 1000:.0f} ms is needed",
        )
    return max(1, round(Fraction(audio.duration) * rate))


def result_ids(options: Options) -> dict[str, str]:
    """Whose the files in a result's folder are, for `audio2video.storage.artifacts.make`."""
    return {"inp_id": options.inp_id, "tar_id": options.tar_id}


def read_shapes(
    workspace: Workspace, options: Options, frames: int, rate: Fraction
) -> NDArray[np.float32]:
    """Read predicted mouth shapes for a target.

    Raises
    ------
    MissingFileError, BadFileError
        The file is missing, damaged, made for another frame rate or sound, or no mouth's.
    """
    path = workspace.shapes(options.pass_id, options.inp_id)
    shapes = read_array(path, (None, 20, 2), made_by=MADE_BY)
    if len(shapes) != frames:
        record = read_record(path) or {}
        made_for = record.get("rate")
        why = (
            f"made for {made_for} frames/s, the target has {rate}"
            if made_for not in (None, str(rate))
            else f"has {len(shapes)} frames, the speech needs {frames}"
        )
        raise BadFileError(
            why, path=path, hint=f"run {MADE_BY} again; --force True if it is your own file"
        )
    check_within(shapes, MOST_FAR, path, f"{MADE_BY} makes it again with --force True")
    return np.asarray(shapes, np.float32)


def read_network(workspace: Workspace, pass_id: str) -> tuple[Predictor, Path]:
    """Read the network of a pass, and where it lies.

    Raises
    ------
    MissingFileError
        The pass has never been trained.
    BadFileError
        Its network is damaged, or not the one that was trained.
    """
    folder = workspace.finished_pass(pass_id)
    if folder is None:
        raise MissingFileError(
            f"pass '{pass_id}' has never been trained",
            path=workspace.training_pass(pass_id),
            hint="prepare a corpus with --steps 0 and give --train True, or use --pass_id grid_s1",
        )
    return load_network(folder), folder / NETWORK


def _should_train(workspace: Workspace, options: Options) -> bool:
    if options.train is not None:
        return options.train
    if workspace.finished_pass(options.pass_id) is not None:
        return False
    from ..training.corpus import clip_index

    return clip_index(workspace).is_file()


def _predict(
    workspace: Workspace, options: Options, progress: Progress, report: StepReport
) -> None:
    audio = probe_audio(workspace.input_audio(options.inp_id))
    rate = probe_video(workspace.target_video(options.tar_id)).rate
    frames = output_frames(audio, rate)
    network, network_path = read_network(workspace, options.pass_id)
    if network.features != "audio2video":
        raise BadFileError(
            "trained on published features, which sound can't be turned into here",
            path=network_path,
            hint="train on videos to predict from sound",
        )

    features_path = workspace.features(options.inp_id)
    sound = file_hash(audio.path)
    with ExitStack() as opened:
        # Needed by no product or by two.
        samples = cache(lambda: opened.enter_context(samples_of(audio.path, features_path)))

        def build_features(path: Path) -> None:
            np.save(path, recording_features(samples()), allow_pickle=False)

        make(
            features_path,
            {"format": FORMAT, "audio": sound},
            build_features,
            progress,
            force=options.force,
        )
        features = read_array(features_path, (None, FEATURES), made_by=MADE_BY)

        def build_shapes(path: Path) -> dict[str, Any]:
            coefficients = network.coefficients(features)
            times = np.arange(frames) / float(rate)
            at_frames = at_times(coefficients, Fraction(FEATURE_RATE), times)
            shapes = absolute_shapes(network.basis.decode(at_frames), network.reference)
            speech = recording_activity(samples(), rate, frames)
            shapes = rest_in_silence(shapes, speech, float(rate), shut_mouth(network.reference))
            np.save(path, shapes.astype(np.float32), allow_pickle=False)
            report.count = frames
            return {"rate": str(rate), "pass_id": options.pass_id}

        shapes_path = workspace.shapes(options.pass_id, options.inp_id)
        make(
            shapes_path,
            {
                "format": FORMAT,
                "features": file_hash(features_path),
                "audio": sound,
                "network": file_hash(network_path),
                "rate": str(rate),
                "frames": frames,
            },
            build_shapes,
            progress,
            force=options.force,
        )
    shapes = read_shapes(workspace, options, frames, rate)

    def build_visual(path: Path) -> None:
        tags = container_tags(options.inp_id, None, options.pass_id)
        canvas = MouthCanvas(mouth_view(shapes, VISUAL_SIDE), VISUAL_SIDE)
        with VideoWriter(
            *(path, VISUAL_SIDE, VISUAL_SIDE, rate),
            audio=audio.path,
            metadata=tags,
            preset=VISUAL_PRESET,
            crf=VISUAL_CRF,
        ) as writer:
            for shape in progress.follow(shapes, "drawing mouth shapes", len(shapes)):
                writer.write(canvas.draw(shape))

    make(
        workspace.visual(options.pass_id, options.inp_id),
        {"format": FORMAT, "shapes": file_hash(shapes_path), "audio": sound, "rate": str(rate)},
        build_visual,
        progress,
        force=options.force,
        made_for={"inp_id": options.inp_id, "pass_id": options.pass_id},
    )
    report.facts.update({"output_frames": frames, "rate": str(rate)})
