"""The analysis of a target video: made once, kept by content, shared by steps 2, 3 and 4."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..arrays import read_array, read_arrays
from ..blend.masks import MOST_COVERED
from ..errors import BadFileError, MissingFileError, NoFaceError
from ..face.layout import JAW, inter_ocular_distance
from ..face.rectify import FaceSpace, texture_map
from ..face.track import FaceTrack, build_track
from ..face.tracking import TrackedFace
from ..files import content_key, file_hash, replacing
from ..media.frame import Box
from ..media.video import Frame, VideoInfo, VideoReader, probe_video
from ..mouth.shapes import closed_mouth_reference
from ..options import Options
from ..parallel import ahead
from ..progress import Progress
from ..texture.candidates import LEAST, Looks
from ..texture.parallel import in_order
from ..texture.synthesis import Gallery
from ..workspace import Workspace
from .covers import Covers, find_covers
from .landmark_model import landmark_model_key
from .spool import FrameSpool

FORMAT = 5
"""Raised when the analysis changes, so that old ones are made again."""

MADE_BY = "step 2 (texture)"

LIPS_COVERED = 0.05
"""Share of the lips behind something else from which on a frame lends its mouth to none."""

LIT = (0.8, 0.5, 1.5)
"""Where a frame's light is measured: |x|, and least and largest y, in inter-ocular distances."""

DECODED = 8
"""Frames that may be decoded before the face is looked for in them."""

ROOM = 0.65
"""Around jaw and nose, in inter-ocular distances: a texture whose head leans reaches as far."""

MIN_USABLE = 2
"""A single frame is a picture, not a video of a person talking."""


@dataclass(frozen=True)
class Target:
    """All that the pipeline knows of a target video.

    Parameters
    ----------
    info : VideoInfo
    key : str
        Equal for equal content and options.
    track : FaceTrack
    space : FaceSpace
        Raster of the rectified textures, at the video's own resolution.
    textures : ndarray of uint8, shape (T, H, W, 3)
        Rectified lower faces, memory-mapped; zero in frames that are not usable.
    sharpness : ndarray of float32, shape (T,)
        Variance of the Laplacian around the mouth.
    light : ndarray of float32, shape (T, 3)
        Mean colour of the lower face, 0 to 1.
    reference : ndarray of float64, shape (20, 2)
        The speaker's closed mouth, rectified.
    covers : Covers
        What is in front of the face.
    """

    info: VideoInfo
    key: str
    track: FaceTrack
    space: FaceSpace
    textures: NDArray[np.uint8]
    sharpness: NDArray[np.float32]
    light: NDArray[np.float32]
    reference: NDArray[np.float64]
    covers: Covers

    def clear_frames(self) -> NDArray[np.int64]:
        """Give the frames that show a whole mouth; all usable ones if hardly any does."""
        usable = np.flatnonzero(self.track.usable)
        clear = usable[self.covers.lips[usable] <= LIPS_COVERED]
        return clear if len(clear) >= LEAST else usable

    def gallery(self) -> Gallery:
        """Give the frames as the synthesis of textures sees them."""
        track = self.track
        return Gallery(
            self.textures,
            Looks(track.mouth, np.column_stack([track.pose.yaw, track.pose.pitch]), self.light),
            track.rectified_jaw(),
            self.clear_frames(),
            self.space,
            float(self.info.rate),
        )


def analyse_target(workspace: Workspace, options: Options, progress: Progress) -> Target:
    """Analyse the target, or read the analysis made before.

    Raises
    ------
    NoFaceError
        No frame has a usable face.
    Audio2VideoError
        The video is missing or can't be used.
    """
    path = workspace.target_video(options.tar_id)
    info = probe_video(path)
    if info.frames < MIN_USABLE:
        raise BadFileError(
            f"has {info.frames} frame(s)", path=path, hint="a video of a person talking is needed"
        )
    key = content_key(
        {
            "format": FORMAT,
            "video": file_hash(path),
            "landmark_model": landmark_model_key(options),
            "steady": options.steady,
        }
    )
    folder = workspace.analysis(options.tar_id, key)
    if not (folder / "face.npz").is_file():
        _analyse(path, info, folder, options, progress)
    try:
        target = _read(info, folder, key)
    except (BadFileError, MissingFileError) as error:
        # It is only a cache: damaged, it is made again.
        progress.warn(f"{error.path}: {error.problem}; the target is analysed again")
        _analyse(path, info, folder, options, progress)
        target = _read(info, folder, key)
    _warn(target, folder, options, progress)
    return target


