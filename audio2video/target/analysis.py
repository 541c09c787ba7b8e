"""The analysis of a target video: made once, kept by content, shared by steps 2, 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..compositing.fading import covering_fade
from ..config import AnalysisConfig
from ..errors import BadFileError, MissingFileError
from ..face.backend import DLIB
from ..face.rectify import RectifiedGrid
from ..face.track import FaceTrack
from ..media.video import VideoInfo, probe_video
from ..mouth.shapes import closed_mouth_reference
from ..progress import Progress
from ..storage.arrays import read_array, read_arrays
from ..storage.checksums import check_hashes
from ..storage.files import content_key, file_hash, mark_used
from ..storage.locks import locked
from ..storage.workspace import Workspace
from ..texture.candidates import MIN_CANDIDATES, FrameFeatures
from ..texture.synthesis import CandidateSet
from .extraction import MIN_USABLE, write_analysis
from .landmark_model import landmark_model_key
from .occlusion_maps import Occlusions
from .overlays import Overlays
from .seen_people import people_key, read_seen_people, write_seen_people
from .speaker_choice import FACE_ADVICE

FORMAT = 9
"""Raised when the analysis changes, so that old ones are made again."""

MADE_BY = "step 2 (texture)"

LIPS_COVERED = 0.05
"""Share of the lips behind something else from which on a frame lends its mouth to none."""


@dataclass(frozen=True)
class TargetAnalysis:
    """All that the pipeline knows of a target video.

    Parameters
    ----------
    info : VideoInfo
    key : str
        Equal for equal content and options.
    track : FaceTrack
    space : RectifiedGrid
        Raster of the rectified textures, at the video's own resolution.
    textures : ndarray of uint8, shape (T, H, W, 3)
        Rectified lower faces, memory-mapped; zero in frames that are not usable.
    sharpness : ndarray of float32, shape (T,)
        Variance of the Laplacian around the mouth.
    light : ndarray of float32, shape (T, 3)
        Mean colour of the lower face, 0 to 1.
    reference : ndarray of float64, shape (20, 2)
        The speaker's closed mouth, rectified.
    occlusions : Occlusions
        What is in front of the face.
    overlays : Overlays
        What is fixed in the picture in front of it; see `audio2video.target.overlays`.
    hidden : ndarray of uint8, shape (T, h, w), or None
        Not 0 where an overlay hides a texel, on a raster of the lower face; None without overlays.
    others_only : ndarray of bool, shape (T,)
        Frames that show other people's faces, and not the speaker's.
    usable_frames : tuple of int
        Usable frames of each person, in the order of their numbers.
    speaker : int
        Number of the person who speaks, from 1: all else here is of that person alone.
    looks : ndarray of uint8, shape (n, 2, h, w)
        Small grey pictures, each with that of the next frame; see `audio2video.target.looks`.
    """

    info: VideoInfo
    key: str
    track: FaceTrack
    space: RectifiedGrid
    textures: NDArray[np.uint8]
    sharpness: NDArray[np.float32]
    light: NDArray[np.float32]
    reference: NDArray[np.float64]
    occlusions: Occlusions
    overlays: Overlays
    hidden: NDArray[np.uint8] | None
    others_only: NDArray[np.bool_]
    usable_frames: tuple[int, ...]
    speaker: int
    looks: NDArray[np.uint8]

    @property
    def rate(self) -> Fraction:
        """Frames per second."""
        return self.info.rate

    def clear_frames(self) -> NDArray[np.int64]:
        """Give the frames that show a whole mouth; all usable ones if hardly any does."""
        usable = np.flatnonzero(self.track.usable)
        clear = usable[self.occlusions.lips[usable] <= LIPS_COVERED]
        return clear if len(clear) >= MIN_CANDIDATES else usable

    def untouched_frames(self) -> NDArray[np.bool_]:
        """Find the frames that compositing leaves as they are, or begins to: bool (T,)."""
        shown = covering_fade(self.occlusions.lips, self.rate)
        return np.asarray(~self.track.usable | (shown < 1))

    def gallery(self) -> CandidateSet:
        """Give the frames as the synthesis of textures sees them."""
        track = self.track
        return CandidateSet(
            self.textures,
            FrameFeatures(
                track.mouth, np.column_stack([track.pose.yaw, track.pose.pitch]), self.light
            ),
            track.rectified_jaw(),
            self.clear_frames(),
            self.space,
            float(self.info.rate),
            self.hidden,
        )


def analyse_target(
    workspace: Workspace,
    path: Path,
    tar_id: str,
    config: AnalysisConfig,
    workers: int,
    progress: Progress,
) -> TargetAnalysis:
    """Analyse the target, or read the analysis made before.

    Parameters
    ----------
    workspace : Workspace
        Where the analysis is kept.
    path : Path
        The video.
    tar_id : str
        Begins the name of the analysis.
    config : AnalysisConfig
    workers : int
        Threads.
    progress : Progress

    Raises
    ------
    NoFaceError
        No frame has a usable face, or too few show the mouth.
    Audio2VideoError
        The video is missing or can't be used.
    """
    info = probe_video(path)
    if info.frames < MIN_USABLE:
        raise BadFileError(
            f"has {info.frames} frame(s)", path=path, hint="a video of a person talking is needed"
        )
    key = content_key(
        {
            "format": FORMAT,
            "video": file_hash(path),
            "landmark_model": landmark_model_key(config.landmark_model),
            "steady": config.steady,
            "speaker": config.speaker,
        }
    )
    folder = workspace.analysis(tar_id, key)
    face = folder / "face.npz"

    def analyse(again: bool) -> None:
        with locked(
            workspace.analysis_lock(tar_id),
            lambda: progress.update("waiting for the analysis by another run", 0, None),
        ):
            if again or not face.is_file():
                product = workspace.people(tar_id, people_key(path, DLIB, config.landmark_model))
                known = read_seen_people(product, progress)
                seen = write_analysis(path, info, folder, config, workers, progress, known)
                if known is None:
                    # For another choice of who speaks, and for `audio2video landmarks`.
                    write_seen_people(product, seen)

    if not face.is_file():
        analyse(again=False)
    try:
        target = _read(info, folder, key)
    except (BadFileError, MissingFileError) as error:
        # It is only a cache: damaged, it is made again.
        progress.warn(f"{error.path}: {error.problem}; the target is analysed again")
        analyse(again=True)
        target = _read(info, folder, key)
    mark_used(face)
    _tell_of_people(target, config, progress)
    if target.occlusions.often:
        progress.warn(
            f"{path.name}: something is in front of the face in many frames (a microphone, a "
            "straw): the mouth is synthesised around it; a bare face looks better"
        )
    if target.overlays:
        progress.warn(
            f"{path.name}: something fixed in the picture (a microphone, text, a logo) is in front "
            "of the face: the mouth is synthesised behind it, and the jaw does not move"
        )
    return target


def _read(info: VideoInfo, folder: Path, key: str) -> TargetAnalysis:
    check_hashes(folder, ("face.npz", "textures.npy"))
    names = (
        *FaceTrack.__dataclass_fields__,
        "resolution",
        "sharpness",
        "light",
        "others_only",
        "usable_frames",
        "speaker",
        "covers",
        "lips_covered",
        "often_covered",
        "looks",
        "overlay_masks",
        "overlay_raster",
        "hidden_texels",
    )
    arrays = read_arrays(folder / "face.npz", names, made_by=MADE_BY)
    try:
        track = FaceTrack.from_arrays(arrays)
        space = RectifiedGrid.lower_face(float(arrays["resolution"]))
    except (IndexError, OverflowError, TypeError, ValueError) as error:
        raise BadFileError("not the analysis of a target", path=folder / "face.npz") from error
    textures = read_array(
        folder / "textures.npy",
        (len(track), space.height, space.width, 3),
        made_by=MADE_BY,
        mmap=True,
        dtype=np.uint8,
    )
    looks = arrays["looks"]
    if looks.dtype != np.uint8 or looks.ndim != 4 or looks.shape[1] != 2:
        raise BadFileError("not the analysis of a target", path=folder / "face.npz")
    masks, raster, hidden = (
        arrays[name] for name in ("overlay_masks", "overlay_raster", "hidden_texels")
    )
    frames = (0, len(track))
    if masks.ndim != 3 or hidden.ndim != 3 or raster.shape != (4,):
        raise BadFileError("not the analysis of a target", path=folder / "face.npz")
    if len(masks) not in frames or len(hidden) not in frames:
        raise BadFileError("not the analysis of a target", path=folder / "face.npz")
    reference = closed_mouth_reference(track.mouth[track.usable])
    often = bool(arrays["often_covered"])
    occlusions = Occlusions(arrays["covers"], arrays["lips_covered"], often)
    return TargetAnalysis(
        info,
        key,
        track,
        space,
        textures,
        arrays["sharpness"],
        arrays["light"],
        reference,
        occlusions,
        Overlays(masks, raster),
        hidden if len(hidden) else None,
        arrays["others_only"],
        tuple(arrays["usable_frames"].tolist()),
        int(arrays["speaker"]) + 1,
        looks,
    )


def _tell_of_people(target: TargetAnalysis, config: AnalysisConfig, progress: Progress) -> None:
    """Say who speaks, where there is a choice: a warning, unless it was made."""
    count, rate = len(target.usable_frames), float(target.info.rate)
    if count < 2:
        return
    seconds = target.usable_frames[target.speaker - 1] / rate
    text = (
        f"{target.info.path.name}: {count} people are seen; person {target.speaker} "
        f"({seconds:.1f} s) speaks, the others stay as they are"
    )
    if config.speaker is None:
        progress.warn(f"{text}: {FACE_ADVICE}")
    else:
        progress.note(text)
