"""The configs of the pipeline, one for each concern."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import OptionError
from ..storage.ids import DEFAULT_ID, check_id, id_from_path
from .face_place import FacePlace
from .label_words import WORDS
from .option import option, options_of
from .spoken_text import given_text, text_id

DEFAULT_PASS = "talkers"
MAX_TEXT = 1000
"""Characters of a text that is written into a result."""

VOICE_PROGRAMS = ("espeak-ng", "flite", "piper")
"""Programs that speak a text, in the order in which they are looked for."""

AS_IT_IS, OFF = 0.0, -100.0
"""Levels in dB that True and False stand for; what is as quiet as the second is left out."""

VIDEO = "One video"
PICTURE = "Picture (steps 2 to 4)"
LISTENING = "Listening"
TRAINING = "Training (step 1)"
DATASET = "Dataset (step 0)"
MACHINE = "Machine"
GROUPS = (VIDEO, PICTURE, LISTENING, TRAINING, DATASET, MACHINE)
"""Headings of ``--help``, in the order shown."""


class Section:
    """Base of all configs: values are checked when one is made."""

    def __post_init__(self) -> None:
        """Check the bounds of all values."""
        for one in options_of(type(self)).values():
            if len(one.path) == 1:
                one.check(getattr(self, one.path[0]))

    def flags(self) -> dict[str, Any]:
        """Give all values by flag, as plain JSON types; the basis of cache keys and reports."""
        return {flag: _plain(_get(self, one.path)) for flag, one in options_of(type(self)).items()}


def _get(config: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        config = getattr(config, name)
    return config


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


@dataclass(frozen=True)
class InputConfig(Section):
    """Speech, target and pass.

    Parameters
    ----------
    audio, video : Path, optional
        Files to copy into the workspace first.
    voice_audio : Path, optional
        The voice alone, as long as the speech: the lips follow it.
    text : str, optional
        What is to be said, instead of `audio`.
    text_file : Path, optional
        A file with it.
    voice_program : str, optional
        Program that speaks it: one of `VOICE_PROGRAMS`, or its path; None for the first found.
    voice_name : str, optional
        Voice of that program.
    segments : Path, optional
        Ranges of the target to dub, see `audio2video.config.segments`; None for all of it.
    load_shapes : Path, optional
        Mouth shapes from elsewhere, see `audio2video.mouth.foreign`.
    shapes_rate : float, optional
        How many of them are a second.
    inp_id, tar_id, pass_id : str
        Ids of the speech, the target video and the trained pass.
    """

    audio: Path | None = option(
        None, "speech to use: any sound or video file; its stem becomes inp_id", group=VIDEO
    )
    video: Path | None = option(None, "target video to use; its stem becomes tar_id", group=VIDEO)
    voice_audio: Path | None = option(
        None,
        "the voice of --audio alone: the lips follow it, the result keeps the full mix of --audio",
        group=VIDEO,
    )
    text: str | None = option(
        None, "text to speak with an installed program, instead of --audio", group=VIDEO
    )
    text_file: Path | None = option(None, "file with that text, UTF-8", group=VIDEO)
    voice_program: str | None = option(
        None,
        "program that speaks the text: espeak-ng, flite or piper, or its path (default: the first "
        "installed)",
        group=VIDEO,
    )
    voice_name: str | None = option(
        None,
        "voice of that program: de or en-us+f3 of espeak-ng, slt of flite, a model file (.onnx) of "
        "piper",
        group=VIDEO,
    )
    segments: Path | None = option(
        None,
        "dub only these ranges of the video, SRT or JSON (start, end, audio, speaker), and keep "
        "all else; --audio is then on the video's clock",
        group=VIDEO,
    )
    load_shapes: Path | None = option(
        None,
        "mouth shapes of your own (.npy, dlib's points 48-67 or all 68, any unit) instead of "
        "predicted ones",
        group=VIDEO,
    )
    shapes_rate: float | None = option(
        None,
        "shapes per second of your file of shapes (default: they last as long as the speech)",
        group=VIDEO,
        low=1,
        high=1000,
        unit="1/s",
    )
    inp_id: str = option(DEFAULT_ID, "speech in the workspace: input/mp3/<inp_id>.*", group=VIDEO)
    tar_id: str = option(
        DEFAULT_ID, "target video in the workspace: target/mp4/<tar_id>.*", group=VIDEO
    )
    pass_id: str = option(
        DEFAULT_PASS, "trained pass to predict with, or to train: train/<pass_id>/", group=VIDEO
    )

    def __post_init__(self) -> None:
        """Check the bounds, and that the ids are plain file names."""
        super().__post_init__()
        for name in ("inp_id", "tar_id", "pass_id"):
            check_id(name, getattr(self, name))
        if self.text is not None and self.text_file is not None:
            raise OptionError("--text and --text_file can't go together", hint="give one of them")
        others = ("audio", "voice_audio", "segments")
        other = next((name for name in others if getattr(self, name) is not None), None)
        if self.is_text and other is not None:
            text = "--text_file" if self.text is None else "--text"
            raise OptionError(f"{text} can't go with --{other}", hint="leave one of them out")

    @property
    def is_text(self) -> bool:
        """Whether what is said is given as a text."""
        return self.text is not None or self.text_file is not None

    @property
    def said(self) -> str | None:
        """The text that is said, checked; None if there is none.

        Raises
        ------
        Audio2VideoError
            It can't be read, or can't be spoken.
        """
        return given_text(self.text, self.text_file)


@dataclass(frozen=True)
class RetimingConfig(Section):
    """How the target is retimed.

    Parameters
    ----------
    retiming : str
        'auto', 'full', 'forward' or 'off'.
    fit : str
        What becomes of a target that is shorter or longer than the speech.
    """

    retiming: str = option(
        "auto",
        "target frames under the speech: full (chosen to fit it, also backwards), forward (the "
        "target's own order), off (from its first frame on); auto is full, or forward where text, "
        "clocks, slides or a moving background must not run backwards",
        group=VIDEO,
        choices=("auto", "full", "forward", "off"),
        synonyms={"true": "auto", "false": "off"},
    )
    fit: str = option(
        "auto",
        "where the speech is longer than the target: bounce (back and forth), loop (from the start "
        "again), freeze (its last frame stays), cut (the speech ends with it); where it is "
        "shorter: silence (go on to the target's end); auto chooses by content",
        group=VIDEO,
        choices=("auto", "bounce", "loop", "freeze", "cut", "silence"),
    )

    def __post_init__(self) -> None:
        """Check that the choices go together."""
        super().__post_init__()
        if self.fit == "bounce" and self.retiming == "forward":
            raise OptionError(
                "--fit bounce plays backwards, --retiming forward never does",
                hint="use --fit loop or freeze, or --retiming off",
            )
        if self.fit in ("loop", "freeze") and self.retiming == "full":
            raise OptionError(
                f"--fit {self.fit} keeps the target's own order, --retiming full does not",
                hint="leave one of them out",
            )


@dataclass(frozen=True)
class SoundConfig(Section):
    """What is heard beside the speech.

    Parameters
    ----------
    keep_audio : float, optional
        Level of the target's own sound in dB, 0 being as it is; None, or `OFF`, leaves it out.
    """

    keep_audio: float | None = option(
        None,
        "mix the target's own sound with the speech, at this level: 0 or True as it is, -12 a "
        "quarter of that; False leaves it out. The target then plays in its own time",
        group=VIDEO,
        low=OFF,
        high=20,
        unit="dB",
        synonyms={"true": AS_IT_IS, "false": OFF},
    )

    def __post_init__(self) -> None:
        """Check the level; True and False become levels."""
        if isinstance(self.keep_audio, bool):
            object.__setattr__(self, "keep_audio", AS_IT_IS if self.keep_audio else OFF)
        super().__post_init__()

    @property
    def kept_level(self) -> float | None:
        """Level of the target's own sound in dB; None if it is left out."""
        return None if self.keep_audio is None or self.keep_audio <= OFF else self.keep_audio


