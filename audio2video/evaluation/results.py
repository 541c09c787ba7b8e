"""Typed results of evaluations, convertible to plain JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

Measures = Mapping[str, Any]
"""Measures by name; ``docs/reference/measures.md`` says what each is and in which unit."""

T = TypeVar("T", bound="Evaluation")


@dataclass(frozen=True)
class Evaluation:
    """Base of all results."""

    @classmethod
    def from_dict(cls: type[T], values: Mapping[str, Any]) -> T:
        """Make a result from JSON values."""
        paths = {one.name for one in fields(cls) if one.type == "Path"}
        return cls(**{k: Path(v) if k in paths else v for k, v in values.items()})

    def as_dict(self) -> dict[str, Any]:
        """Give all values as plain JSON types."""
        return {
            one.name: str(value) if isinstance(value, Path) else value
            for one in fields(self)
            for value in [getattr(self, one.name)]
        }


@dataclass(frozen=True)
class OutputEvaluation(Evaluation):
    """Measures of a finished result.

    Parameters
    ----------
    inp_id, tar_id, pass_id : str
    result, folder : Path
        The video, and the folder of plots and tables.
    faces : mapping
        Frames, and in how many a face was found.
    lag : mapping
        Of the lips behind prediction and voice, in ms.
    opening : mapping
        Opening of the lips against the prediction.
    silence : mapping
        Motion and opening in pauses.
    own : mapping or None
        Lips against the target's own, where the speech is the target's own sound.
    frozen : mapping
        Frames that repeat the one before.
    timing : mapping
        Durations, frame rate, offset of the sound.
    outside : mapping
        Changes outside the face, beside those of the codec alone.
    """

    inp_id: str
    tar_id: str
    pass_id: str
    result: Path
    folder: Path
    faces: Measures
    lag: Measures
    opening: Measures
    silence: Measures
    own: Measures | None
    frozen: Measures
    timing: Measures
    outside: Measures


@dataclass(frozen=True)
class LipsyncEvaluation(Evaluation):
    """Measures of a pass on clips.

    Parameters
    ----------
    pass_id, kind : str
        The pass, and the kind of its network.
    network : Path
    measured_on : str
        Split of the pass, or folder of clips.
    noise : mapping or None
        Kind and signal-to-noise ratio of noise added to the sound.
    clips : int
    unit : str
        Of all lengths.
    measures : mapping
        For ``step1`` (the shapes that step 1 writes), ``network`` (without closed lips and rest),
        ``floor`` (the truth through the shape basis), ``mean_shape`` and
        ``ridge``: what `audio2video.mouth.metrics.summarise` gives.
    groups : mapping
        By corpus, or by folder below that of the clips, such as one for each speaker: the same for
        ``step1``. Empty if there is only one.
    phones : mapping or None
        What `audio2video.mouth.phones.summarise_phones` gives for ``step1``, if a list of phones
        was given.
    left_out : mapping of str to str
        Baselines that could not be measured, and why.
    skipped : sequence
        Clips that can't be used, and why.
    folder : Path
        Plots and tables.
    """

    pass_id: str
    kind: str
    network: Path
    measured_on: str
    noise: Measures | None
    clips: int
    unit: str
    measures: Measures
    groups: Mapping[str, Measures]
    phones: Measures | None
    left_out: Mapping[str, str]
    skipped: Sequence[Mapping[str, str]]
    folder: Path


@dataclass(frozen=True)
class ReenactEvaluation(Evaluation):
    """Measures of a target rebuilt from itself.

    Parameters
    ----------
    folder : Path
        Videos, blind test, plots and tables.
    target : str
        Name of its file.
    frames, frames_in_target : int
        Rebuilt frames, and all.
    exclude_seconds : float
    candidates : int
        Candidate frames of one texture.
    detail_gain, opening_detail_gain : float
        Gains of fine detail, on skin and in the mouth opening.
    options : mapping
        The config, by flag.
    measures : mapping
        For ``rebuilt`` and two baselines: what `audio2video.evaluation.realism.summarise` gives.
    """

    folder: Path
    target: str
    frames: int
    frames_in_target: int
    exclude_seconds: float
    candidates: int
    detail_gain: float
    opening_detail_gain: float
    options: Measures
    measures: Measures
