"""Detail of teeth proxies put into painted mouths."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from painted_mouths import SPACE, opened, painted, rows_of

from audio2video.texture.enhance import FADE_IN, REACH, enhance_teeth
from audio2video.texture.teeth import TeethProxy, mouth_interior


def proxy_of(opening: float, upper: int, lower: int, stripes: float = 60.0) -> TeethProxy:
    mouth = opened(opening)
    texture = painted(mouth, upper, lower, stripes=stripes)
    line = rows_of(mouth)[0] + upper if upper else rows_of(mouth)[1] - lower
    return TeethProxy(texture, mouth, line, 3, 0.5)


def test_without_proxies_nothing_changes() -> None:
    mouth = opened(0.3)
    texture = painted(mouth, 6, 5)
    np.testing.assert_array_equal(enhance_teeth(texture, mouth, SPACE, None, None), texture)


@pytest.mark.parametrize("opening", [0.0, 0.99 * FADE_IN[0]])
def test_a_closed_mouth_gets_no_teeth(opening: float) -> None:
    mouth = opened(opening)
    texture = painted(mouth, 6)
    proxies = proxy_of(0.2, 6, 0), proxy_of(0.2, 0, 6)
    np.testing.assert_array_equal(enhance_teeth(texture, mouth, SPACE, *proxies), texture)


def difference(
    opening: float, upper: TeethProxy | None, lower: TeethProxy | None
) -> NDArray[np.float64]:
    mouth = opened(opening)
    texture = painted(mouth, 6, 6)
    before = texture.copy()
    after = enhance_teeth(texture, mouth, SPACE, upper, lower)
    np.testing.assert_array_equal(texture, before)
    assert after.dtype == np.uint8
    return np.asarray(after.astype(float) - before)


def test_detail_comes_into_the_opening_alone() -> None:
    changed = np.abs(difference(0.3, proxy_of(0.25, 6, 0), proxy_of(0.25, 0, 6))).max(axis=-1)
    assert changed.max() > 10
    outside = mouth_interior(opened(0.3), SPACE, 0.015) < 0.01
    assert changed[outside].max() == 0
    # And there only onto teeth, not into the dark between the rows.
    top, bottom = rows_of(opened(0.3))
    assert changed[top + 10 : bottom - 10].max() <= 1


def test_each_row_of_teeth_has_its_own_proxy() -> None:
    top, bottom = rows_of(opened(0.3))
    middle = (top + bottom) // 2
    upper = np.abs(difference(0.3, proxy_of(0.25, 6, 0), None))
    lower = np.abs(difference(0.3, None, proxy_of(0.25, 0, 6)))
    assert upper[:middle].max() > 10
    assert upper[middle:].max() == 0
    assert lower[middle:].max() > 10
    assert lower[:middle].max() == 0


def test_detail_comes_onto_teeth_alone() -> None:
    mouth = opened(0.3)  # the proxies show teeth where this one shows its dark
    texture = painted(mouth)
    enhanced = enhance_teeth(texture, mouth, SPACE, proxy_of(0.3, 6, 0), proxy_of(0.3, 0, 6))
    np.testing.assert_array_equal(enhanced, texture)


def test_a_row_of_teeth_ends_at_its_line() -> None:
    mouth = opened(0.3)
    top, bottom = rows_of(mouth)
    everywhere = painted(mouth, SPACE.height, stripes=60.0)
    proxy = TeethProxy(everywhere, mouth, top + 8, 3, 0.5)
    texture = painted(mouth, SPACE.height, stripes=20.0)  # blurred, but the same teeth
    for upper, lower in ((proxy, None), (None, proxy)):
        enhanced = enhance_teeth(texture, mouth, SPACE, upper, lower)
        rows = np.abs(enhanced.astype(float) - texture).max(axis=(1, 2))
        above, below = rows[: top + 5].max(), rows[top + 11 : bottom].max()
        taken, left = (above, below) if upper else (below, above)
        assert taken > 10
        assert left <= 1


def test_detail_moves_with_its_lip() -> None:
    # The proxy's mouth is as wide and lies as high: its stripes must come to the same columns.
    change = difference(0.3, proxy_of(0.2, 6, 0), None)
    top, _ = rows_of(opened(0.3))
    column = round(float(SPACE.to_pixels(opened(0.3)[14])[0]))
    line = change[top + 3, column - 14 : column + 14, 1]
    stripes = -np.cos(np.arange(column - 14, column + 14) * 2 * np.pi / 7)
    assert np.corrcoef(line, stripes)[0, 1] > 0.9
    # Moved with the mouth: two columns to the right, three rows down.
    move = np.array([2, 3]) / SPACE.resolution
    plain = proxy_of(0.2, 6, 0)
    mouth = opened(0.3) + move
    texture = painted(mouth, 6, 6)
    moved = enhance_teeth(texture, mouth, SPACE, plain, None).astype(float) - texture
    np.testing.assert_allclose(moved[3:, 2:], change[:-3, :-2], atol=2)


def test_detail_fades_in_with_the_opening() -> None:
    strength = []
    for mouth in (opened(opening) for opening in np.linspace(*FADE_IN, 5)[1:]):
        texture = painted(mouth, SPACE.height)
        enhanced = enhance_teeth(texture, mouth, SPACE, proxy_of(0.2, 8, 0), None)
        strength.append(np.abs(enhanced.astype(float) - texture).sum())
    assert strength == sorted(strength)
    assert strength[0] < 0.4 * strength[-1]


def test_a_proxy_without_detail_leaves_smooth_teeth_smooth() -> None:
    assert np.abs(difference(0.3, proxy_of(0.3, 6, 0, stripes=0.0), None)).mean() < 0.05


def toothed(
    mouth: NDArray[np.float64], seed: int, contrast: float, aside: int = 0
) -> NDArray[np.uint8]:
    """Teeth all over the opening, no two of them alike; the skull's, whatever the lips do."""
    profile = np.random.default_rng(seed).normal(size=SPACE.width)
    profile = np.convolve(profile, np.hanning(9), "same")
    profile = np.roll(contrast * profile / np.abs(profile).max(), aside)
    texture = painted(mouth, SPACE.height).astype(float)
    shade = np.minimum(profile, 0)[None, :, None] * mouth_interior(mouth, SPACE)[..., None]
    return np.asarray(np.round(np.clip(texture + shade, 0, 255)), np.uint8)