@dataclass(frozen=True)
class MarkingConfig(Section):
    """How a result is marked as synthetic.

    Parameters
    ----------
    label : str
        'corner', 'bar', 'start' or 'none'.
    label_language : str
        Language of what it says, as its ISO 639-1 code.
    consent : str, optional
        Statement for the manifest: who agreed to what.
    sign_cert, sign_key : Path, optional
        Certificate chain and private key (PEM) to sign with.
    timestamp_url : str, optional
        Address of a time stamp authority (RFC 3161); without one, no network is used.
    watermark : bool
        Lay a mark that is not seen into the picture.
    watermark_audio : bool
        Lay a mark that is not heard into the sound.
    """

    label: str = option(
        "corner",
        "visible label: corner, bar (along an edge), start (in a corner, three seconds) or none",
        group=VIDEO,
        choices=("corner", "bar", "start", "none"),
        synonyms={"always": "corner"},
    )
    label_language: str = option(
        "en",
        "language of the label: the code of an official one of the European Union",
        group=VIDEO,
        choices=tuple(WORDS),
    )
    consent: str | None = option(
        None, "statement of consent for the manifest: who agreed to what", group=VIDEO
    )
    sign_cert: Path | None = option(
        None,
        "certificate chain (PEM) to sign with; a self-made one by default",
        group=VIDEO,
    )
    sign_key: Path | None = option(None, "private key (PEM) of --sign_cert", group=VIDEO)
    timestamp_url: str | None = option(
        None,
        "time stamp authority (RFC 3161) that is asked when the result was signed; none by "
        "default, and no network",
        group=VIDEO,
    )
    watermark: bool = option(
        True, "lay a mark that is not seen into the picture, which verify finds", group=VIDEO
    )
    watermark_audio: bool = option(
        True,
        "lay a mark that is not heard into the result's sound, which verify finds; without it, the "
        "sound stays what it is",
        group=VIDEO,
    )

    def __post_init__(self) -> None:
        """Check the choices, the address, and that the statement is one line of text."""
        super().__post_init__()
        url = self.timestamp_url
        if url is not None and not url.lower().startswith(("http://", "https://")):
            raise OptionError(
                f"--timestamp_url {url[:80]!r} is no address",
                hint="it begins with http:// or https://",
            )
        text = self.consent
        if text is not None and (
            not text.strip() or not text.isprintable() or len(text) > MAX_TEXT
        ):
            raise OptionError(
                f"--consent {text[:40]!r} can't be used as a text",
                hint=f"use one line of 1 to {MAX_TEXT} characters",
            )


