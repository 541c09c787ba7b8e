"""The painted presenter speaking: mouth shapes and a sound become a video."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from .._typing import F64
from ..config import MarkingConfig
from ..media.video import Frame, VideoWriter
from ..mouth.meeting import meet_lips
from ..mouth.prediction import MouthTrack
from ..mouth.resampling import at_times
from ..mouth.shapes import carry_shapes, range_gain
from ..presenter.lips import lip_points
from ..presenter.script import demo_motion
from ..presenter.speaking import Speaker, presenter_mouth
from ..progress import Progress
from ..provenance.container_tags import PAINTED_STATEMENT, painted_tags
from ..provenance.credentials import Credentials
from ..provenance.label import chosen_label
from ..provenance.manifest import Synthesis
from ..provenance.signing import sign_video
from ..provenance.watermarking import Watermarking
from ..runtime.threads import single_threaded_libraries
from ..storage.files import replacing
from ..storage.ids import id_from_path

LABEL_FRAMES = 50
"""So many frames, spread over the video, say where the face is."""


@dataclass(frozen=True)
class Painting:
    """How the presenter is painted.

    Parameters
    ----------
    size : int
        Width and height in pixels, even.
    seed : int
        Chooses head motion, blinks and skin.
    workers : int
        Frames that are painted at once.
    marking : MarkingConfig
    """

    size: int = 512
    seed: int = 0
    workers: int = 1
    marking: MarkingConfig = field(default_factory=MarkingConfig)


def at_rate(mouth: MouthTrack, rate: Fraction, frames: int) -> MouthTrack:
    """Give mouth shapes at another rate, for so many frames; the last one stays."""
    times = np.arange(frames) / float(rate)
    shapes = at_times(mouth.shapes, mouth.rate, times).astype(np.float32)
    return replace(mouth, shapes=shapes, rate=rate)


def presenter_lips(mouth: MouthTrack, expressiveness: float, *, predicted: bool) -> F64:
    """Carry mouth shapes onto the presenter's face.

    Parameters
    ----------
    mouth : MouthTrack
    expressiveness : float
        Factor on the motion.
    predicted : bool
        Predicted shapes are brought to the presenter's own range, and their lips, which leave the
        gap of landmarks where they meet, do meet. Others are drawn as they are.

    Returns
    -------
    ndarray of float64, shape (T, 20, 2)
        On the presenter's head at rest.
    """
    rest = presenter_mouth()
    if not predicted:
        return carry_shapes(mouth.shapes, mouth.reference, rest, expressiveness)
    shapes = meet_lips(mouth.shapes, mouth.reference)
    own = lip_points(demo_motion().mouth)
    gain = range_gain(mouth.spread, own, rest, expressiveness)
    return carry_shapes(shapes, mouth.reference, rest, gain)


def write_animation(
    product: Path,
    lips: F64,
    rate: Fraction,
    audio: Path,
    made_with: tuple[str, Path | None],
    painting: Painting,
    credentials: Credentials,
    progress: Progress,
) -> None:
    """Paint the presenter speaking, with the sound, marked as synthetic.

    Parameters
    ----------
    product : Path
        MP4 file; what is there is replaced when the new one is whole.
    lips : ndarray, shape (T, 20, 2)
        As `presenter_lips` gives them.
    rate : Fraction
        Frames per second.
    audio : Path
    made_with : (str, Path or None)
        The pass that predicted them, or what stands for it, and its network.
    painting : Painting
    credentials : Credentials
    progress : Progress

    Raises
    ------
    Audio2VideoError
        It can't be written or signed.
    """
    (pass_id, network), marking = made_with, painting.marking
    synthesis = Synthesis(None, audio, marking, pass_id, network, statement=PAINTED_STATEMENT)
    hidden = Watermarking(synthesis, painting.size, painting.size)
    tags = painted_tags(id_from_path("demo", audio), pass_id, synthesis.voice)
    speaker = Speaker(lips, float(rate), painting.size, painting.seed)
    sampled = np.linspace(0, len(speaker) - 1, min(LABEL_FRAMES, len(speaker))).astype(int)
    faces = np.stack([speaker.landmarks(k) for k in sampled.tolist()])
    size = painting.size, painting.size
    label = chosen_label(marking, size, faces, len(speaker), float(rate), painted=True)
    with replacing(product) as temporary:
        with (
            single_threaded_libraries(),
            VideoWriter(
                temporary,
                painting.size,
                painting.size,
                rate,
                audio=hidden.sound(audio),
                metadata=tags,
            ) as writer,
            closing(speaker.frames(painting.workers)) as painted,
        ):
            for k, picture in enumerate(progress.follow(painted, "painting", len(speaker))):
                frame = Frame.from_rgb(picture)
                label.draw(frame, k)
                hidden.mark(frame)
                writer.write(frame)
        sign_video(temporary, product.name, synthesis, credentials)
