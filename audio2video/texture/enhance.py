"""Sharp detail of real teeth put into the median texture (paper, section 3.2)."""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from .._typing import F32
from ..face.layout import LOWER_INNER_LIP, UPPER_INNER_LIP, mouth_opening
from ..face.rectify import RectifiedGrid
from .teeth import TeethProxy, mouth_interior, whiteness
from .window import Window, part_of, window_around

DETAIL = 0.06
"""Scale of the detail taken from a proxy, in inter-ocular distances (Gaussian sigma)."""

FADE_IN = (0.06, 0.12)
"""Openings from which detail is added, and from which it is added at full strength: on a nearly
closed mouth it would stand as a picket fence."""

STRENGTH = 0.8
"""Share of the texture's own detail that gives way to the proxy's."""

REACH = 0.07
"""How far from the place that the lip tells the proxy's teeth are looked for, in inter-ocular
distances: teeth stand still in the skull while lips move over them."""

AGREEMENT = (0.3, 0.6)
"""Correlation of the proxy's teeth with the texture's own blurred ones from which detail is added,
and from which it is added at full strength: other teeth, or none, would show as a double row."""

DISTANCE_PENALTY = 0.15
"""How much more they must correlate at the far end of the reach to be taken to lie there."""

MARGIN = 0.15
"""Room around the mouth that is looked at, in inter-ocular distances."""


def enhance_teeth(
    texture: NDArray[np.uint8],
    mouth: NDArray[np.floating],
    space: RectifiedGrid,
    upper: TeethProxy | None,
    lower: TeethProxy | None,
) -> NDArray[np.uint8]:
    """Give the teeth of a median texture the detail of the proxies.

    The coarse part of the texture stays; its fine part gives way to the proxy's, which is laid
    where it agrees best with the blurred teeth of the texture, and only where the texture shows
    teeth.

    Parameters
    ----------
    texture : ndarray of uint8, shape (H, W, 3)
    mouth : ndarray, shape (20, 2)
    space : RectifiedGrid
    upper, lower : TeethProxy or None

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
    """
    begin, full = FADE_IN
    strength = STRENGTH * float(np.clip((mouth_opening(mouth) - begin) / (full - begin), 0, 1))
    proxies = [(upper, UPPER_INNER_LIP, True), (lower, LOWER_INNER_LIP, False)]
    if strength == 0.0 or all(proxy is None for proxy, _, _ in proxies):
        return texture
    window = window_around(mouth, MARGIN * space.resolution, space)
    part, sigma = part_of(space, window), DETAIL * space.resolution
    fine = _fine_part(texture[window], mouth_interior(mouth, part), sigma)
    white = whiteness(texture, mouth, space, window)
    white = cv2.GaussianBlur(white, (0, 0), max(0.25 * sigma, 0.3))
    teeth = white * mouth_interior(mouth, part, 0.015)
    details, occlusions = [], []
    for proxy, lip, is_upper in proxies:
        if proxy is None:
            continue
        shift = _initial_offset(proxy, mouth, space, lip, window)
        laid = _lay(*_proxy_detail(proxy, space, is_upper, sigma), fine, teeth, shift, space)
        if laid is not None:
            details.append(laid[0])
            occlusions.append(laid[1])
    if not details:
        return texture
    # Where both rows of teeth lay claim to a pixel they share it.
    total = np.maximum(np.sum(occlusions, axis=0), 1.0)
    result = texture[window].astype(np.float32)
    for detail, cover in zip(details, occlusions, strict=True):
        result += (strength * teeth * cover / total)[..., None] * (detail - fine)
    output: NDArray[np.uint8] = texture.copy()
    output[window] = np.clip(np.round(result), 0, 255)
    return output


def _fine_part(picture: NDArray[np.uint8], inside: F32, sigma: float) -> F32:
    """High-pass of the mouth opening; the blur is taken over it alone, so that no lip leaks in."""
    whole = picture.astype(np.float32)
    weight = cv2.GaussianBlur(inside, (0, 0), sigma)
    coarse = cv2.GaussianBlur(whole * inside[..., None], (0, 0), sigma)
    return np.asarray(
        (whole - coarse / np.maximum(weight, 1e-3)[..., None]) * inside[..., None], np.float32
    )


def _initial_offset(
    proxy: TeethProxy,
    mouth: NDArray[np.floating],
    space: RectifiedGrid,
    lip: tuple[int, ...],
    window: Window,
) -> tuple[int, int]:
    """How far the middle of a lip lies from the proxy's, in pixels (x, y) of the window."""
    moved = (mouth[list(lip)] - proxy.mouth[list(lip)]).mean(axis=0) * space.resolution
    x, y = np.round(moved).astype(int) - (window[1].start, window[0].start)
    return int(x), int(y)


def _lay(
    detail: F32,
    cover: F32,
    fine: F32,
    teeth: F32,
    shift: tuple[int, int],
    space: RectifiedGrid,
) -> tuple[F32, F32] | None:
    """Lay the proxy's detail onto the window, where it agrees best with the texture's.

    Returns
    -------
    detail : ndarray, shape (h, w, 3)
    cover : ndarray, shape (h, w)
        Weakened where they hardly agree.
        None if the proxy shows no teeth, or they agree nowhere.
    """
    rows, columns = np.nonzero(cover > 0.3)
    if len(rows) == 0:
        return None
    y0, y1, x0, x1 = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    reach = max(2, round(REACH * space.resolution))
    pattern, weight = detail[y0:y1, x0:x1].mean(axis=2), cover[y0:y1, x0:x1]
    place = np.array([[1, 0, reach - (x0 + shift[0])], [0, 1, reach - (y0 + shift[1])]], np.float64)
    size = (int(x1 - x0) + 2 * reach, int(y1 - y0) + 2 * reach)
    seen = cv2.warpAffine((fine * teeth[..., None]).mean(axis=2), place, size)
    product = cv2.matchTemplate(seen, pattern * weight, cv2.TM_CCORR)
    energy = cv2.matchTemplate(seen * seen, weight, cv2.TM_CCORR)
    own = float((pattern * pattern * weight).sum())
    agreement = product / np.sqrt(np.maximum(energy * own, 1e-6))
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1]) / reach
    best = np.unravel_index(np.argmax(agreement - DISTANCE_PENALTY * away**2), agreement.shape)
    low, high = AGREEMENT
    share = float(np.clip((agreement[best] - low) / (high - low), 0, 1))
    if share == 0.0:
        return None
    dy, dx = (int(k) - reach for k in best)
    move = np.array([[1, 0, shift[0] + dx], [0, 1, shift[1] + dy]], np.float64)
    whole = (fine.shape[1], fine.shape[0])
    return cv2.warpAffine(detail, move, whole), cv2.warpAffine(cover, move, whole) * share


@lru_cache(maxsize=4)
def _proxy_detail(
    proxy: TeethProxy, space: RectifiedGrid, is_upper: bool, sigma: float
) -> tuple[F32, F32]:
    """Fine part of the proxy, and where it holds teeth: the same for every output frame."""
    inside = mouth_interior(proxy.mouth, space)
    detail = _fine_part(proxy.texture, inside, sigma)
    rows = np.arange(space.height)[:, None]
    side = rows < proxy.line if is_upper else rows >= proxy.line
    white = whiteness(proxy.texture, proxy.mouth, space) * inside * side
    cover = cv2.GaussianBlur(white.astype(np.float32), (0, 0), max(0.3 * sigma, 0.3))
    return detail, np.asarray(cover, np.float32)