@dataclass(frozen=True)
class AnalysisConfig(Section):
    """How a target is analysed.

    Parameters
    ----------
    steady : bool
        Whether landmarks are stabilised.
    landmark_model : Path, optional
        dlib 68-point model to use instead of the packaged one.
    face : int, optional
        Number of the person who speaks; None for the one with most usable seconds.
    face_at : str, optional
        Where that person's face is, as ``X,Y`` or ``X,Y,SECONDS``, instead of a number.
    """

    face: int | None = option(
        None,
        "person who speaks, by the number that 'audio2video faces' gives; "
        "default: whoever is seen best for longest",
        group=VIDEO,
        low=1,
        high=1000,
    )
    face_at: str | None = option(
        None,
        "person who speaks, by a place of the face: X,Y in pixels, or X,Y,SECONDS",
        group=VIDEO,
    )
    steady: bool = option(True, "stabilise landmarks by tracking them in the image", group=PICTURE)
    landmark_model: Path | None = option(
        None, "dlib 68-point model to use instead of the packaged one", group=MACHINE
    )

    def __post_init__(self) -> None:
        """Check that one person is chosen in one way."""
        super().__post_init__()
        if self.face_place is not None and self.face is not None:
            raise OptionError("--face and --face_at can't go together", hint="give one of them")

    @property
    def face_place(self) -> FacePlace | None:
        """The value of ``--face_at``."""
        return None if self.face_at is None else FacePlace.parse(self.face_at)

    @property
    def speaker(self) -> str | None:
        """Who was chosen to speak, in words that are equal for equal choices; None for nobody."""
        place = self.face_place
        return f"face_at {place}" if place else None if self.face is None else f"face {self.face}"