def columns_of(texture: NDArray[np.uint8], mouth: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each column of the opening's middle rows."""
    top, bottom = rows_of(mouth)
    left, right = (round(float(SPACE.to_pixels(mouth[k])[0])) for k in (13, 15))
    return np.asarray(texture[top + 4 : bottom - 4, left:right, 1].astype(float).mean(axis=0))


@pytest.mark.parametrize("aside", [-4, 0, 3])
def test_teeth_are_laid_where_the_textures_own_are(aside: int) -> None:
    # The lips are where the proxy's are, the head has turned a little: teeth lie aside.
    mouth = opened(0.3)
    assert abs(aside) <= REACH * SPACE.resolution
    proxy = TeethProxy(toothed(mouth, 1, 90), mouth, SPACE.height, 3, 0.9)
    texture = toothed(mouth, 1, 30, aside)
    enhanced = enhance_teeth(texture, mouth, SPACE, proxy, None)
    true, before, after = (
        columns_of(one, mouth) for one in (toothed(mouth, 1, 90, aside), texture, enhanced)
    )
    true, before, after = (line - line.mean() for line in (true, before, after))
    # The coarse part of the texture stays, its contrast becomes that of real teeth.
    assert np.abs(after - true).mean() < 0.4 * np.abs(before - true).mean()
    assert np.corrcoef(after, true)[0, 1] > 0.98


def test_teeth_too_blurred_to_tell_are_left_alone() -> None:
    # Nothing says where the proxy's would have to lie: it might show a double row.
    mouth = opened(0.3)
    proxy = TeethProxy(toothed(mouth, 1, 90), mouth, SPACE.height, 3, 0.9)
    smooth = painted(mouth, SPACE.height)
    np.testing.assert_array_equal(enhance_teeth(smooth, mouth, SPACE, proxy, None), smooth)


def test_teeth_are_not_looked_for_beyond_the_reach() -> None:
    # One dark gap in the middle of the proxy, and in the texture far from where the lips put it.
    mouth = opened(0.3)
    column = round(float(SPACE.to_pixels(mouth[14])[0]))
    reach = round(REACH * SPACE.resolution)

    def gapped(aside: int, depth: float) -> NDArray[np.uint8]:
        texture = painted(mouth, SPACE.height).astype(float)
        gap = np.exp(-(((np.arange(SPACE.width) - column - aside) / 1.5) ** 2))
        shade = depth * gap[None, :, None] * mouth_interior(mouth, SPACE)[..., None]
        return np.asarray(np.round(texture - shade), np.uint8)

    proxy = TeethProxy(gapped(0, 80), mouth, SPACE.height, 3, 0.9)
    for aside, found in ((0, True), (reach - 2, True), (reach + 8, False)):
        texture = gapped(aside, 25)
        enhanced = enhance_teeth(texture, mouth, SPACE, proxy, None).astype(float)
        top, bottom = rows_of(mouth)
        change = (enhanced - texture)[top + 4 : bottom - 4, :, 1].mean(axis=0)
        assert (change[column + aside] < -20) == found
        assert np.abs(change).max() > 20 if found else np.abs(change).max() < 5