def _analyse(
    path: Path, info: VideoInfo, folder: Path, options: Options, progress: Progress
) -> None:
    with replacing(folder) as temporary:
        temporary.mkdir()
        with FrameSpool(temporary / "frames.raw") as spool:
            faces = _follow_face(path, info, spool, options, progress)
            if not options.steady:
                faces = [replace(face, motion=None) for face in faces]
            track = build_track(faces)
            if track.usable.sum() < MIN_USABLE:
                raise NoFaceError(
                    "the face is never seen well enough"
                    if any(face.landmarks is not None for face in faces)
                    else "no face in the whole video",
                    path=path,
                    hint="the target must show one person talking to the camera",
                )
            space = FaceSpace.lower_face(float(np.median(track.pose.scale[track.usable])))
            product = temporary / "textures.npy"
            sharpness, light = _write_textures(spool, product, track, space, options, progress)
        stored = np.load(product, mmap_mode="r")
        covers = find_covers(stored, track, space, float(info.rate), options.nthreads, progress)
        del stored  # closes the file, so that its folder can be renamed everywhere
        with (temporary / "face.npz").open("wb") as file:
            np.savez(
                file,
                **track.arrays(),  # type: ignore[arg-type]
                resolution=np.array(space.resolution),
                sharpness=sharpness,
                light=light,
                covers=covers.maps,
                lips_covered=covers.lips,
                rivals=np.array([face.rivals for face in faces]),
            )


def _follow_face(
    path: Path, info: VideoInfo, spool: FrameSpool, options: Options, progress: Progress
) -> list[TrackedFace]:
    """Find the face in every frame, and keep what is around it for the second pass."""
    from ..face.detection import FaceFinder
    from ..face.tracking import track_face

    finder = FaceFinder(options.landmark_model, quick=options.steady)
    waiting: deque[Frame] = deque()
    faces = []
    with VideoReader(path) as reader, closing(ahead(_with_gray(reader), DECODED)) as decoded:

        def grays() -> Iterator[NDArray[np.uint8]]:
            for frame, gray in decoded:
                waiting.append(frame)
                yield gray

        tracked = track_face(grays(), finder)
        for index, face in enumerate(progress.follow(tracked, "finding the face", info.frames)):
            frame = waiting.popleft()
            if face.landmarks is not None:
                box = _face_box(face.landmarks, frame.width, frame.height)
                spool.put(index, frame, box)
            faces.append(face)
    spool.finish()
    return faces


def _with_gray(reader: VideoReader) -> Iterator[tuple[Frame, NDArray[np.uint8]]]:
    for frame in reader.read():
        yield frame, frame.gray()


def _face_box(landmarks: NDArray[np.floating], width: int, height: int) -> Box:
    """Part of the frame that the texture will be read from, once the pose is steady."""
    lower = landmarks[np.r_[JAW, 27:68]]
    unit = float(inter_ocular_distance(landmarks))
    x0, y0 = np.floor(lower.min(axis=0) - ROOM * unit).astype(int)
    x1, y1 = np.ceil(lower.max(axis=0) + ROOM * unit).astype(int)
    left, top = int(np.clip(x0, 0, width - 1)), int(np.clip(y0, 0, height - 1))
    return left, top, int(np.clip(x1, left + 1, width)), int(np.clip(y1, top + 1, height))


