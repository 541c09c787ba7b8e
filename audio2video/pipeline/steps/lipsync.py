"""Step 1: train a pass where asked to, and predict mouth shapes from the speech."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import BadFileError
from ...media.video import VideoWriter
from ...models.encoder_files import bilabials_hash, load_bilabials
from ...mouth.drawing import MouthCanvas, mouth_view
from ...mouth.prediction import predict_shapes
from ...provenance.container_tags import container_tags
from ...speech.encoder import MFCC, SpeechFeatures
from ...speech.features import FEATURES
from ...speech.recording import recording_activity, recording_features
from ...storage.arrays import read_array
from ...storage.artifacts import build_if_stale
from ...storage.files import file_hash
from ..job import Job, will_train
from ..loaded_shapes import load_shapes
from ..report import StepReport
from ..shapes import MADE_BY, ensure_rest, read_shapes

NAME = "lipsync"
FORMAT = 5
"""Raised when the way shapes are predicted changes."""

VISUAL_SIDE = 320
VISUAL_PRESET, VISUAL_CRF = "ultrafast", 23
"""A drawing has few edges and no grain: coded like footage it would take longer than all the rest
of this step, and look the same."""


def run(job: Job) -> StepReport:
    """Train the pass if it is due, and predict with it, for each person who speaks.

    Writes ``train/<pass_id>/``, ``input/mfcc/<inp_id>.npy`` (if the pass
    hears with 'mfcc'), ``input/ldmk/<pass_id>/<inp_id>.npy``
    (float32 (T, 20, 2), rectified, in the proportions of the pass's speaker, at the target's frame
    rate) and ``input/visual/<inp_id>-<pass_id>.mp4``.

    Raises
    ------
    Audio2VideoError
        An input is missing or can't be used.
    """
    report = StepReport(NAME, "frame")
    predict = job.config.lipsync.predict
    if will_train(job.workspace, job.config):
        from ...training.loop import train_pass

        training = train_pass(job.workspace, job.config, job.progress)
        report.facts["training"] = training
        if not predict:
            report.unit, report.count = "epoch", training["epochs"]
    if job.config.inputs.load_shapes is not None:
        report.count += job.frames if load_shapes(job) else 0
        _draw_shapes(job, file_hash(job.audio.path))
    elif job.config.listening.listen and job.config.inputs.voice_audio is None:
        report.count += job.frames if ensure_rest(job) else 0
    elif predict:
        for one in job.speakers:
            _predict(one, report)
    return report


def _predict(job: Job, report: StepReport) -> None:
    rate, frames = job.rate, job.frames
    network = job.predictor
    if network.features != "audio2video":
        raise BadFileError(
            "trained on published features, which sound can't be turned into here",
            path=job.network_path,
            hint="train on videos to predict from sound",
        )

    encoder = job.encoder
    features_path = job.workspace.features(job.speech_id)
    sound = job.voice_facts
    force = job.config.machine.force
    with ExitStack() as opened:
        # Decoded only if a product is made, and then once for both.
        heard = cache(lambda: opened.enter_context(job.speech(features_path)))

        def build_features(path: Path) -> None:
            np.save(path, recording_features(heard()[0]), allow_pickle=False)

        on_disk = encoder.note == MFCC
        if on_disk:
            build_if_stale(
                features_path,
                {"format": FORMAT, **sound},
                build_features,
                job.progress,
                force=force,
            )

        def build_shapes(path: Path) -> dict[str, Any]:
            samples, presence = heard()
            speech = recording_activity(samples, rate, frames, presence)
            features: SpeechFeatures = (
                read_array(features_path, (None, FEATURES), made_by=MADE_BY)
                if on_disk
                else encoder.features(samples)
            )
            track = predict_shapes(network, features, speech, rate, load_bilabials(encoder))
            np.save(path, track.shapes, allow_pickle=False)
            report.count += frames
            return {"rate": str(rate), "pass_id": job.pass_id}

        build_if_stale(
            job.shapes_path,
            {
                "format": FORMAT,
                "features": file_hash(features_path) if on_disk else encoder.note.sha256,
                "bilabials": bilabials_hash(network.encoder.name),
                **sound,
                "network": file_hash(job.network_path),
                "rate": str(rate),
                "frames": frames,
            },
            build_shapes,
            job.progress,
            force=force,
        )
    _draw_shapes(job, file_hash(job.audio.path))
    before = report.facts.get("output_frames", 0)
    report.facts.update({"output_frames": before + frames, "rate": str(rate)})


def _draw_shapes(job: Job, sound: str) -> None:
    """Write the video of the predicted points."""
    shapes = read_shapes(job)

    def build(path: Path) -> None:
        canvas = MouthCanvas(mouth_view(shapes, VISUAL_SIDE), VISUAL_SIDE)
        with VideoWriter(
            path,
            VISUAL_SIDE,
            VISUAL_SIDE,
            job.rate,
            audio=job.audio.path,
            audio_seconds=job.sound_seconds,
            metadata=container_tags(job.inp_id, None, job.pass_id),
            preset=VISUAL_PRESET,
            crf=VISUAL_CRF,
        ) as writer:
            for shape in job.progress.follow(shapes, "drawing mouth shapes", len(shapes)):
                writer.write(canvas.draw(shape))

    build_if_stale(
        job.workspace.visual(job.pass_id, job.speech_id),
        {
            "format": FORMAT,
            "shapes": file_hash(job.shapes_path),
            "audio": sound,
            "rate": str(job.rate),
        },
        build,
        job.progress,
        force=job.config.machine.force,
        owner={"inp_id": job.inp_id, "pass_id": job.pass_id},
    )
