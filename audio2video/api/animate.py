"""One call from mouth shapes, or a pass, and a sound to a painted face that speaks."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from ..config import DEFAULT_PASS, Config
from ..errors import BadFileError, OptionError
from ..media.audio import probe_audio
from ..models.pass_files import find_network, load_network
from ..mouth.prediction import MouthTrack
from ..pipeline.animation import Painting, at_rate, presenter_lips, write_animation
from ..pipeline.animator_files import check_format, write_weights
from ..pipeline.job import NO_SPEECH, NO_SPEECH_HINT
from ..pipeline.lengths import output_frames
from ..pipeline.loaded_shapes import LOADED, adopt_file
from ..pipeline.speech_samples import level_speech
from ..progress import Progress, as_progress
from ..provenance.credentials import signing_credentials
from ..provenance.signing import tried_credentials
from ..storage.ids import check_id, id_from_path
from ..storage.workspace import Workspace
from .speak import spoken
from .speech import as_rate, speech_samples
from .stages import predict_mouth
from .workspaces import as_workspace

SIZES = (64, 2048)
RATES = (1, 240)
"""Bounds of width and height in pixels, and of frames per second."""


@dataclass(frozen=True)
class Animation:
    """A painted face that speaks.

    Parameters
    ----------
    path : Path or None
        The video, if one was asked for.
    exports : tuple of Path
        Files of weights.
    mouth : MouthTrack
        The shapes that were drawn, at the video's rate.
    """

    path: Path | None
    exports: tuple[Path, ...]
    mouth: MouthTrack


def animate(
    source: str | Path = DEFAULT_PASS,
    audio: str | Path | None = None,
    output: str | Path | None = None,
    *,
    export: Sequence[str | Path] = (),
    rate: Fraction | float = 25,
    size: int = 512,
    video: bool = True,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | bool | None = None,
) -> Animation:
    """Let the painted presenter speak with given or predicted mouth shapes.

    The video is marked as synthetic: signed manifest, container tags and visible label.

    Parameters
    ----------
    source : str or Path
        A file of mouth shapes (.npy, see `adopt_mouth`), or a pass that predicts them.
    audio : str or Path, optional
        What is heard; by default what `config` names, a file or a text.
    output : str or Path, optional
        MP4 file to write; ``<audio>-painted.mp4`` in the current folder by default.
    export : sequence of str or Path
        Files of viseme, jaw and lip weights to write: CSV, JSON or NPY.
    rate : Fraction or float
        Frames per second, of the video and of the weights.
    size : int
        Width and height in pixels, even.
    video : bool
        False writes the weights alone.
    config : Config, optional
        Its text and voice, `shapes_rate`, `expressiveness`, marks, `seed` and `nthreads` are used.
    workspace : Workspace, str or Path, optional
        Where passes of your own lie, and spoken texts are kept.
    overwrite : bool
        Replace files that are there.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    Animation

    Raises
    ------
    OptionError
        A file is there already, is one of the inputs, or its name ends otherwise; or nothing is
        said.
    Audio2VideoError
        An input is missing or can't be used; nothing is written then.

    Examples
    --------
    >>> import audio2video as a2v
    >>> made = a2v.animate("talkers", a2v.demo_speech(), video=False)
    >>> made.mouth.shapes.shape[1:]
    (20, 2)
    """
    config, tell = config or Config(), as_progress(progress)
    if audio is not None:
        config = config.replace(audio=Path(audio))
    exact, exports = as_rate(rate), tuple(Path(path) for path in export)
    _check_numbers(exact, size)
    shapes = Path(source) if _is_file(source) else None
    given = (shapes, config.inputs.audio, config.inputs.text_file)
    inputs = [path for path in given if path is not None]
    for path in exports:
        check_format(path)
        _check_product(path, inputs, overwrite=overwrite)
    product = _product(config, output) if video else None
    if product is not None:
        if product.suffix.lower() != ".mp4":
            raise OptionError("the output must be an MP4 file", path=product, hint="end it in .mp4")
        _check_product(product, inputs, overwrite=overwrite)
    elif output is not None:
        raise OptionError("no video is asked for", path=output, hint="leave out the output")
    if len({path.resolve() for path in exports}) < len(exports):
        raise OptionError("two exports have the same name", hint="leave one of them out")
    place = as_workspace(workspace)
    marking = config.marking
    if product is None:
        credentials = signing_credentials(marking.sign_cert, marking.sign_key)
    else:
        credentials = tried_credentials(marking)
    with tempfile.TemporaryDirectory(prefix="audio2video-") as folder:
        own = Workspace(folder) if workspace is None else place
        sound = spoken(config, own, tell) if config.inputs.is_text else config.inputs.audio
        if sound is None:
            raise OptionError("there is nothing to say", hint="give --audio FILE, or --text")
        mouth = _mouth(source if shapes is None else shapes, sound, exact, config, place, tell)
        factor = config.mouth.expressiveness
        for path in exports:
            write_weights(mouth.scaled(factor), path, predicted=shapes is None)
        if product is not None:
            network = None if shapes is not None else find_network(place, str(source))
            painting = Painting(
                size,
                config.training.seed,
                config.machine.nthreads,
                marking,
            )
            made_with = LOADED if network is None else str(source)
            write_animation(
                product,
                presenter_lips(mouth, factor, predicted=shapes is None),
                exact,
                sound,
                (made_with, network),
                painting,
                credentials,
                tell,
            )
    return Animation(product, exports, mouth)


def _mouth(
    source: str | Path,
    sound: Path,
    rate: Fraction,
    config: Config,
    place: Workspace,
    progress: Progress,
) -> MouthTrack:
    """Give the shapes that are to be drawn, for each frame."""
    info = probe_audio(sound)
    frames = output_frames(info, rate)
    if not isinstance(source, Path):
        progress.note("predicting mouth shapes")
        if not level_speech(speech_samples(sound))[1].presence.any():
            raise BadFileError(NO_SPEECH, path=sound, hint=NO_SPEECH_HINT)
        mouth = predict_mouth(sound, rate, pass_id=source, workspace=place)
        return at_rate(mouth, rate, frames)
    template = load_network(find_network(place, DEFAULT_PASS).parent).reference
    lasts = Fraction(frames) / rate
    mouth = adopt_file(source, config.inputs.shapes_rate, lasts, template, progress)
    return at_rate(mouth, rate, frames)


def _is_file(source: str | Path) -> bool:
    """Tell a file of shapes from the name of a pass."""
    if isinstance(source, Path) or source.lower().endswith(".npy") or Path(source).is_file():
        return True
    check_id("pass_id", source)
    return False


def _check_numbers(rate: Fraction, size: int) -> None:
    if not RATES[0] <= rate <= RATES[1]:
        raise OptionError(
            f"a rate of {float(rate):g} frames/s is out of bounds",
            hint=f"use {RATES[0]} to {RATES[1]}",
        )
    if not SIZES[0] <= size <= SIZES[1] or size % 2:
        raise OptionError(
            f"a size of {size} pixels can't be painted",
            hint=f"use an even number from {SIZES[0]} to {SIZES[1]}",
        )


def _product(config: Config, output: str | Path | None) -> Path:
    if output is not None:
        return Path(output)
    audio = config.inputs.audio
    said = config.with_media_ids().inputs.inp_id if audio is None else id_from_path("demo", audio)
    return Path(f"{said}-painted.mp4")


def _check_product(product: Path, inputs: Sequence[Path], *, overwrite: bool) -> None:
    if not product.exists():
        return
    if any(path.exists() and product.samefile(path) for path in inputs):
        raise OptionError("the output is one of the inputs", path=product, hint="choose another")
    if not overwrite:
        raise OptionError(
            "is there already", path=product, hint="choose another output, or --overwrite"
        )
