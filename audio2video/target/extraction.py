"""Analysing a target video: two passes over its frames, one decode."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..config import AnalysisConfig
from ..errors import NoFaceError
from ..face.occlusion import analysis_grid
from ..face.rectify import RectifiedGrid, texture_map
from ..face.track import FaceTrack
from ..media.video import Frame, VideoInfo
from ..progress import Progress
from ..runtime.threads import ordered_map, single_threaded_libraries
from ..storage.checksums import note_hashes
from ..storage.files import replacing
from ..storage.npy import ArrayWriter, map_array
from .bare_frames import check_bare, find_bare_frames
from .frame_spool import FrameSpool
from .looks import Looks
from .occlusion_maps import detect_occlusions
from .overlay_search import find_overlays
from .overlays import HiddenTexels
from .people import Person
from .seen_people import SeenPeople, find_people_in
from .speaker_choice import BADLY_SEEN, NEEDED, find_speaker
from .views import Views

MIN_USABLE = 2
"""A single frame is a picture, not a video of a person talking."""

VIEW_RESOLUTION, LIPS_RESOLUTION = 56.0, 28.0
"""Pixels per inter-ocular distance at which what is in front of the face is looked for, by its
motion and by its colour."""

LIT = (0.8, 0.5, 1.5)
"""Where a frame's light is measured: |x|, and least and largest y, in inter-ocular distances."""


def write_analysis(
    path: Path,
    info: VideoInfo,
    folder: Path,
    config: AnalysisConfig,
    workers: int,
    progress: Progress,
    seen: SeenPeople | None = None,
) -> SeenPeople:
    """Analyse a video and write ``face.npz``, ``textures.npy`` and their hashes.

    Parameters
    ----------
    path : Path
        The video.
    info : VideoInfo
        What it holds.
    folder : Path
        Appears when all is written; one that is there is replaced.
    config : AnalysisConfig
    workers : int
        Threads.
    progress : Progress
    seen : SeenPeople, optional
        Who was found in the video before.

    Returns
    -------
    SeenPeople
        Who is seen in it.

    Raises
    ------
    NoFaceError
        Fewer than `MIN_USABLE` frames have a usable face, or too few show the mouth.
    Audio2VideoError
        The video can't be decoded.
    """
    with replacing(folder) as temporary:
        temporary.mkdir()
        with FrameSpool(temporary / "frames.raw") as spool:
            looks = Looks(info)
            model = config.landmark_model
            seen = find_people_in(
                path, info, spool, progress, landmark_model=model, looks=looks, known=seen
            )
            sightings = seen.sightings
            people, chosen = find_speaker(sightings, seen.groups, info, config)
            speaker = people[chosen]
            track = speaker.track
            if track.usable.sum() < MIN_USABLE:
                raise NoFaceError(BADLY_SEEN, path=path, hint=NEEDED)
            space = RectifiedGrid.lower_face(float(np.median(track.pose.scale[track.usable])))
            product = temporary / "textures.npy"
            parts = _PersonParts(spool, speaker)
            sharpness, light = _write_textures(parts, product, track, space, workers, progress)
            rate = float(info.rate)
            views = Views(parts.get, track, VIEW_RESOLUTION)
            overlays = find_overlays(views, track, rate, workers, progress)
            views = Views(parts.get, track, LIPS_RESOLUTION)
            bare = find_bare_frames(views, track, rate, overlays, workers)
            check_bare(bare, track.usable, path)
        stored = map_array(product)
        hidden = HiddenTexels.of(overlays, track, space)
        occlusions = detect_occlusions(
            stored,
            track,
            space,
            rate,
            workers,
            progress,
            bare=bare,
            overlays=hidden,
        )
        texels = hidden.texels
        if occlusions.often:
            texels = hidden.with_occlusions(occlusions.maps, analysis_grid(space))
        del stored  # closes the file, so that its folder can be renamed everywhere
        with (temporary / "face.npz").open("wb") as file:
            np.savez(
                file,
                **track.arrays(),  # type: ignore[arg-type]
                resolution=np.array(space.resolution),
                sharpness=sharpness,
                light=light,
                covers=occlusions.maps,
                lips_covered=occlusions.lips,
                often_covered=np.array(occlusions.often),
                others_only=np.array([bool(faces) for faces in sightings]) & ~speaker.seen,
                usable_frames=np.array([int(person.track.usable.sum()) for person in people]),
                speaker=np.array(chosen),
                looks=looks.pictures(),
                overlay_masks=overlays.masks,
                overlay_raster=overlays.raster,
                hidden_texels=texels,
            )
        note_hashes(temporary)
    return seen


class _PersonParts:
    """The parts of frames that show one person."""

    def __init__(self, spool: FrameSpool, person: Person) -> None:
        self._spool, self._tracks = spool, person.tracks

    def get(self, index: int) -> tuple[Frame, tuple[int, int]]:
        """See `FrameSpool.get`."""
        return self._spool.get((index, int(self._tracks[index])))


def _write_textures(
    parts: _PersonParts,
    product: Path,
    track: FaceTrack,
    space: RectifiedGrid,
    workers: int,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Write the rectified lower face of every usable frame; returns their sharpness and light."""
    sharpness = np.zeros(len(track), np.float32)
    light = np.zeros((len(track), 3), np.float32)
    x, y = space.grid()
    face = ((np.abs(x) < LIT[0]) & (y > LIT[1]) & (y < LIT[2])).astype(np.uint8)
    usable = np.flatnonzero(track.usable)

    def rectify(index: np.int64) -> NDArray[np.uint8]:
        part, origin = parts.get(int(index))
        texture = _read_texture(part, texture_map(space, track.pose[int(index)]) - origin)
        sharpness[index] = _sharpness(texture, track.mouth[index], space)
        light[index] = np.divide(cv2.mean(texture, face)[:3], 255)
        return texture

    with (
        # Zero in frames that are not usable.
        ArrayWriter(product, (len(track), space.height, space.width, 3)) as writer,
        single_threaded_libraries(),
        closing(ordered_map(rectify, usable, workers)) as made,
    ):
        followed = progress.follow(made, "rectifying the face", len(usable))
        for index, texture in zip(usable, followed, strict=True):
            writer.write(int(index), texture)
    return sharpness, light


def _read_texture(frame: Frame, wanted: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Resample the frame; only the part that is needed is converted to RGB."""
    width, height = frame.width, frame.height
    # Channel by channel: over both at once it takes thirty times as long.
    (x0, x1), (y0, y1) = (
        (max(0, min(int(plane.min()) - 2, size - 1)), min(int(plane.max()) + 4, size))
        for plane, size in ((wanted[..., 0], width), (wanted[..., 1], height))
    )
    x1, y1 = max(x1, x0 + 1), max(y1, y0 + 1)
    places = np.asarray(wanted - (x0, y0), np.float32)
    part = frame.rgb((x0, y0, x1, y1))
    return np.asarray(
        cv2.remap(part, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _sharpness(
    texture: NDArray[np.uint8], mouth: NDArray[np.floating], space: RectifiedGrid
) -> float:
    corners = space.to_pixels(mouth)
    x0, y0 = np.maximum(corners.min(axis=0), 0).astype(int)
    x1, y1 = corners.max(axis=0).astype(int) + 1
    part = texture[y0:y1, x0:x1]
    if part.size == 0:
        return 0.0
    gray = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())