@dataclass(frozen=True)
class TextureConfig(Section):
    """How mouth textures are synthesised (paper, section 3.2).

    Parameters
    ----------
    teeth : bool
        Whether teeth proxies are used.
    upper_line, lower_line : int, optional
        Rows of the proxies where the upper teeth end and the lower begin.
    upper_frame, lower_frame : int, optional
        Frames of the target that are the proxies; None where they are chosen.
    ncandidates : int
        Candidate frames of one texture, at most.
    alpha : float
        Fraction of all weight that they carry.
    pose_weight, light_weight : float
        Weights of head pose and brightness in candidate selection.
    coherence : bool
        Whether neighbouring frames take part in candidate selection.
    detail : bool
        Whether fine detail is restored to the target's own level.
    mouth_interior : {'auto', 'target', 'generic'}
        What is seen between the lips.
    """

    teeth: bool = option(True, "enhance teeth with proxies from the target", group=VIDEO)
    upper_line: int | None = option(
        None,
        "row of the upper teeth proxy where its teeth end (see teeth.png)",
        flag="lineU",
        group=VIDEO,
        low=0,
        high=10_000,
        unit="pixel row",
    )
    lower_line: int | None = option(
        None,
        "row of the lower teeth proxy where its teeth begin (see teeth.png)",
        flag="lineL",
        group=VIDEO,
        low=0,
        high=10_000,
        unit="pixel row",
    )
    upper_frame: int | None = option(
        None,
        "target frame to take the upper teeth from (default: chosen, see teeth.png)",
        flag="frameU",
        group=VIDEO,
        low=0,
        high=10_000_000,
    )
    lower_frame: int | None = option(
        None,
        "target frame to take the lower teeth from (default: chosen, see teeth.png)",
        flag="frameL",
        group=VIDEO,
        low=0,
        high=10_000_000,
    )
    ncandidates: int = option(
        100, "candidate frames for one texture, at most", group=PICTURE, low=1, high=1000
    )
    alpha: float = option(
        0.9, "fraction of all weight that the candidates carry", group=PICTURE, low=0.1, high=0.999
    )
    pose_weight: float = option(
        0.3, "weight of head pose in candidate selection", group=PICTURE, low=0, high=100
    )
    light_weight: float = option(
        1.0, "weight of brightness in candidate selection", group=PICTURE, low=0, high=100
    )
    coherence: bool = option(
        True, "use neighbouring frames when selecting candidates (reduces flicker)", group=PICTURE
    )
    detail: bool = option(
        True, "restore fine detail of the textures to the target's own level", group=PICTURE
    )
    mouth_interior: str = option(
        "auto",
        "inside of the mouth: the target's own, a generic one, or by what the target shows",
        group=PICTURE,
        choices=("auto", "target", "generic"),
    )


@dataclass(frozen=True)
class MouthConfig(Section):
    """How predicted mouth shapes are carried onto the target.

    Parameters
    ----------
    expressiveness : float
        Factor on the mouth's motion.
    """

    expressiveness: float = option(
        1.0,
        "how far the mouth moves, as a factor on the target's own range",
        group=VIDEO,
        low=0,
        high=3,
    )


@dataclass(frozen=True)
class CompositingConfig(Section):
    """How textures are composited onto frames (paper, section 3.4).

    Parameters
    ----------
    jaw : bool
        Whether jaw line and neck follow the synthesised chin.
    match_light : bool
        Whether the texture's illumination is matched to the frame.
    """

    jaw: bool = option(
        True, "move the target's jaw line and neck to the synthesised chin", group=PICTURE
    )
    match_light: bool = option(True, "match the texture's illumination to the frame", group=PICTURE)


@dataclass(frozen=True)
class NetworkConfig(Section):
    """Architecture of a pass's network.

    Parameters
    ----------
    network : str
        'lstm' (delayed, as in the paper), 'bilstm' or 'conv' (dilated convolutions).
    step_delay : int
        Output delay of an lstm, in feature frames of 10 ms.
    dim_hidden, nlayers : int
        Units of a layer (of each direction), and layers.
    """

    network: str = option(
        "lstm",
        "network: lstm (delayed, as in the paper), bilstm or conv (dilated convolutions)",
        group=TRAINING,
        choices=("lstm", "bilstm", "conv"),
    )
    step_delay: int = option(
        20, "output delay (look-ahead) of an lstm", group=TRAINING, low=0, high=200, unit="10 ms"
    )
    dim_hidden: int = option(
        60, "units of a layer, in each direction", group=TRAINING, low=1, high=2048
    )
    nlayers: int = option(1, "layers", group=TRAINING, low=1, high=32)


@dataclass(frozen=True)
class AugmentationConfig(Section):
    """Variations of the training clips.

    Parameters
    ----------
    noise_snr : float, optional
        Lowest signal-to-noise ratio in dB; None for clean sound.
    voice, tempo : float
        Largest relative change of the voice's frequencies and of tempo.
    gain : float
        Largest change of level, in dB.
    time_shift : float
        Largest offset of sound against picture, in ms.
    sound_versions : int
        Versions of each clip in other voices, rooms, microphones and noises, of which one or the
        clip itself is drawn each time.
    """

    noise_snr: float | None = option(
        None,
        "augment with noise down to this signal-to-noise ratio; default: clean sound only",
        group=TRAINING,
        low=-20,
        high=30,
        unit="dB",
    )
    voice: float = option(
        0.0,
        "augment with higher and lower voices, by up to this fraction",
        group=TRAINING,
        low=0,
        high=0.5,
    )
    gain: float = option(
        0.0, "augment with louder and quieter sound", group=TRAINING, low=0, high=30, unit="dB"
    )
    tempo: float = option(
        0.0,
        "augment with faster and slower speech, by up to this fraction",
        group=TRAINING,
        low=0,
        high=0.5,
    )
    time_shift: float = option(
        0.0,
        "augment with sound shifted against the picture",
        group=TRAINING,
        low=0,
        high=200,
        unit="ms",
    )
    sound_versions: int = option(
        0,
        "augment with so many versions of each clip in other voices, rooms, microphones and noises",
        group=TRAINING,
        low=0,
        high=100,
    )


