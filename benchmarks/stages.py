"""All that is timed, by name, in the order in which it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .growth import Curve
from .measure import Measurement
from .pipeline import growth, pipeline, startup
from .scene import Scene
from .stages_median import weighted_medians
from .stages_pictures import composite, encoding, halfway, reading
from .stages_speech import speech
from .stages_target import analysis
from .stages_texture import candidates, texture
from .stages_timing import retiming

STAGES: dict[str, Callable[[Scene], Sequence[Measurement | Curve]]] = {
    "startup": startup,
    "speech": speech,
    "analysis": analysis,
    "candidates": candidates,
    "median": weighted_medians,
    "texture": texture,
    "retiming": retiming,
    "composite": composite,
    "halfway": halfway,
    "reading": reading,
    "encoding": encoding,
    "pipeline": pipeline,
    "growth": growth,
}
