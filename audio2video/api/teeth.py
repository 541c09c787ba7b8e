"""Which frames of a target show its teeth, and where the dividing lines are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import Config
from ..progress import Progress, as_progress
from ..storage.workspace import Workspace
from ..target.analysis import TargetAnalysis
from ..target.teeth_proxies import Considered, best_proxies, choose_proxies
from ..texture.teeth import TeethProxy
from .workspaces import as_workspace


@dataclass(frozen=True)
class TeethRow:
    """A row of teeth in a frame.

    Parameters
    ----------
    frame : int
        Of the target; -1 for a picture of the user's.
    line : int
        Row of the rectified picture where the upper teeth end, or the lower begin.
    """

    frame: int
    line: int


@dataclass(frozen=True)
class TeethChoice:
    """The teeth proxies of a target.

    Parameters
    ----------
    upper, lower : TeethRow or None
        What a run takes; None where no such teeth are seen.
    automatic_upper, automatic_lower : TeethRow or None
        What it would take without options and pictures of the user's.
    considered : tuple of Considered
        Frames that were looked at, and what each is worth.
    shape : tuple of int
        Rows and columns of a rectified picture.
    """

    upper: TeethRow | None
    lower: TeethRow | None
    automatic_upper: TeethRow | None
    automatic_lower: TeethRow | None
    considered: tuple[Considered, ...]
    shape: tuple[int, int]


def choose_teeth(
    target: TargetAnalysis,
    *,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: Progress | bool | None = None,
) -> TeethChoice:
    """Tell which frames of a target its teeth are taken from.

    Parameters
    ----------
    target : TargetAnalysis
    config : Config, optional
        Its `texture` part is used, and the id of the target.
    workspace : Workspace, str or Path, optional
        Where pictures of the user's may be, in ``target/proxy``; see `analyse_target`.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    TeethChoice

    Raises
    ------
    Audio2VideoError
        An option or a picture of the user's can't be used.

    Examples
    --------
    >>> import audio2video as a2v
    >>> target = a2v.analyse_target(a2v.demo_video())                  # doctest: +SKIP
    >>> a2v.choose_teeth(target).upper.frame                           # doctest: +SKIP
    118
    """
    settings, place = config or Config(), as_workspace(workspace)
    tar_id, tell = settings.inputs.tar_id, as_progress(progress)
    asked = replace(settings.texture, teeth=True)
    chosen = choose_proxies(place, tar_id, target, asked, settings.analysis, tell)
    automatic = best_proxies(target)
    return TeethChoice(
        _row(chosen.upper),
        _row(chosen.lower),
        _row(automatic.upper),
        _row(automatic.lower),
        chosen.considered,
        (target.space.height, target.space.width),
    )


def _row(proxy: TeethProxy | None) -> TeethRow | None:
    return None if proxy is None else TeethRow(proxy.frame, int(proxy.line))


def teeth_picture(target: TargetAnalysis, frame: int) -> NDArray[np.uint8]:
    """Give the rectified lower face of a frame, in which the rows of teeth are found.

    Parameters
    ----------
    target : TargetAnalysis
    frame : int

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    return np.array(target.textures[frame])