@dataclass(frozen=True)
class TrainingConfig(Section):
    """All that a pass consists of; its cache key is that of these values.

    Parameters
    ----------
    network : NetworkConfig
    augmentation : AugmentationConfig
    encoder : str
        Speech encoder: 'mfcc', 'ppg', 'whisper', 'whisper_base' or 'whisper_pair'.
    init_from : str, optional
        Pass whose network training starts from; its scales, shape basis and range are taken over.
    frozen_layers : int
        Layers of that network, from the sound on, that keep their weights.
    equal_range : bool
        Whether all speakers' mouths are brought to one range of opening.
    correct_lags : bool
        Whether each speaker's lag between sound and picture is found by networks trained on others,
        and taken out.
    split_by : str
        'recording' or 'speaker'.
    split_file : Path, optional
        JSON with the lists ``validation`` and ``test`` of speakers or recordings.
    loss : str
        'mse' or 'lips'; see `audio2video.training.losses`.
    outp_norm : bool
        Whether shape coefficients are scaled to unit variance.
    vr, test_share : float
        Fractions of the recordings for validation and test.
    train_minutes : float, optional
        Limit on the length of the training clips.
    keep_prob, input_keep_prob : float
        Fraction of a layer's outputs, and of the features, kept by dropout.
    input_noise : float
        Standard deviation of noise on the features, in theirs.
    weight_decay : float
        Decoupled weight decay (Loshchilov and Hutter 2019).
    averaging : float
        Decay, per batch, of the running average of the weights that is kept; 0 keeps them as they
        are.
    readout : float, optional
        Share of a linear read-out of the features in what the pass says; None for none.
    speaker_code : float, optional
        Size of the input that tells the network in training who speaks; None for none.
    seq_len, batch_size, nepochs : int
        Length of a sequence in feature frames, sequences per batch, epochs.
    patience : int, optional
        Epochs without a better validation loss after which training ends; None for all epochs.
    grad_clip, lr, dr : float
        Largest global gradient norm, learning rate of the first epoch, factor per epoch.
    seed : int
    """

    outp_norm: bool = option(False, "scale shape coefficients to unit variance", group=TRAINING)
    vr: float = option(
        0.2, "fraction of recordings for validation", group=TRAINING, low=0.01, high=0.9
    )
    test_share: float = option(
        0.1, "fraction of recordings for the final test", group=TRAINING, low=0, high=0.5
    )
    train_minutes: float | None = option(
        None,
        "longest total of the training clips; default: all",
        group=TRAINING,
        low=0.05,
        high=1e6,
        unit="min",
    )
    network: NetworkConfig = field(default_factory=NetworkConfig)
    encoder: str = option(
        "mfcc",
        "speech encoder: mfcc (the paper's 28 features), ppg (42 phones' posteriors), or whisper, "
        "whisper_base or both as whisper_pair (for any voice)",
        group=TRAINING,
        choices=("mfcc", "ppg", "whisper", "whisper_base", "whisper_pair"),
    )
    init_from: str | None = option(
        None, "pass to start from, with its scales and shape basis", group=TRAINING
    )
    frozen_layers: int = option(
        0,
        "layers of --init_from, from the sound on, that keep their weights",
        group=TRAINING,
        low=0,
        high=32,
    )
    equal_range: bool = option(
        False, "bring all speakers' mouths to one range of opening", group=TRAINING
    )
    correct_lags: bool = option(
        False,
        "find each speaker's lag between sound and picture with networks that have not seen "
        "the speaker, and take it out",
        group=TRAINING,
    )
    split_by: str = option(
        "recording",
        "what is kept apart for validation and test: recordings or speakers",
        group=TRAINING,
        choices=("recording", "speaker"),
    )
    split_file: Path | None = option(
        None,
        "JSON file with lists 'validation' and 'test' of speakers or recordings",
        group=TRAINING,
    )
    loss: str = option(
        "mse",
        "loss: mse, or lips (robust, counts opening and width, forgives a clip's mean error)",
        group=TRAINING,
        choices=("mse", "lips"),
    )
    keep_prob: float = option(
        0.8, "fraction of a layer's outputs kept by dropout", group=TRAINING, low=0.05, high=1
    )
    input_keep_prob: float = option(
        1.0, "fraction of the features kept by dropout", group=TRAINING, low=0.05, high=1
    )
    input_noise: float = option(
        0.0, "noise on the features, in their standard deviations", group=TRAINING, low=0, high=10
    )
    weight_decay: float = option(
        0.0, "decoupled weight decay of Adam", group=TRAINING, low=0, high=1
    )
    averaging: float = option(
        0.0,
        "decay of the running average of weights that is kept, per batch; 0 for none",
        group=TRAINING,
        low=0,
        high=0.9999,
    )
    readout: float | None = option(
        None,
        "share of a linear read-out of the features in what the pass says; default: none",
        group=TRAINING,
        low=0.01,
        high=0.9,
    )
    speaker_code: float | None = option(
        None,
        "size of an input for each speaker that tells the network in training, and never later, "
        "who speaks; default: none",
        group=TRAINING,
        low=0.01,
        high=10,
    )
    seq_len: int = option(
        100,
        "length of a training sequence",
        group=TRAINING,
        low=2,
        high=10_000,
        unit="feature frames",
    )
    batch_size: int = option(100, "sequences per batch", group=TRAINING, low=1, high=10_000)
    nepochs: int = option(300, "epochs", group=TRAINING, low=1, high=100_000)
    patience: int | None = option(
        None,
        "stop early: after so many epochs without a better validation loss (default: never)",
        group=TRAINING,
        low=1,
        high=100_000,
    )
    grad_clip: float = option(
        10.0, "largest global norm of the gradient", group=TRAINING, low=1e-6, high=1e6
    )
    lr: float = option(1e-3, "learning rate of the first epoch", group=TRAINING, low=1e-8, high=1)
    dr: float = option(
        0.99, "factor on the learning rate after each epoch", group=TRAINING, low=0.1, high=1
    )
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    seed: int = option(0, "seed of all random numbers", group=MACHINE, low=0, high=2**31 - 1)

    def __post_init__(self) -> None:
        """Check that the choices go together."""
        super().__post_init__()
        if self.init_from is not None:
            check_id("init_from", self.init_from)
        changes = self.augmentation
        of_mfcc = ("noise_snr", "voice", "gain", "tempo", "time_shift")
        if self.encoder != "mfcc" and any(getattr(changes, name) for name in of_mfcc):
            raise OptionError(
                f"--encoder {self.encoder} can't be augmented by --"
                + ", --".join(name for name in of_mfcc if getattr(changes, name)),
                hint="use --sound_versions N",
            )

    @property
    def delay(self) -> int:
        """Feature frames by which the output lags: only an lstm has look-ahead to wait for."""
        return self.network.step_delay if self.network.network == "lstm" else 0


