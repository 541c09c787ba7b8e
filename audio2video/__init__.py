"""Make the video of a person saying given speech ("Synthesizing Obama", SIGGRAPH 2017).

>>> import audio2video as a2v
>>> result = a2v.dub("talk.wav", "anna.mp4", "anna-talks.mp4")          # doctest: +SKIP

or stage by stage, with arrays in between:

>>> target = a2v.analyse_target("anna.mp4")                              # doctest: +SKIP
>>> mouth = a2v.predict_mouth("talk.wav", target.info.rate)              # doctest: +SKIP
>>> timing = a2v.retime(target, a2v.speech_activity("talk.wav", mouth.rate))  # doctest: +SKIP
>>> textures = a2v.synthesise_texture(mouth, target, timing)             # doctest: +SKIP
>>> frames = a2v.composite(textures, target, timing)                     # doctest: +SKIP
>>> a2v.save_video("anna-talks.mp4", frames, target, "talk.wav")         # doctest: +SKIP

Names are imported when first used: the import itself takes milliseconds.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from .api.animate import Animation, animate
    from .api.dub import DubPlan, DubResult, dub, plan_dub
    from .api.faces import FoundFace, find_faces
    from .api.identity import (
        IdentityRemoval,
        SpeakerPoints,
        read_speakers,
        remove_identity,
        save_identity,
    )
    from .api.inspect import Inspection, inspect_run
    from .api.landmarks import LandmarkTable, find_landmarks
    from .api.listen import listen
    from .api.measure import evaluate_lipsync, evaluate_reenact, verify
    from .api.shapes import adopt_mouth
    from .api.speak import speak
    from .api.speech import speech_activity, speech_features, speech_samples
    from .api.stages import (
        analyse_target,
        composite,
        load_pass,
        predict_mouth,
        retime,
        save_video,
        synthesise_texture,
    )
    from .api.teeth import TeethChoice, choose_teeth, teeth_picture
    from .api.train import TrainingResult, prepare_corpus, train
    from .api.workspaces import demo_speech, demo_video
    from .config import Config
    from .errors import (
        Audio2VideoError,
        BadFileError,
        CancelledError,
        MissingFileError,
        MostlyUnchangedError,
        NoFaceError,
        OptionError,
    )
    from .evaluation.output import evaluate_output
    from .evaluation.results import LipsyncEvaluation, OutputEvaluation, ReenactEvaluation
    from .evaluation.samples import Noise
    from .mouth.prediction import MouthTrack
    from .mouth.predictor import Predictor
    from .pipeline.textures import TextureSequence
    from .progress import Progress
    from .provenance.verification import Verdict
    from .retiming.retime import Retiming
    from .storage.workspace import Workspace
    from .target.analysis import TargetAnalysis

_HOMES = {
    "api.animate": ("Animation", "animate"),
    "api.dub": ("DubPlan", "DubResult", "dub", "plan_dub"),
    "api.faces": ("FoundFace", "find_faces"),
    "api.identity": (
        "IdentityRemoval",
        "SpeakerPoints",
        "read_speakers",
        "remove_identity",
        "save_identity",
    ),
    "api.inspect": ("Inspection", "inspect_run"),
    "api.landmarks": ("LandmarkTable", "find_landmarks"),
    "api.listen": ("listen",),
    "api.measure": ("evaluate_lipsync", "evaluate_reenact", "verify"),
    "api.shapes": ("adopt_mouth",),
    "api.speak": ("speak",),
    "api.speech": ("speech_activity", "speech_features", "speech_samples"),
    "api.stages": (
        "analyse_target",
        "composite",
        "load_pass",
        "predict_mouth",
        "retime",
        "save_video",
        "synthesise_texture",
    ),
    "api.teeth": ("TeethChoice", "choose_teeth", "teeth_picture"),
    "api.train": ("TrainingResult", "prepare_corpus", "train"),
    "api.workspaces": ("demo_speech", "demo_video"),
    "config": ("Config",),
    "errors": (
        "Audio2VideoError",
        "BadFileError",
        "CancelledError",
        "MissingFileError",
        "MostlyUnchangedError",
        "NoFaceError",
        "OptionError",
    ),
    "evaluation.output": ("evaluate_output",),
    "evaluation.results": ("LipsyncEvaluation", "OutputEvaluation", "ReenactEvaluation"),
    "evaluation.samples": ("Noise",),
    "mouth.prediction": ("MouthTrack",),
    "mouth.predictor": ("Predictor",),
    "pipeline.textures": ("TextureSequence",),
    "progress": ("Progress",),
    "provenance.verification": ("Verdict",),
    "retiming.retime": ("Retiming",),
    "storage.workspace": ("Workspace",),
    "target.analysis": ("TargetAnalysis",),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "Animation",
    "Audio2VideoError",
    "BadFileError",
    "CancelledError",
    "Config",
    "DubPlan",
    "DubResult",
    "FoundFace",
    "IdentityRemoval",
    "Inspection",
    "LandmarkTable",
    "LipsyncEvaluation",
    "MissingFileError",
    "MostlyUnchangedError",
    "MouthTrack",
    "NoFaceError",
    "Noise",
    "OptionError",
    "OutputEvaluation",
    "Predictor",
    "Progress",
    "ReenactEvaluation",
    "Retiming",
    "SpeakerPoints",
    "TargetAnalysis",
    "TeethChoice",
    "TextureSequence",
    "TrainingResult",
    "Verdict",
    "Workspace",
    "__version__",
    "adopt_mouth",
    "analyse_target",
    "animate",
    "choose_teeth",
    "composite",
    "demo_speech",
    "demo_video",
    "dub",
    "evaluate_lipsync",
    "evaluate_output",
    "evaluate_reenact",
    "find_faces",
    "find_landmarks",
    "inspect_run",
    "listen",
    "load_pass",
    "plan_dub",
    "predict_mouth",
    "prepare_corpus",
    "read_speakers",
    "remove_identity",
    "retime",
    "save_identity",
    "save_video",
    "speak",
    "speech_activity",
    "speech_features",
    "speech_samples",
    "synthesise_texture",
    "teeth_picture",
    "train",
    "verify",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_MODULES})
