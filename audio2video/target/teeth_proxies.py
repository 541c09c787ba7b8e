"""Choosing the teeth proxies of a target: the user's own, or the best frames of the video."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from ..config import AnalysisConfig, TextureConfig
from ..errors import NoFaceError, OptionError
from ..face.layout import MOUTH
from ..face.pose import fit_pose
from ..face.rectify import RectifiedGrid, texture_map, to_rectified
from ..media.pictures import read_picture
from ..progress import Progress
from ..storage.files import file_hash
from ..storage.workspace import Workspace
from ..texture.teeth import MIN_LOWER_SCORE, MIN_UPPER_SCORE, TeethProxy, proxy_quality, teeth_rows
from .analysis import LIPS_COVERED, TargetAnalysis

CONSIDERED = 40
"""Frames whose picture is looked at when proxies are chosen automatically."""


@dataclass(frozen=True)
class Considered:
    """A frame that was looked at.

    Parameters
    ----------
    frame : int
    upper, lower : float
        What it is worth as the proxy of that row of teeth; 0 if it can't be one.
    """

    frame: int
    upper: float
    lower: float


@dataclass(frozen=True)
class Proxies:
    """The teeth proxies of a target.

    Parameters
    ----------
    upper, lower : TeethProxy, optional
        None where the target shows no such teeth.
    considered : tuple of Considered
        Frames that were looked at, best openings first.
    """

    upper: TeethProxy | None = None
    lower: TeethProxy | None = None
    considered: tuple[Considered, ...] = ()


def proxy_files(workspace: Workspace, tar_id: str) -> dict[str, str]:
    """Hashes of the user's own proxy pictures."""
    files = {which: workspace.proxy(tar_id, which) for which in ("upper", "lower")}
    return {which: file_hash(path) for which, path in files.items() if path is not None}


def choose_proxies(
    workspace: Workspace,
    tar_id: str,
    target: TargetAnalysis,
    config: TextureConfig,
    analysis: AnalysisConfig,
    progress: Progress,
) -> Proxies:
    """Choose the upper and the lower teeth proxy; none with ``--teeth False``.

    A frame that an option names comes before a picture of the user's, and that before the best
    frame of the video.

    Raises
    ------
    BadFileError, NoFaceError
        A picture of the user's can't be used.
    OptionError
        ``--lineU`` or ``--lineL`` lies outside the texture, or ``--frameU`` or ``--frameL`` names
        no frame in which the mouth is seen.
    """
    if not config.teeth:
        return Proxies()
    best = best_proxies(target)
    upper, lower = best.upper, best.lower
    own = workspace.proxy(tar_id, "upper")
    if config.upper_frame is not None:
        upper = _from_frame(target, config.upper_frame, "--frameU", progress, is_upper=True)
    elif own is not None:
        upper = _from_picture(own, target.space, analysis, is_upper=True)
        if upper.score == 0.0 and config.upper_line is None:
            progress.warn(f"{own}: no upper teeth seen; give --lineU if there are some")
    own = workspace.proxy(tar_id, "lower")
    if config.lower_frame is not None:
        lower = _from_frame(target, config.lower_frame, "--frameL", progress, is_upper=False)
    elif own is not None:
        lower = _from_picture(own, target.space, analysis, is_upper=False)
        if lower.score == 0.0 and config.lower_line is None:
            progress.warn(f"{own}: no lower teeth seen; give --lineL if there are some")
    for name, row in (("lineU", config.upper_line), ("lineL", config.lower_line)):
        if row is not None and row >= target.space.height:
            raise OptionError(
                f"--{name} {row} lies below the texture, which has {target.space.height} rows",
                hint="read the row off teeth.png in the output folder",
            )
    if upper is not None and config.upper_line is not None:
        upper = replace(upper, line=config.upper_line)
    if lower is not None and config.lower_line is not None:
        lower = replace(lower, line=config.lower_line)
    return replace(best, upper=upper, lower=lower)


def best_proxies(target: TargetAnalysis) -> Proxies:
    """Choose the frames that show teeth best, whatever the user has asked for."""
    track = target.track
    usable = target.clear_frames()
    if target.overlays:
        # Letters across the teeth are no detail of theirs.
        usable = usable[target.occlusions.lips[usable] <= LIPS_COVERED]
        if not len(usable):
            return Proxies()
    quality = proxy_quality(track.mouth, track.pose.yaw, track.pose.pitch, target.sharpness, usable)
    best: list[tuple[float, TeethProxy | None]] = [(0.0, None), (0.0, None)]
    considered = []
    for place in np.argsort(-quality, kind="stable")[:CONSIDERED]:
        frame = int(usable[place])
        mouth = track.mouth[frame].astype(np.float64)
        texture = np.array(target.textures[frame])
        upper_score, lower_score, upper_line, lower_line = teeth_rows(texture, mouth, target.space)
        rows = (
            (upper_score, upper_line, MIN_UPPER_SCORE),
            (lower_score, lower_line, MIN_LOWER_SCORE),
        )
        merits = []
        for k, (score, line, least) in enumerate(rows):
            merits.append(float(quality[place]) * score if score >= least else 0.0)
            if merits[k] > best[k][0]:
                best[k] = (merits[k], TeethProxy(texture, mouth, line, frame, score))
        considered.append(Considered(frame, *merits))
    return Proxies(best[0][1], best[1][1], tuple(considered))


def _from_frame(
    target: TargetAnalysis, frame: int, flag: str, progress: Progress, *, is_upper: bool
) -> TeethProxy:
    """Take the teeth of a frame that the user has named."""
    track = target.track
    if frame >= len(track):
        raise OptionError(
            f"{flag} {frame} is out of bounds", hint=f"the target has frames 0 to {len(track) - 1}"
        )
    if not track.usable[frame]:
        raise OptionError(
            f"{flag} {frame}: the mouth is not seen well enough in this frame",
            hint="choose one of teeth.png in the output folder",
        )
    mouth = track.mouth[frame].astype(np.float64)
    texture = np.array(target.textures[frame])
    upper_score, lower_score, upper_line, lower_line = teeth_rows(texture, mouth, target.space)
    score, line = (upper_score, upper_line) if is_upper else (lower_score, lower_line)
    if score == 0.0:
        row, option = ("upper", "--lineU") if is_upper else ("lower", "--lineL")
        progress.warn(f"{flag} {frame}: no {row} teeth seen; give {option} if there are some")
    return TeethProxy(texture, mouth, line, frame, score)


def _from_picture(
    path: Path, space: RectifiedGrid, analysis: AnalysisConfig, *, is_upper: bool
) -> TeethProxy:
    from ..face.tracking import track_face
    from ..models.face_models import load_face_finder

    rgb = read_picture(path, "save a target frame as PNG")
    gray = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
    (face,) = track_face([gray], load_face_finder(analysis.landmark_model))
    if face.landmarks is None:
        raise NoFaceError("no face in the picture", path=path, hint="save a whole target frame")
    pose = fit_pose(face.landmarks[None])
    texture = cv2.remap(
        rgb, texture_map(space, pose), None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    mouth = to_rectified(face.landmarks[None, MOUTH], pose)[0]
    upper_score, lower_score, upper_line, lower_line = teeth_rows(texture, mouth, space)
    if is_upper:
        return TeethProxy(texture, mouth, upper_line, -1, upper_score)
    return TeethProxy(texture, mouth, lower_line, -1, lower_score)