@dataclass(frozen=True)
class LipsyncConfig(Section):
    """Actions and checkpoint intervals of step 1; none of them changes a pass.

    Parameters
    ----------
    train : bool, optional
        Whether the pass is trained; None trains one that has no network if there is a corpus.
    predict : bool
        Whether mouth shapes are predicted.
    preprocess : bool
        Whether training sequences on disk are made again.
    b_savef, e_savef : int
        Batches and epochs between checkpoints.
    tensorboard : bool
        Whether TensorBoard events are written.
    """

    train: bool | None = option(
        None,
        "train the pass; default: only when it has no network and a corpus is prepared",
        group=TRAINING,
    )
    predict: bool = option(True, "predict mouth shapes from the speech", group=TRAINING)
    preprocess: bool = option(False, "make the training sequences again", group=TRAINING)
    b_savef: int = option(
        0,
        "batches between checkpoints within an epoch; 0 for none",
        group=TRAINING,
        low=0,
        high=10**6,
    )
    e_savef: int = option(5, "epochs between checkpoints", group=TRAINING, low=1, high=10**6)
    tensorboard: bool = option(
        False,
        "write TensorBoard events to train/<pass_id>/graph",
        flag="showGraph",
        group=TRAINING,
    )


@dataclass(frozen=True)
class DatasetConfig(Section):
    """The corpus of step 0.

    Parameters
    ----------
    corpus : Path, optional
        Folder, list file or published feature set; None reads ``raw/links.txt``.
    speaker : Path, optional
        Portrait of the one person whose fragments are kept.
    ready_cut : float
        Seconds; recordings that are no longer are clips cut already.
    scheduler : str, optional
        Address of a dask scheduler.
    """

    corpus: Path | None = option(
        None,
        "recordings: a folder (each subfolder one speaker), a list of files or addresses (.txt; "
        "after a tab the speaker, after another the corpus), or a published feature set; "
        "default: raw/links.txt",
        group=DATASET,
    )
    speaker: Path | None = option(
        None, "portrait of the one person whose fragments are kept", group=DATASET
    )
    ready_cut: float = option(
        10.0,
        "recordings no longer than this are clips cut already, and taken whole",
        group=DATASET,
        low=0,
        high=3600,
        unit="s",
    )
    scheduler: str | None = option(
        None,
        "dask scheduler whose workers run step 0, tcp://HOST:8786; default: local processes",
        group=DATASET,
    )


