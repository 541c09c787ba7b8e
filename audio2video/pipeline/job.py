"""One run's speech, target, pass and configuration, resolved once and shared by all steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..config import Config
from ..config.segments import read_segments
from ..errors import BadFileError, MissingFileError
from ..media.audio import AudioInfo, probe_audio
from ..media.video import probe_video
from ..models.encoder_files import detector_path, load_detector, load_encoder
from ..models.pass_files import find_network, load_network
from ..mouth.predictor import Predictor
from ..progress import Progress
from ..speech.encoder import SpeechEncoder
from ..storage.artifacts import build_if_stale
from ..storage.files import file_hash
from ..storage.workspace import Workspace
from .lengths import output_frames, result_frames
from .segment_speech import write_segment_speech
from .segments import Part, SegmentPlan, plan_segments
from .speech_samples import HeardFile, speech_of

if TYPE_CHECKING:
    from ..target.analysis import TargetAnalysis

MAX_APART = 0.1
"""Seconds by which voice and speech may differ in length unnoticed: coders add a little."""

LITTLE_SPEECH = 0.1
"""Share of the time; less speech is worth a warning."""

NO_TRACK = "give the dubbed track of the whole video as audio, or in JSON a file for each range"

NO_SPEECH = "no speech in the sound"
NO_SPEECH_HINT = "is the right track in it, and not muted? --voice_audio FILE gives the voice alone"


class Job:
    """Inputs, targets and products of a run, each resolved on first use and kept.

    Parameters
    ----------
    workspace : Workspace
    config : Config
    progress : Progress
    part : Part, optional
        The ranges of the target in which the person of this job speaks, where `Config` asks for
        ranges: see `speakers`. Steps 1 to 3 then work on these frames alone.
    """

    def __init__(
        self, workspace: Workspace, config: Config, progress: Progress, part: Part | None = None
    ) -> None:
        self.workspace = workspace
        self.config = config
        self.progress = progress
        self.part = part
        self._heard: HeardFile | None = None

    @cached_property
    def plan(self) -> SegmentPlan | None:
        """The ranges that are dubbed; None where all of the target is.

        Raises
        ------
        Audio2VideoError
            They can't be read, do not fit the target, or a sound is missing.
        """
        path = self.config.inputs.segments
        if path is None:
            return None
        video = probe_video(self.workspace.target_video(self.tar_id))
        segments, inputs = read_segments(path), self.config.inputs
        given = "--voice_audio" if inputs.audio is None else "--audio"
        if (inputs.audio or inputs.voice_audio) and all(one.audio for one in segments):
            self.progress.warn(f"{path}: every range has a sound of its own: {given} is not used")
        cut = self.config.retiming.fit == "cut"
        return plan_segments(segments, path, video, self._track, cut=cut)

    def _track(self) -> tuple[AudioInfo, AudioInfo]:
        """Give speech and voice on the target's clock, for ranges without a sound of their own."""
        try:
            return self.audio, self.voice
        except MissingFileError as error:
            if self.config.inputs.audio is not None or self.config.inputs.voice_audio is not None:
                raise
            raise MissingFileError("no sound for this range", hint=NO_TRACK) from error

    @property
    def media(self) -> dict[str, Path]:
        """Files of target and speech, and the list of ranges, by their names in reports."""
        paths = {"video": self.workspace.target_video(self.tar_id)}
        if self.plan is None:
            paths["audio"] = self.workspace.input_audio(self.inp_id)
        else:
            paths |= {f"audio_{k}": path for k, path in enumerate(self.plan.audio, start=1)}
        if self.config.inputs.segments is not None:
            paths["segments"] = self.config.inputs.segments
        return paths

    @cached_property
    def speakers(self) -> tuple[Job, ...]:
        """One job for each person who speaks: this one, unless there are ranges to dub."""
        if self.plan is None:
            return (self,)
        return tuple(
            Job(self.workspace, self._config_of(part), self.progress, part)
            for part in self.plan.parts
        )

    def _config_of(self, part: Part) -> Config:
        if part.speaker is None:
            return self.config
        return self.config.replace(face=part.speaker, face_at=None)

    @property
    def _suffix(self) -> str:
        """What tells the files of one speaker from those of others."""
        speaker = None if self.part is None else self.part.speaker
        return "" if speaker is None else f"-face{speaker}"

    @property
    def inp_id(self) -> str:
        """Id of the speech."""
        return self.config.inputs.inp_id

    @property
    def tar_id(self) -> str:
        """Id of the target video."""
        return self.config.inputs.tar_id

    @property
    def pass_id(self) -> str:
        """Id of the trained pass."""
        return self.config.inputs.pass_id

    @property
    def owner(self) -> dict[str, str]:
        """Ids that the files in the result's folder belong to; see `storage.artifacts`."""
        return {"inp_id": self.inp_id, "tar_id": self.tar_id}

    @property
    def folder(self) -> Path:
        """Folder of the result."""
        return self.workspace.output(self.inp_id, self.tar_id)

    @property
    def textures_path(self) -> Path:
        """File of the texture sequence; mouth and jaw lines are in the ``.npz`` of that name."""
        return self.folder / f"texture{self._suffix}.npy"

    @property
    def proxies_path(self) -> Path:
        """Picture of the teeth proxies."""
        return self.folder / f"teeth{self._suffix}.png"

    @property
    def retiming_path(self) -> Path:
        """The retiming; its plot is in the ``.png`` of that name."""
        return self.folder / f"retiming{self._suffix}.npz"

    @property
    def speech_id(self) -> str:
        """Id of the speech as this job hears it."""
        return f"{self.inp_id}{self._suffix}"

    @property
    def shapes_path(self) -> Path:
        """Mouth shapes predicted from the speech by the pass."""
        return self.workspace.shapes(self.pass_id, self.speech_id)

    def _segment_speech(self, part: Part) -> Path:
        """Give the short speech of a part, made now unless it is up to date."""
        product = self.folder / f"speech{self._suffix}.wav"
        build_if_stale(
            product,
            {"format": 1, "rate": str(part.rate), "frames": part.frames, "said": part.facts()},
            lambda path: write_segment_speech(part, path, load_detector, self.progress),
            self.progress,
            force=self.config.machine.force,
            owner=self.owner,
        )
        return product

    @cached_property
    def audio(self) -> AudioInfo:
        """The speech.

        Raises
        ------
        MissingFileError, BadFileError
            There is no such speech, or it can't be read.
        """
        if self.part is not None:
            return probe_audio(self._segment_speech(self.part))
        return probe_audio(self.workspace.input_audio(self.inp_id))

    @cached_property
    def voice(self) -> AudioInfo:
        """What the lips follow: the clean voice where one is given, or else the speech.

        Raises
        ------
        MissingFileError, BadFileError
            There is no such file, or it can't be read.
        """
        given = self.config.inputs.voice_audio
        if given is None or self.part is not None:
            return self.audio
        voice = probe_audio(given)
        apart = float(abs(voice.duration - self.audio.duration))
        if apart > MAX_APART:
            self.progress.warn(
                f"--voice_audio is {float(voice.duration):.2f} s long, --audio "
                f"{float(self.audio.duration):.2f} s: both must begin at the same moment"
            )
        return voice

    @property
    def voice_facts(self) -> dict[str, Any]:
        """What the speech as it is heard depends on, for the keys of products."""
        return {"audio": file_hash(self.voice.path), "detector": file_hash(detector_path())}

    @contextmanager
    def speech(self, product: Path) -> Iterator[tuple[NDArray[np.int16], NDArray[np.bool_]]]:
        """Decode the speech beside a product, for as long as the ``with`` block lasts.

        Yields
        ------
        samples : ndarray of int16, shape (n,)
            Mono at 16 kHz, the speech equally loud throughout; memory-mapped.
        presence : ndarray of bool
            When someone speaks, at 50 Hz.

        Raises
        ------
        BadFileError
            Nobody speaks in it.
        Audio2VideoError
            It can't be decoded, or there is no room for it.
        """
        with speech_of(self.voice.path, product, load_detector, self._heard) as (samples, heard):
            if self._heard is None:
                self._check_speech(heard)
                self._heard = heard
            yield samples, heard.hearing.presence

    def _check_speech(self, heard: HeardFile) -> None:
        path, hearing = self.voice.path, heard.hearing
        if self.part is not None:
            for one in self.part.unheard(hearing.presence):
                self.progress.warn(
                    f"{self.config.inputs.segments}: {one.segment.place}: no speech is heard in "
                    f"the range {one.segment.times}: the mouth rests in it"
                )
        if not hearing.presence.any():
            raise BadFileError(NO_SPEECH, path=path, hint=NO_SPEECH_HINT)
        if self.part is not None:
            return
        if heard.mix.note is not None:
            self.progress.warn(f"{path}: {heard.mix.note}")
        if hearing.spoken_share < LITTLE_SPEECH:
            self.progress.warn(
                f"{path}: only {hearing.spoken_seconds:.1f} s of it are speech "
                f"({hearing.spoken_share:.0%}): the mouth rests in all the rest"
            )

    def check_speech(self) -> None:
        """Make sure that there is something to say, and that ranges to dub fit the target.

        Raises
        ------
        Audio2VideoError
            A file is missing or can't be used.
        """
        if self.plan is None:
            self.workspace.input_audio(self.inp_id)

    @cached_property
    def rate(self) -> Fraction:
        """Frames per second of target and result.

        Raises
        ------
        MissingFileError, BadFileError
            There is no such target, or it can't be read.
        """
        return probe_video(self.workspace.target_video(self.tar_id)).rate

    @cached_property
    def frames(self) -> int:
        """Frames of the result; in the job of one speaker, those of the short speech.

        Raises
        ------
        BadFileError
            The sound is too short for speech.
        """
        if self.part is not None:
            return self.part.frames
        video = probe_video(self.workspace.target_video(self.tar_id))
        if self.plan is not None:
            return video.frames
        return result_frames(self.audio, video, self.config.length_fit)

    @cached_property
    def asked(self) -> NDArray[np.bool_]:
        """Which of these frames get a mouth: all, but for those between ranges; bool (F,)."""
        return np.ones(self.frames, bool) if self.part is None else self.part.asked

    @property
    def wanted(self) -> int:
        """How many frames get a mouth."""
        return int(self.asked.sum())

    @property
    def sound_seconds(self) -> Fraction | None:
        """How much of the sound the result carries; None for all of it."""
        if self.part is not None or self.plan is not None:
            return None
        spoken = output_frames(self.audio, self.rate)
        return Fraction(self.frames) / self.rate if self.frames < spoken else None

    @cached_property
    def target(self) -> TargetAnalysis:
        """The analysed target; analysed now unless the analysis is on disk.

        Raises
        ------
        Audio2VideoError
            The video is missing, can't be used, or shows no face.
        """
        # Imported here: step 1 needs no target, and these libraries take a second to import.
        from ..target.analysis import analyse_target

        config, inputs = self.config, self.config.inputs
        return analyse_target(
            self.workspace,
            self.workspace.target_video(inputs.tar_id),
            inputs.tar_id,
            config.analysis,
            config.machine.nthreads,
            self.progress,
        )

    def analyse(self) -> None:
        """Analyse the target now, for all who speak, unless the analyses are on disk.

        Raises
        ------
        Audio2VideoError
            The video is missing, can't be used, or shows no face.
        """
        for one in self.speakers:
            _ = one.target

    @cached_property
    def network_path(self) -> Path:
        """File of the pass's network.

        Raises
        ------
        MissingFileError
            The pass has never been trained.
        """
        return find_network(self.workspace, self.pass_id)

    @cached_property
    def predictor(self) -> Predictor:
        """The pass's network, ready to predict.

        Raises
        ------
        MissingFileError, BadFileError
            The pass has never been trained, or its network is damaged or another one.
        """
        return load_network(self.network_path.parent)

    @cached_property
    def encoder(self) -> SpeechEncoder:
        """The speech encoder of the pass's network.

        Raises
        ------
        MissingFileError, BadFileError
            Its weights are missing, damaged or others; or it is unknown here.
        """
        return load_encoder(self.predictor, self.network_path)


def will_train(workspace: Workspace, config: Config, *, corpus_coming: bool = False) -> bool:
    """Tell whether step 1 trains its pass.

    Parameters
    ----------
    workspace : Workspace
    config : Config
    corpus_coming : bool
        Whether a corpus is prepared before step 1 runs, if there is none yet.
    """
    if config.lipsync.train is not None:
        return config.lipsync.train
    if workspace.finished_pass(config.inputs.pass_id) is not None:
        return False
    if corpus_coming:
        return True
    from ..training.corpus import clip_index

    return clip_index(workspace).is_file()