def _write_textures(
    spool: FrameSpool,
    product: Path,
    track: FaceTrack,
    space: FaceSpace,
    options: Options,
    progress: Progress,
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Write the rectified lower face of every usable frame; returns their sharpness and light."""
    shape = (len(track), space.height, space.width, 3)
    textures = np.lib.format.open_memmap(product, mode="w+", dtype=np.uint8, shape=shape)
    sharpness = np.zeros(len(track), np.float32)
    light = np.zeros((len(track), 3), np.float32)
    x, y = space.grid()
    face = ((np.abs(x) < LIT[0]) & (y > LIT[1]) & (y < LIT[2])).astype(np.uint8)
    usable = np.flatnonzero(track.usable)

    def rectify(index: np.int64) -> NDArray[np.uint8]:
        part, origin = spool.get(int(index))
        texture = _read_texture(part, texture_map(space, track.pose[int(index)]) - origin)
        sharpness[index] = _sharpness(texture, track.mouth[index], space)
        light[index] = np.divide(cv2.mean(texture, face)[:3], 255)
        return texture

    with closing(in_order(rectify, usable, options.nthreads)) as made:
        followed = progress.follow(made, "rectifying the face", len(usable))
        for index, texture in zip(usable, followed, strict=True):
            textures[index] = texture
    textures.flush()
    del textures  # closes the file, so that its folder can be renamed everywhere
    return sharpness, light


def _read_texture(frame: Frame, wanted: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Resample the frame; only the part that is needed is converted to RGB."""
    width, height = frame.width, frame.height
    low = np.floor(wanted.min(axis=(0, 1))).astype(int) - 2
    high = np.ceil(wanted.max(axis=(0, 1))).astype(int) + 3
    x0, y0 = int(np.clip(low[0], 0, width - 1)), int(np.clip(low[1], 0, height - 1))
    x1, y1 = int(np.clip(high[0], x0 + 1, width)), int(np.clip(high[1], y0 + 1, height))
    places = np.asarray(wanted - (x0, y0), np.float32)
    part = frame.rgb((x0, y0, x1, y1))
    return np.asarray(
        cv2.remap(part, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _sharpness(texture: NDArray[np.uint8], mouth: NDArray[np.floating], space: FaceSpace) -> float:
    corners = space.to_pixels(mouth)
    x0, y0 = np.maximum(corners.min(axis=0), 0).astype(int)
    x1, y1 = corners.max(axis=0).astype(int) + 1
    part = texture[y0:y1, x0:x1]
    if part.size == 0:
        return 0.0
    gray = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(gray, cv2.CV_32F).var())


def _read(info: VideoInfo, folder: Path, key: str) -> Target:
    names = (
        *FaceTrack.__dataclass_fields__,
        "resolution",
        "sharpness",
        "light",
        "rivals",
        "covers",
        "lips_covered",
    )
    arrays = read_arrays(folder / "face.npz", names, made_by=MADE_BY)
    track = FaceTrack.from_arrays(arrays)
    space = FaceSpace.lower_face(float(arrays["resolution"]))
    textures = read_array(
        folder / "textures.npy",
        (len(track), space.height, space.width, 3),
        made_by=MADE_BY,
        mmap=True,
    )
    reference = closed_mouth_reference(track.mouth[track.usable])
    covers = Covers(arrays["covers"], arrays["lips_covered"])
    return Target(
        *(info, key, track, space, textures),
        *(arrays["sharpness"], arrays["light"], reference, covers),
    )


def _warn(target: Target, folder: Path, options: Options, progress: Progress) -> None:
    name = target.info.path.name
    rivals = read_arrays(folder / "face.npz", ("rivals",), made_by=MADE_BY)["rivals"]
    if int((rivals > 0).sum()) >= 2:
        progress.warn(f"{name}: more than one face in view; the larger one is used")
    without = int((~target.track.usable).sum())
    if without:
        progress.warn(
            f"{name}: {without} of {len(target.track)} frames have no usable face "
            "and pass through unchanged"
        )
    covered = int((target.covers.lips > MOST_COVERED).sum())
    if covered:
        progress.warn(
            f"{name}: something is in front of the mouth in {covered} of {len(target.track)} "
            "frames, which pass through unchanged"
        )