@dataclass(frozen=True)
class ListeningConfig(Section):
    """How a target is shown as a listener.

    Parameters
    ----------
    listen : bool
        Show the target listening to the speech, its mouth closed, instead of saying it.
    take : int
        Which of many ways to listen.
    liveliness : float
        Factor on how often and how far the listener nods.
    listener_sound : bool
        Whether what is listened to is heard in the result.
    listener_model : str
        'auto' for the workspace's trained listener if there is one, 'rule' for the published rule,
        or the file of a trained listener.
    speaker_video : Path, optional
        Video of who speaks, for a trained listener.
    dyadic : Path, optional
        Folder of clips of two people, which step 0 trains a listener on.
    """

    listen: bool = option(
        False,
        "show the target listening to the speech, its mouth closed, instead of saying it; with "
        "--voice_audio it says that in between",
        group=LISTENING,
    )
    take: int = option(
        1,
        "which of many ways to listen; the same one each time",
        group=LISTENING,
        low=1,
        high=10**6,
    )
    liveliness: float = option(
        1.0,
        "factor on how often and how far the listener nods; 0 for never",
        group=LISTENING,
        low=0,
        high=3,
    )
    listener_sound: bool = option(
        True, "let what is listened to be heard in the result", group=LISTENING
    )
    listener_model: str = option(
        "auto",
        "what tells when to nod: rule (published, for the voice alone), or the file of a trained "
        "listener; auto is the workspace's own, if it learned something, or else the rule",
        group=LISTENING,
    )
    speaker_video: Path | None = option(
        None,
        "video of the person who is listened to, as long as the speech: a trained listener sees it",
        group=LISTENING,
    )
    dyadic: Path | None = option(
        None,
        "folder of clips of two people, one speaking: step 0 trains a listener on them",
        group=LISTENING,
    )


@dataclass(frozen=True)
class MachineConfig(Section):
    """How the work is run; none of it changes a result.

    Parameters
    ----------
    nthreads : int
        Processes or threads at once.
    force : bool
        Whether up-to-date products are made again.
    """

    nthreads: int = option(
        max(1, os.cpu_count() or 1),
        "processes or threads at once (default: one per core)",
        group=MACHINE,
        low=1,
        high=1024,
    )
    force: bool = option(False, "make everything again, even what is up to date", group=MACHINE)


