"""The stages of the pipeline one by one, with arrays between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..compositing.fading import covering_fade
from ..config import DEFAULT_PASS, Config
from ..errors import OptionError
from ..media.frame import Frame
from ..media.video import VideoWriter
from ..models.pass_files import find_network, load_network
from ..mouth.prediction import MouthTrack, predict_shapes
from ..mouth.predictor import Predictor
from ..pipeline.composer import Composer, composite_frames, place_label
from ..pipeline.playback import lay_target
from ..pipeline.speech_samples import level_speech
from ..pipeline.textures import (
    TextureSequence,
    carry_mouth,
    render_textures,
    texture_maker,
)
from ..progress import Progress, as_progress
from ..provenance.container_tags import container_tags
from ..provenance.credentials import signing_credentials
from ..provenance.manifest import Synthesis
from ..provenance.signing import sign_video
from ..provenance.watermarking import Watermarking
from ..retiming.retime import Retiming
from ..runtime.threads import single_threaded_libraries
from ..storage.files import replacing
from ..storage.ids import id_from_path
from ..storage.workspace import Workspace
from ..target.analysis import TargetAnalysis
from ..target.analysis import analyse_target as analyse_in_workspace
from ..target.teeth_proxies import choose_proxies
from .speech import Audio, as_rate, frame_count, speech_samples
from .workspaces import as_workspace


def load_pass(
    pass_id: str = DEFAULT_PASS, workspace: Workspace | str | Path | None = None
) -> Predictor:
    """Load the network of a trained pass.

    Parameters
    ----------
    pass_id : str
        A pass of the workspace, or one that travels with the package.
    workspace : Workspace, str or Path, optional

    Returns
    -------
    Predictor

    Raises
    ------
    MissingFileError
        There is no such pass.
    BadFileError
        Its network is damaged, or not the one that was trained.

    Examples
    --------
    >>> import audio2video as a2v
    >>> a2v.load_pass("grid_s1").kind
    'bilstm'
    """
    return load_network(find_network(as_workspace(workspace), pass_id).parent)


def predict_mouth(
    audio: Audio,
    rate: Fraction | float,
    *,
    sample_rate: int | None = None,
    pass_id: str = DEFAULT_PASS,
    network: Predictor | None = None,
    workspace: Workspace | str | Path | None = None,
) -> MouthTrack:
    """Predict the mouth shapes of speech.

    Parameters
    ----------
    audio : str, Path or array_like
        A file with sound, or samples of shape (n,) or (n, channels).
    rate : Fraction or float
        Shapes per second: the frame rate of the target.
    sample_rate : int, optional
        Samples per second, for samples.
    pass_id : str
        Trained pass to predict with.
    network : Predictor, optional
        Its network, if loaded already; see `load_pass`.
    workspace : Workspace, str or Path, optional
        Where passes of your own lie.

    Returns
    -------
    MouthTrack
        Shapes of shape (T, 20, 2) in the proportions of the pass's speaker.

    Raises
    ------
    Audio2VideoError
        The sound or the pass can't be used.

    Examples
    --------
    >>> import audio2video as a2v
    >>> mouth = a2v.predict_mouth(a2v.demo_speech(), 25)
    >>> mouth.shapes.shape[1:]
    (20, 2)
    """
    from ..models.encoder_files import load_bilabials, load_encoder
    from ..speech.recording import recording_activity

    path = find_network(as_workspace(workspace), pass_id) if network is None else None
    if network is None:
        network = load_pass(pass_id, workspace)
    encoder = load_encoder(network, path)
    exact = as_rate(rate)
    samples, hearing = level_speech(speech_samples(audio, sample_rate))
    speech = recording_activity(samples, exact, frame_count(samples, exact), hearing.presence)
    bilabials = load_bilabials(encoder)
    return predict_shapes(network, encoder.features(samples), speech, exact, bilabials)


def analyse_target(
    video: str | Path,
    *,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: Progress | bool | None = None,
) -> TargetAnalysis:
    """Analyse a target video: face track, head pose, rectified textures, occlusions.

    Parameters
    ----------
    video : str or Path
    config : Config, optional
        Its `analysis` and `machine` parts are used.
    workspace : Workspace, str or Path, optional
        Where the analysis is kept; the user's cache folder by default. A second call for the same
        video reads it.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    TargetAnalysis

    Raises
    ------
    NoFaceError
        No frame has a usable face.
    Audio2VideoError
        The video can't be used.

    Examples
    --------
    >>> import audio2video as a2v
    >>> target = a2v.analyse_target(a2v.demo_video())      # doctest: +SKIP
    >>> target.track.landmarks.shape[1:]                   # doctest: +SKIP
    (68, 2)
    """
    config, place = config or Config(), as_workspace(workspace)
    path = Path(video)
    tar_id = id_from_path("demo", path)
    place.create()
    workers = config.machine.nthreads
    return analyse_in_workspace(
        place, path, tar_id, config.analysis, workers, as_progress(progress)
    )


def retime(
    target: TargetAnalysis,
    activity: NDArray[np.floating],
    *,
    config: Config | None = None,
) -> Retiming:
    """Choose the target position that plays under each output frame (paper, section 3.3).

    Parameters
    ----------
    target : TargetAnalysis
    activity : ndarray, shape (N,)
        Speech activity of each output frame; see `speech_activity`.
    config : Config, optional
        Its `playback` is used: the `retiming` part, or the target's own time if its sound is kept.

    Returns
    -------
    Retiming
        Of N frames.

    Raises
    ------
    ValueError
        `activity` is empty.
    """
    return lay_target(target, activity, (config or Config()).playback, Progress())


def synthesise_texture(
    mouth: MouthTrack,
    target: TargetAnalysis,
    timing: Retiming,
    *,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: Progress | bool | None = None,
) -> TextureSequence:
    """Synthesise a lower-face texture for each output frame (paper, section 3.2).

    Parameters
    ----------
    mouth : MouthTrack
        N shapes; carried onto the target's own mouth.
    target : TargetAnalysis
    timing : Retiming
        Of N frames: textures are synthesised for the heads that they are put onto.
    config : Config, optional
        Its `mouth`, `texture` and `machine` parts are used.
    workspace : Workspace, str or Path, optional
        Where the user's own teeth proxies of this target lie.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    TextureSequence
        In memory; ``python run.py`` streams to disk instead.

    Raises
    ------
    OptionError
        `mouth` and `timing` differ in length.
    """
    config, tell = config or Config(), as_progress(progress)
    count = len(mouth)
    if count != len(timing.frames):
        raise OptionError(f"{count} mouth shapes for {len(timing.frames)} retimed frames")
    tar_id = id_from_path("demo", target.info.path)
    place, workers = as_workspace(workspace), config.machine.nthreads
    with single_threaded_libraries():
        proxies = choose_proxies(place, tar_id, target, config.texture, config.analysis, tell)
        carried = carry_mouth(mouth, target, tar_id, config, tell)
        shapes = carried.shapes
        maker = texture_maker(target, config.texture, proxies, workers, generic=carried.generic)
        textures = np.empty((count, target.space.height, target.space.width, 3), np.uint8)
        jaw = np.empty((count, 17, 2), np.float32)
        with closing(render_textures(maker, shapes, timing, config.texture, workers)) as rendered:
            for k, (texture, line) in enumerate(tell.follow(rendered, "textures", count)):
                textures[k], jaw[k] = texture, line
    return TextureSequence(textures, shapes.astype(np.float32), jaw)


def composite(
    textures: TextureSequence,
    target: TargetAnalysis,
    timing: Retiming,
    *,
    config: Config | None = None,
) -> Iterator[Frame]:
    """Composite textures onto the retimed target (paper, section 3.4), with the visible label.

    Parameters
    ----------
    textures : TextureSequence
        Of N frames.
    target : TargetAnalysis
    timing : Retiming
        Of N frames.
    config : Config, optional
        Its `compositing`, `marking` and `machine` parts are used.

    Yields
    ------
    Frame
        ``frame.rgb()`` is a uint8 array of shape (H, W, 3). `save_video` writes frames.

    Raises
    ------
    OptionError
        `textures` and `timing` differ in length.
    """
    config = config or Config()
    if len(textures.textures) != len(timing.frames):
        raise OptionError(f"{len(textures.textures)} textures for {len(timing.frames)} frames")
    shown = covering_fade(target.occlusions.lips[timing.frames], target.info.rate)
    composer = Composer(target, textures, timing, shown, None, config.compositing)
    label = place_label(target, timing, config.marking)
    with single_threaded_libraries():
        yield from composite_frames(
            composer, target.info.path, timing, config.machine.nthreads, None, label
        )


def save_video(
    path: str | Path,
    frames: Iterable[Frame],
    target: TargetAnalysis,
    audio: str | Path,
    *,
    pass_id: str = DEFAULT_PASS,
    config: Config | None = None,
) -> Path:
    """Write composited frames with their sound, signed as synthetic media.

    Parameters
    ----------
    path : str or Path
        MP4 file; one that is there is replaced when the new one is whole.
    frames : iterable of Frame
        As `composite` yields them.
    target : TargetAnalysis
        Gives size, rate and colours, and is named in the manifest.
    audio : str or Path
        The speech, copied into the video.
    pass_id : str
        Pass that the mouth shapes came from, for the manifest.
    config : Config, optional
        Its `marking` part is used.

    Returns
    -------
    Path

    Raises
    ------
    Audio2VideoError
        The video can't be written or signed.
    """
    product, sound, info = Path(path), Path(audio), target.info
    marking = (config or Config()).marking
    credentials = signing_credentials(marking.sign_cert, marking.sign_key, marking.timestamp_url)
    synthesis = Synthesis(info.path, sound, marking, pass_id)
    hidden = Watermarking(synthesis, info.width, info.height)
    ids = id_from_path("demo", sound), id_from_path("demo", info.path)
    tags = container_tags(*ids, pass_id, synthesis.voice)
    if product.exists() and any(product.samefile(used) for used in (sound, info.path)):
        raise OptionError("would overwrite one of its own inputs", path=product)
    with replacing(product) as temporary:
        with VideoWriter(
            temporary,
            info.width,
            info.height,
            info.rate,
            audio=hidden.sound(sound),
            metadata=tags,
            like=info,
        ) as writer:
            for frame in frames:
                marked = frame.copy() if marking.watermark else frame
                hidden.mark(marked)
                writer.write(marked)
        sign_video(temporary, product.name, synthesis, credentials)
    return product
