"""What is timed of step 1: features, forward pass, and all of it."""

from __future__ import annotations

import shutil

from audio2video.config import Config
from audio2video.media.audio import read_audio
from audio2video.models.pass_files import find_network, load_network
from audio2video.pipeline.job import Job
from audio2video.pipeline.steps import lipsync
from audio2video.progress import Progress
from audio2video.speech.features import speech_features
from audio2video.speech.units import SAMPLE_RATE
from audio2video.storage.workspace import Workspace

from . import plain_speech
from .measure import Measurement, close
from .scene import Scene

FEATURES_APART = 2e-3
"""The package computes spectra in blocks, and stores single precision; features reach 50."""

FORWARD_APART = 1e-5

MFCC_PASS = "grid_s1"
"""Pass whose features and forward pass have plain twins; step 1 as a whole runs the default one."""


def speech(scene: Scene) -> list[Measurement]:
    """Time features and forward pass beside their twins, and step 1 with its drawn mouths."""
    samples = read_audio(scene.speech)
    network = load_network(find_network(scene.workspace, MFCC_PASS).parent)
    features = speech_features(samples)
    heard, run, whole = (
        Measurement(name, "second of speech", len(samples) / SAMPLE_RATE, rate=1.0)
        for name in ("step 1, features", "step 1, forward pass", "step 1, all")
    )
    run.facts = {"network": network.kind, "hidden": network.architecture.hidden}
    workspace = Workspace(scene.folder / "heard")
    workspace.create()
    shutil.copy(scene.speech, workspace.root / "input" / "mp3")
    shutil.copy(scene.video, workspace.root / "target" / "mp4")
    options = Config.from_flags(inp_id=scene.speech.stem, tar_id=scene.video.stem, force=True)
    for _ in range(scene.scale.repetitions):
        heard.time(lambda: speech_features(samples))
        heard_plainly = heard.time_plain(lambda: plain_speech.features(samples))
        found = run.time(lambda: network.coefficients(features))
        run_plainly = run.time_plain(lambda: plain_speech.coefficients(network, features))
        whole.time(lambda: lipsync.run(Job(workspace, options, Progress())))
    # The first window holds the sound's edge, where the library's filter starts anew.
    heard.beside(close(features[2:], heard_plainly[2:], FEATURES_APART))
    run.beside(close(found, run_plainly, FORWARD_APART))
    return [heard, run, whole]
