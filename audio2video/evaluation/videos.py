"""Videos that were never seen before, tracked to be measured on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._typing import F32
from ..errors import Audio2VideoError, BadFileError, MissingFileError, NoFaceError
from ..face.smoothing import unbroken_stretches
from ..face.track import build_track
from ..face.tracking import track_face
from ..media.video import VideoReader
from ..models.encoder_files import load_bilabials
from ..mouth.rest import rest_weight
from ..mouth.shapes import closed_mouth_reference, relative_shapes
from ..pipeline.speech_samples import level_speech, read_speech
from ..speech.encoder import MfccEncoder, SpeechEncoder
from ..speech.recording import as_pcm, as_samples, recording_activity
from ..training.dataset.sources import VIDEO_SUFFIXES
from .samples import VOICES, Noise, Sample, activity_from, add_noise, lip_closing

if TYPE_CHECKING:
    from ..face.detection import FaceFinder
    from ..mouth.bilabials import Bilabials

MIN_SECONDS = 1.0
"""In less of a face there is too little motion to correlate with."""


def find_videos(folder: Path) -> list[Path]:
    """List the videos of a folder and of those below it.

    Raises
    ------
    MissingFileError
        It is not there, or holds none.
    """
    if not folder.is_dir():
        raise MissingFileError("folder not found", path=folder, hint="check --clips")
    found = [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix.lower() in VIDEO_SUFFIXES
        and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]
    if not found:
        raise MissingFileError("no video in the folder", path=folder, hint="check --clips")
    return found


def video_samples(
    folder: Path,
    landmark_model: Path | None = None,
    noise: Noise | None = None,
    encoder: SpeechEncoder | None = None,
) -> Iterator[Sample | Audio2VideoError]:
    """Follow the face through each video of a folder.

    The longest unbroken sighting is used, relative to the closed mouth seen in it.

    Parameters
    ----------
    folder : Path
    landmark_model : Path, optional
        dlib 68-point model to use instead of the packaged one.
    noise : Noise, optional
        Babble is made of the other videos' sound.
    encoder : SpeechEncoder, optional
        What the pass hears with; 'mfcc' by default.

    Yields
    ------
    Sample, or Audio2VideoError
        The error says why a video can't be used; its path is the video's.

    Raises
    ------
    Audio2VideoError
        There is no video in the folder, or none to make babble of.
    """
    from ..models.face_models import load_face_finder

    finder, encoder = load_face_finder(landmark_model), encoder or MfccEncoder()
    bilabials = load_bilabials(encoder)
    paths = find_videos(folder)
    voices = _voices(paths) if noise is not None and noise.kind == "babble" else {}
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            sound = as_samples(read_speech(path))
            heard = sound
            if noise is not None:
                others = [voice for other, voice in voices.items() if other != path]
                heard = add_noise(sound, noise, name, others)
            yield _follow(path, name, (sound, heard), finder, encoder, bilabials)
        except Audio2VideoError as error:
            if error.path is None:  # of the noise: it is none of the video's
                raise
            yield error


def _voices(paths: list[Path]) -> dict[Path, F32]:
    voices: dict[Path, F32] = {}
    for path in paths:
        try:
            voices[path] = as_samples(read_speech(path))
        except Audio2VideoError:
            continue  # said when its turn comes
        if len(voices) == VOICES:
            break
    return voices


def _follow(
    path: Path,
    name: str,
    sounds: tuple[F32, F32],
    finder: FaceFinder,
    encoder: SpeechEncoder,
    bilabials: Bilabials | None,
) -> Sample:
    """Track the face; of the sounds, the first is the video's own, the second what is heard."""
    with VideoReader(path) as reader:
        rate = reader.info.rate
        faces = list(track_face((f.gray() for f in reader.read()), finder))
    track = build_track(faces)
    stretches = unbroken_stretches(track.usable, track.starts)
    if not stretches:
        raise NoFaceError("no face in the whole video", path=path)
    best = max(stretches, key=lambda run: run.stop - run.start)
    sound, heard_sound = sounds
    # As step 1 hears it.
    samples, hearing = level_speech(as_pcm(heard_sound))
    features = encoder.encode(as_samples(samples))
    activity = recording_activity(samples, rate, len(track), hearing.presence)
    rest = rest_weight(activity, float(rate))[best]
    times = np.arange(best.start, best.stop) / float(rate)
    heard = times <= (len(features) - 1) / encoder.note.rate
    if heard.sum() < MIN_SECONDS * rate:
        raise BadFileError(
            f"face and sound are never there together for {MIN_SECONDS:g} s", path=path
        )
    mouth = track.mouth[best][heard]
    relative = relative_shapes(mouth, closed_mouth_reference(mouth))
    times = times[heard]
    speech = activity_from(sound, times)
    closing = lip_closing(bilabials, features, encoder.note.rate, times)
    folder = name.rpartition("/")[0]
    return Sample(
        name,
        name,
        folder,
        rate,
        features,
        times,
        0.0,
        relative,
        speech,
        rest[heard],
        closing,
    )