@dataclass(frozen=True)
class Config(Section):
    """All settings of a run, as one frozen config per concern.

    Parameters
    ----------
    inputs : InputConfig
    retiming : RetimingConfig
    sound : SoundConfig
    marking : MarkingConfig
    texture : TextureConfig
    mouth : MouthConfig
    analysis : AnalysisConfig
    compositing : CompositingConfig
    lipsync : LipsyncConfig
    training : TrainingConfig
    dataset : DatasetConfig
    listening : ListeningConfig
    machine : MachineConfig

    Examples
    --------
    >>> from audio2video.config import Config, TextureConfig
    >>> config = Config(texture=TextureConfig(ncandidates=50))
    >>> config.flags()["ncandidates"]
    50
    >>> config.replace(ncandidates=60, label="start").marking.label
    'start'
    """

    inputs: InputConfig = field(default_factory=InputConfig)
    mouth: MouthConfig = field(default_factory=MouthConfig)
    texture: TextureConfig = field(default_factory=TextureConfig)
    retiming: RetimingConfig = field(default_factory=RetimingConfig)
    sound: SoundConfig = field(default_factory=SoundConfig)
    marking: MarkingConfig = field(default_factory=MarkingConfig)
    analysis: AnalysisConfig = field(default_factory=AnalysisConfig)
    compositing: CompositingConfig = field(default_factory=CompositingConfig)
    lipsync: LipsyncConfig = field(default_factory=LipsyncConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    listening: ListeningConfig = field(default_factory=ListeningConfig)
    machine: MachineConfig = field(default_factory=MachineConfig)

    def __post_init__(self) -> None:
        """Check that what is heard and what is seen go together."""
        super().__post_init__()
        if self.listening.listen:
            self._check_listener()
        if not self.plays_in_own_time:
            return
        mode, fit = self.retiming.retiming, self.retiming.fit
        parts = self.inputs.segments is not None
        reason = "--segments" if parts else "--keep_audio"
        if mode in ("full", "forward"):
            raise OptionError(
                f"{reason} keeps pictures under their own sound, --retiming {mode} moves them",
                hint="leave one of them out",
            )
        if parts and fit not in ("auto", "cut"):
            raise OptionError(
                f"--segments makes results as long as the target: --fit {fit} changes nothing",
                hint="leave it out; --fit cut leaves out what does not fit a range",
            )
        if fit in ("bounce", "loop"):
            raise OptionError(
                f"--keep_audio plays the target once, --fit {fit} more often",
                hint="use --fit silence, freeze or cut",
            )

    def _check_listener(self) -> None:
        """Check that nothing is asked for that a listener can't do."""
        others = {
            "segments": self.inputs.segments,
            "load_shapes": self.inputs.load_shapes,
            "keep_audio": self.sound.kept_level,
        }
        given = next((name for name, value in others.items() if value is not None), None)
        if given is not None:
            raise OptionError(f"a listener can't go with --{given}", hint="leave one of them out")
        if self.retiming.fit not in ("auto", "cut"):
            raise OptionError(
                f"a listener is as long as the speech: --fit {self.retiming.fit} changes nothing",
                hint="leave it out",
            )
        if self.retiming.retiming == "off":
            raise OptionError(
                "a listener is put together of pieces of the target, --retiming off keeps its "
                "frames in order",
                hint="leave it out",
            )

    @property
    def plays_in_own_time(self) -> bool:
        """Whether frame k of the result is frame k of the target, whose own sound is heard."""
        return self.sound.kept_level is not None or self.inputs.segments is not None

    @property
    def playback(self) -> RetimingConfig:
        """How the target is laid under the speech: as `retiming` asks, or in its own time."""
        if not self.plays_in_own_time:
            return self.retiming
        return replace(self.retiming, retiming="off", fit="freeze")

    @property
    def length_fit(self) -> str:
        """How the result's length follows from speech and target, see `RetimingConfig.fit`."""
        fit = self.retiming.fit
        return "silence" if self.plays_in_own_time and fit == "auto" else fit

    @classmethod
    def from_flags(cls, **values: Any) -> Config:
        """Make a config from values by flag; defaults for all others.

        Raises
        ------
        OptionError
            A flag is unknown, or a value out of bounds.
        """
        return cls().replace(**values)

    def with_media_ids(self) -> Config:
        """Give a copy whose ids are those of ``--audio`` and ``--video``, where these are given.

        Without ``--audio``, ``--segments`` or the text gives the id of the speech.

        Raises
        ------
        Audio2VideoError
            The text can't be read, or can't be spoken.
        """
        inputs = self.inputs
        inp_id = id_from_path(inputs.inp_id, inputs.audio or inputs.segments)
        text = inputs.said
        if text is not None and inp_id == DEFAULT_ID:
            inp_id = text_id(text)
        return self.replace(
            inp_id=inp_id,
            tar_id=id_from_path(inputs.tar_id, inputs.video),
        )

    def replace(self, **values: Any) -> Config:
        """Give a copy with other values, by flag.

        Raises
        ------
        OptionError
            A flag is unknown, or a value out of bounds.
        """
        known = options_of(Config)
        for flag in values:
            if flag not in known:
                raise OptionError(f"unknown option {flag!r}", hint="see --help for all names")
        made: Config = _rebuilt(self, {known[flag].path: value for flag, value in values.items()})
        return made


def _rebuilt(config: Any, values: dict[tuple[str, ...], Any]) -> Any:
    """Copy a config with other values at these paths."""
    if not values:
        return config
    changed: dict[str, Any] = {}
    inner: dict[str, dict[tuple[str, ...], Any]] = {}
    for (first, *rest), value in values.items():
        if rest:
            inner.setdefault(first, {})[tuple(rest)] = value
        else:
            changed[first] = value
    for name, parts in inner.items():
        changed[name] = _rebuilt(getattr(config, name), parts)
    kept = {name: getattr(config, name) for name in config.__dataclass_fields__}
    return type(config)(**{**kept, **changed})
