"""Who is seen in a video, before one of them is chosen to speak."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import Config
from ..errors import BadFileError
from ..face.detection import box_of
from ..media.pictures import write_picture
from ..media.video import VideoInfo, probe_video
from ..progress import Progress, as_progress
from ..storage.files import replacing
from ..target.face_following import follow_faces
from ..target.face_strip import draw_strip
from ..target.frame_spool import FrameSpool
from ..target.people import Person, group_faces
from ..target.speaker_choice import find_speaker

BOXES_APART = 0.4
"""Seconds between two boxes of a face, at least."""


@dataclass(frozen=True)
class FoundFace:
    """A person in a video.

    Parameters
    ----------
    number : int
        Value of ``--face``; 1 has most usable seconds.
    seconds : float
        Time in which the face is seen well enough to be used.
    stretches : tuple of (float, float)
        When the face is seen, usable or not: begin and end, in seconds.
    x, y, moment : float
        A place of the face in pixels, and when it is there, in seconds: a value of ``--face_at``.
    size : float
        Side of a box around the face there, in pixels.
    speaks : bool
        The one whose mouth is replaced.
    boxes : tuple of (float, float, float, float)
        Where the face is over time: moment in seconds, and place and size as above.
    """

    number: int
    seconds: float
    stretches: tuple[tuple[float, float], ...]
    x: float
    y: float
    moment: float
    size: float
    speaks: bool
    boxes: tuple[tuple[float, float, float, float], ...] = ()

    @property
    def place(self) -> str:
        """The place as ``--face_at`` takes it."""
        return f"{self.x:.0f},{self.y:.0f},{self.moment:.2f}"

    def as_dict(self) -> dict[str, Any]:
        """Give plain JSON types."""
        return {
            **self.__dict__,
            "stretches": [list(one) for one in self.stretches],
            "boxes": [list(one) for one in self.boxes],
        }


def find_faces(
    video: str | Path,
    *,
    strip: str | Path | None = None,
    config: Config | None = None,
    progress: Progress | bool | None = None,
) -> tuple[FoundFace, ...]:
    """Find the people in a video; those whose faces are far smaller than the largest are left out.

    Parameters
    ----------
    video : str or Path
    strip : str or Path, optional
        PNG to write: a row of pictures of each person.
    config : Config, optional
        Its `analysis` part is used.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    tuple of FoundFace
        Whoever has most usable seconds first; those in the background last.

    Raises
    ------
    NoFaceError
        There is nobody.
    Audio2VideoError
        The video can't be used, or the chosen person is not in it.

    Examples
    --------
    >>> import audio2video as a2v
    >>> [face.number for face in a2v.find_faces(a2v.demo_video())]      # doctest: +SKIP
    [1]
    """
    path, analysis = Path(video), (config or Config()).analysis
    info = probe_video(path)
    product = None if strip is None else Path(strip)
    if product is not None and product.suffix.lower() != ".png":
        raise BadFileError("the strip must be a PNG file", path=product, hint="end it in .png")
    with (
        tempfile.TemporaryDirectory(prefix="audio2video-") as folder,
        FrameSpool(Path(folder) / "frames.raw") as spool,
    ):
        tell = as_progress(progress)
        model = analysis.landmark_model
        sightings = follow_faces(path, info, spool, model, tell, samples_only=True)
        people, chosen = find_speaker(sightings, group_faces(sightings, spool), info, analysis)
        if product is not None:
            picture = draw_strip(people, spool, float(info.rate))
            with replacing(product) as temporary:
                write_picture(temporary, picture)
    return tuple(_found(k, person, info, speaks=k == chosen) for k, person in enumerate(people))


def _found(index: int, person: Person, info: VideoInfo, *, speaks: bool) -> FoundFace:
    rate = float(info.rate)
    moment, x, y, size = _box(person, person.detected[len(person.detected) // 2][0], rate)
    shown: list[int] = []
    for frame, _ in person.detected:
        if not shown or frame - shown[-1] >= BOXES_APART * rate:
            shown.append(frame)
    return FoundFace(
        index + 1,
        round(float(person.track.usable.sum()) / rate, 3),
        tuple((round(s.start / rate, 3), round(s.stop / rate, 3)) for s in person.stretches()),
        x,
        y,
        moment,
        size,
        speaks,
        tuple(_box(person, frame, rate) for frame in shown),
    )


def _box(person: Person, frame: int, rate: float) -> tuple[float, float, float, float]:
    """Give moment, place and size of a face where the detector saw it."""
    landmarks = person.faces[frame].landmarks
    assert landmarks is not None
    box = box_of(landmarks)
    return round(frame / rate, 3), round(box.x, 1), round(box.y, 1), round(box.side, 1)
