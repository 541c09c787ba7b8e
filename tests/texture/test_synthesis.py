"""Textures of a made-up target, of which every frame is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from audio2video.face.head import generic_head
from audio2video.face.layout import JAW, MOUTH
from audio2video.face.rectify import RectifiedGrid
from audio2video.runtime.threads import ordered_map
from audio2video.texture.candidates import FrameFeatures, frames_apart, temporal_window
from audio2video.texture.detail import AIM, MAX_GAIN, MIN_KEPT, sharpen
from audio2video.texture.enhance import enhance_teeth
from audio2video.texture.synthesis import (
    APART,
    FINISHED,
    MEDIAN,
    MOUTH_MARGIN,
    OPENING_BORDER,
    STAGES,
    TEMPORAL_WEIGHTS,
    CandidateSet,
    SynthesisConfig,
    TextureMaker,
    lip_cover,
    visible_region,
)
from audio2video.texture.teeth import TeethProxy, mouth_interior

SPACE = RectifiedGrid.lower_face(32.0)
PLAIN = SynthesisConfig(candidates=5, alpha=0.9, pose_weight=0.3, light_weight=1.0)
STILL = np.asarray(generic_head()[MOUTH, :2])
JAW_LINE = np.asarray(generic_head()[JAW, :2])


def mouths_of(openings: NDArray[np.floating]) -> NDArray[np.float32]:
    """Mouths that open by so much."""
    mouths = np.tile(STILL, (len(openings), 1, 1))
    for index in (*range(7, 12), *range(17, 20)):  # lower lip
        mouths[:, index, 1] += openings
    return mouths.astype(np.float32)


def gallery(
    textures: NDArray[np.uint8], openings: NDArray[np.floating], rate: float = 10.0
) -> CandidateSet:
    frames = len(textures)
    jaws = np.tile(JAW_LINE, (frames, 1, 1))
    jaws[:, :, 1] += 0.01 * np.arange(frames)[:, None]
    looks = FrameFeatures(
        mouths_of(openings),
        np.zeros((frames, 2)),
        np.full((frames, 3), 0.5, np.float32),
    )
    return CandidateSet(textures, looks, jaws, np.arange(frames), SPACE, rate)


def noise(rng: np.random.Generator, frames: int) -> NDArray[np.uint8]:
    return rng.integers(0, 256, (frames, SPACE.height, SPACE.width, 3), dtype=np.uint8)


def colours(frames: int) -> NDArray[np.uint8]:
    """Frame k is all of colour (10 k + 5, 255 - 10 k, 128 + k)."""
    k = np.arange(frames)
    colour = np.stack([10 * k + 5, 255 - 10 * k, 128 + k], axis=-1).astype(np.uint8)
    return np.tile(colour[:, None, None], (1, SPACE.height, SPACE.width, 1))


def region_of(made: CandidateSet) -> NDArray[np.bool_]:
    return visible_region(made.jaws[made.usable].mean(axis=0), made.space)


def test_a_frame_that_is_there_is_given_back(rng: np.random.Generator) -> None:
    made = gallery(noise(rng, 12), np.linspace(0, 0.6, 12))
    region = region_of(made)
    assert 0.3 < region.mean() < 0.95
    maker = TextureMaker(made, replace(PLAIN, candidates=2, alpha=0.999))
    for frame in (0, 5, 11):
        texture, jaw = maker.make(made.looks[frame])
        assert texture.dtype == np.uint8
        # It carries more than half of all weight, and nothing of it is moved.
        np.testing.assert_array_equal(texture[region], made.textures[frame][region])
        assert not texture[~region].any()
        assert np.abs(jaw - made.jaws[frame]).max() < 0.005


@settings(max_examples=40)
@given(st.integers(0, 2**32 - 1), st.integers(1, 20), st.integers(1, 20))
def test_frames_that_are_not_allowed_never_appear(seed: int, allowed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    textures = colours(20)
    made = gallery(textures, rng.uniform(0, 0.5, 20))
    chosen = np.sort(rng.choice(20, allowed, replace=False))
    others = np.setdiff1d(np.arange(20), chosen)
    textures[others] = rng.choice([0, 255], (len(others), 1, 1, 3))
    maker = TextureMaker(made, replace(PLAIN, candidates=count))
    wanted = made.looks[int(rng.integers(20))]
    texture, jaw = maker.make(wanted, chosen)
    # Whatever is mixed of the others lies between them.
    seen = texture[region_of(made)]
    low, high = (f(textures[chosen][:, 0, 0], axis=0) for f in (np.min, np.max))
    assert (seen >= low).all()
    assert (seen <= high).all()
    if allowed == 1:
        np.testing.assert_array_equal(seen, np.broadcast_to(low, seen.shape))
    assert made.jaws[chosen[0], 8, 1] - 1e-9 <= jaw[8, 1] <= made.jaws[chosen[-1], 8, 1] + 1e-9


def test_without_a_list_all_usable_frames_are_allowed() -> None:
    made = replace(gallery(colours(20), np.linspace(0, 0.5, 20)), usable=np.arange(4, 9))
    maker = TextureMaker(made, PLAIN)
    wanted = made.looks[19]
    texture, jaw = maker.make(wanted)
    again, same = maker.make(wanted, made.usable)
    np.testing.assert_array_equal(texture, again)
    np.testing.assert_array_equal(jaw, same)
    seen = texture[region_of(made)][:, 0]
    assert 45 <= seen.min() <= seen.max() <= 85


def test_pose_and_light_decide_between_like_mouths() -> None:
    made = gallery(colours(20), np.zeros(20))
    turn, light = np.zeros((20, 2)), np.full((20, 3), 0.5, np.float32)
    turn[:, 0] = np.linspace(-0.5, 0.5, 20)
    light[:, 1] = np.linspace(0.2, 0.8, 20)[::-1]
    made = replace(made, looks=FrameFeatures(made.looks.mouths, turn, light))
    inside = tuple(np.argwhere(region_of(made))[100])
    for recipe, nearest in (
        (replace(PLAIN, light_weight=0.0, candidates=1), 17),
        (replace(PLAIN, pose_weight=0.0, candidates=1), 3),
    ):
        wanted = FrameFeatures(made.looks.mouths[:1], turn[17:18], light[3:4])
        texture, _ = TextureMaker(made, recipe).make(wanted)
        assert texture[inside][0] == 10 * nearest + 5


def test_equal_weights_give_the_plain_median(rng: np.random.Generator) -> None:
    made = gallery(noise(rng, 9), np.zeros(9))
    # All mouths are alike and none is moved; the turn of the head makes some count more.
    turn = np.zeros((9, 2))
    turn[:, 1] = np.linspace(0, 1, 9)
    made = replace(made, looks=FrameFeatures(made.looks.mouths, turn, made.looks.light))
    region = region_of(made)
    equal = TextureMaker(made, replace(PLAIN, equal=True, candidates=5))
    texture, jaw = equal.make(made.looks[0])
    np.testing.assert_array_equal(
        texture[region], np.median(made.textures[:5], axis=0).astype(np.uint8)[region]
    )
    np.testing.assert_allclose(jaw, made.jaws[:5].mean(axis=0))
    weighted, nearer = TextureMaker(made, replace(PLAIN, candidates=5)).make(made.looks[0])
    assert (weighted[region] != texture[region]).any()
    assert nearer[8, 1] < jaw[8, 1]  # the first frames have the highest jaw


def test_moments_stay_inside_the_target() -> None:
    assert temporal_window(5, 9) == [4, 5, 6]
    assert temporal_window(0, 9) == [0, 0, 1]
    assert temporal_window(8, 9) == [7, 8, 8]
    assert temporal_window(0, 1) == [0, 0, 0]


def test_the_moments_around_have_a_say(rng: np.random.Generator) -> None:
    # Three frames with unlike mouths: each moment chooses its own frame alone.
    made = gallery(colours(3), np.array([0.0, 0.3, 0.6]))
    maker = TextureMaker(made, replace(PLAIN, candidates=1))
    _, jaw = maker.make(made.looks[temporal_window(1, 3)])
    np.testing.assert_allclose(
        jaw, np.average(made.jaws, axis=0, weights=TEMPORAL_WEIGHTS), atol=1e-4
    )
    assert sum(TEMPORAL_WEIGHTS) == 1
    # The mouth is that of the moment itself: of three alike the texture is that of one.
    same = gallery(noise(rng, 12), np.linspace(0, 0.6, 12))
    maker = TextureMaker(same, PLAIN)
    for found, wanted in zip(
        maker.make(same.looks[[4, 4, 4]]), maker.make(same.looks[4]), strict=True
    ):
        np.testing.assert_allclose(found, wanted, atol=1e-6)


@pytest.mark.parametrize("frames", [1, 2, 9])
@pytest.mark.parametrize("coherent", [False, True])
def test_a_sequence_is_made_like_its_frames(
    coherent: bool, frames: int, rng: np.random.Generator
) -> None:
    made = gallery(noise(rng, 12), np.linspace(0, 0.6, 12))
    maker = TextureMaker(made, PLAIN)
    wanted = made.looks[rng.integers(0, 12, frames).tolist()]
    choices = list(maker.choose(wanted, coherent=coherent))
    assert len(choices) == frames
    for index, chosen in enumerate(choices):
        around = wanted[temporal_window(index, frames) if coherent else index]
        for found, expected in zip(
            maker.render(wanted.mouths[index], chosen), maker.make(around), strict=True
        ):
            np.testing.assert_allclose(found, expected, atol=1e-4)


def test_textures_do_not_depend_on_the_number_of_threads(rng: np.random.Generator) -> None:
    made = gallery(jittered(rng, 12), np.linspace(0.1, 0.6, 12))
    proxy = TeethProxy(made.textures[2], made.looks.mouths[2], 20, 2, 0.5)
    maker = TextureMaker(made, replace(PLAIN, detail=0.7, upper=proxy, lip_candidates=2))
    jobs = list(zip(made.looks.mouths, maker.choose(made.looks, coherent=True), strict=True))
    one, many = (list(ordered_map(lambda job: maker.render(*job), jobs, n)) for n in (1, 5))
    for alone, together in zip(one, many, strict=True):
        np.testing.assert_array_equal(alone[0], together[0])
        np.testing.assert_array_equal(alone[1], together[1])


def test_lips_come_from_the_nearest_alone(rng: np.random.Generator) -> None:
    # All mouths alike, so nothing is moved; heads turn more and more, which orders the frames.
    made = gallery(noise(rng, 9), np.full(9, 0.2))
    turn = np.zeros((9, 2))
    turn[:, 0] = 0.01 * np.arange(9)
    made = replace(made, looks=FrameFeatures(made.looks.mouths, turn, made.looks.light))
    recipe = replace(PLAIN, candidates=9, equal=True, lip_candidates=3)
    texture, _ = TextureMaker(made, recipe).make(made.looks[0])
    cover, region = lip_cover(made.looks.mouths[0], SPACE), region_of(made)
    few, many = (np.median(made.textures[:n], axis=0).astype(np.uint8) for n in (3, 9))
    lips, skin = cover == 1, (cover == 0) & region
    assert min(lips.sum(), skin.sum()) > 100
    np.testing.assert_array_equal(texture[lips], few[lips])
    np.testing.assert_array_equal(texture[skin], many[skin])
    mixed = many + cover[..., None] * (few.astype(float) - many)
    np.testing.assert_allclose(texture[region], mixed[region], atol=0.51)
    whole, _ = TextureMaker(made, replace(recipe, lip_candidates=9)).make(made.looks[0])
    np.testing.assert_array_equal(whole[region], many[region])


def test_the_lips_cover_holds_the_lips_and_little_more() -> None:
    space = RectifiedGrid.lower_face(100.0)
    for opening in (0.0, 0.3):
        mouth = mouths_of(np.array([opening]))[0].astype(float)
        cover = lip_cover(mouth, space)
        assert cover.min() == 0
        assert cover.max() == pytest.approx(1, abs=1e-6)
        x, y = space.to_pixels(mouth).round().astype(int).T
        assert cover[y, x].min() > 0.9
        low, high = (
            space.to_pixels(mouth.min(axis=0) - 0.15),
            space.to_pixels(mouth.max(axis=0) + 0.15),
        )
        rows, columns = np.nonzero(cover)
        assert low[0] < columns.min() < columns.max() < high[0]
        assert low[1] < rows.min() < rows.max() < high[1]


def test_detail_and_teeth_come_last(rng: np.random.Generator) -> None:
    made = gallery(noise(rng, 6), np.linspace(0.2, 0.4, 6))
    proxy = TeethProxy(made.textures[2], made.looks.mouths[2], 20, 2, 0.5)
    wanted = made.looks[3]
    plain, jaw = TextureMaker(made, PLAIN).make(wanted)
    recipe = replace(PLAIN, detail=0.7, opening_detail=0.2, upper=proxy, lower=proxy)
    texture, same = TextureMaker(made, recipe).make(wanted)
    gain = 0.7 - 0.5 * mouth_interior(wanted.mouths[0], SPACE, OPENING_BORDER)
    expected = enhance_teeth(sharpen(plain, gain), wanted.mouths[0], SPACE, proxy, proxy)
    np.testing.assert_array_equal(texture, expected)
    np.testing.assert_array_equal(jaw, same)


@pytest.mark.parametrize("gains", [(0.7, 0.0), (0.0, 0.7)])
def test_skin_and_opening_have_their_own_detail(
    gains: tuple[float, float], rng: np.random.Generator
) -> None:
    made = gallery(noise(rng, 6), np.linspace(0.3, 0.4, 6))
    wanted = made.looks[3]
    plain, _ = TextureMaker(made, PLAIN).make(wanted)
    recipe = replace(PLAIN, detail=gains[0], opening_detail=gains[1])
    texture, _ = TextureMaker(made, recipe).make(wanted)
    inside = mouth_interior(wanted.mouths[0], SPACE, OPENING_BORDER)
    changed = (texture != plain).any(axis=-1)
    opening, skin = inside > 0.9, (inside == 0) & region_of(made)
    assert opening.sum() > 20
    assert changed[opening].mean() > 0.9 if gains[1] else not changed[inside == 1].any()
    assert changed[skin].mean() > 0.9 if gains[0] else not changed[skin].any()


def jittered(rng: np.random.Generator, frames: int) -> NDArray[np.uint8]:
    """One face, whose skin lies a little elsewhere in every frame."""
    y, x = np.mgrid[: SPACE.height, : SPACE.width].astype(np.float32)
    large = cv2.GaussianBlur(rng.normal(size=(3 * SPACE.height, 3 * SPACE.width)), (0, 0), 2.4)
    large = np.clip(128 + 90 * large / np.abs(large).max(), 0, 255).astype(np.float32)
    textures = []
    for dx, dy in rng.normal(scale=0.5, size=(frames, 2)):
        seen = cv2.remap(
            large, 3 * (x + np.float32(dx)), 3 * (y + np.float32(dy)), cv2.INTER_LINEAR
        )
        textures.append(np.repeat(np.round(seen)[..., None], 3, axis=2))
    return np.stack(textures).astype(np.uint8)


def sharpness(texture: NDArray[np.uint8], mouth: NDArray[np.floating]) -> dict[str, float]:
    """Variance of the Laplacian around the mouth, on skin and in the opening."""
    x0, y0 = SPACE.to_pixels(mouth.min(axis=0) - MOUTH_MARGIN).astype(int)
    x1, y1 = SPACE.to_pixels(mouth.max(axis=0) + MOUTH_MARGIN).astype(int) + 1
    inside = mouth_interior(mouth, SPACE)[y0:y1, x0:x1] > 0.5
    part = cv2.cvtColor(np.ascontiguousarray(texture[y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
    sharp = cv2.Laplacian(part, cv2.CV_32F)
    return {"skin": float(sharp[~inside].var()), "opening": float(sharp[inside].var())}


def test_a_calibrated_maker_is_as_sharp_as_the_target(rng: np.random.Generator) -> None:
    textures = jittered(rng, 60)
    # In the opening, which lies where all mouths have it, nothing moves: the median takes nothing.
    openings = rng.uniform(0.25, 0.3, 60)
    made = gallery(textures, openings)
    inside = mouth_interior(made.looks.mouths[0], SPACE, 0.05) > 0.5
    textures[:, inside] = textures[0][inside]
    maker = TextureMaker(made, replace(PLAIN, candidates=20, alpha=0.5))
    better = maker.calibrated()
    assert 0 <= better.recipe.opening_detail < better.recipe.detail < MAX_GAIN
    assert replace(better.recipe, detail=0.0, opening_detail=0.0) == maker.recipe
    ratios: dict[str, dict[str, float]] = {}
    for name, one in (("plain", maker), ("calibrated", better)):
        found: dict[str, list[float]] = {"skin": [], "opening": []}
        for frame in range(5, 60, 5):
            texture, _ = one.make(made.looks[frame], frames_apart(made.usable, frame, APART, 10.0))
            mouth = made.looks.mouths[frame]
            true = sharpness(made.textures[frame], mouth)
            for part, value in sharpness(texture, mouth).items():
                found[part].append(value / true[part])
        ratios[name] = {part: float(np.median(values)) for part, values in found.items()}
    assert ratios["plain"]["skin"] < 0.8
    assert ratios["plain"]["opening"] > ratios["plain"]["skin"] + 0.1
    # So sharp that the resampling still to come leaves what is aimed at.
    for part in ("skin", "opening"):
        assert 0.9 * AIM < ratios["calibrated"][part] < 1.1 * AIM / MIN_KEPT**2, part


def test_a_target_too_short_to_calibrate_gets_no_detail(rng: np.random.Generator) -> None:
    short = gallery(jittered(rng, 5), np.zeros(5))
    proxy = TeethProxy(short.textures[2], short.looks.mouths[2], 20, 2, 0.5)
    maker = TextureMaker(short, replace(PLAIN, detail=1.0, upper=proxy)).calibrated()
    assert maker.recipe == replace(PLAIN, upper=proxy)  # kept, though not used to calibrate


@given(
    st.lists(st.integers(0, 200), min_size=1, max_size=30, unique=True).map(sorted),
    st.integers(0, 200),
    st.sampled_from([0.0, 0.1, 0.5, 2.0]),
    st.sampled_from([10.0, 25.0, 30000 / 1001]),
)
def test_frames_apart_equal_a_plain_loop(
    usable: list[int], frame: int, seconds: float, rate: float
) -> None:
    found = frames_apart(np.array(usable), frame, seconds, rate)
    assert found.tolist() == [k for k in usable if abs(k - frame) > seconds * rate]


def test_neighbours_are_those_up_to_the_border() -> None:
    found = frames_apart(np.arange(60), 30, 0.5, 25.0)  # 12.5 frames
    assert found.tolist() == [*range(18), *range(43, 60)]
    assert frames_apart(np.arange(5), 2, 0.0, 25.0).tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize("resolution", [12.0, 40.0, 150.0])
def test_the_visible_region_is_a_somewhat_larger_face(resolution: float) -> None:
    space = RectifiedGrid.lower_face(resolution)
    region = visible_region(JAW_LINE, space)
    assert region.shape == (space.height, space.width)
    outline = np.concatenate([JAW_LINE, [[0.0, 0.3]]])
    centre = np.array([0.0, 1.1])
    x, y = space.grid()
    points = np.stack([x, y], axis=-1).reshape(-1, 2).astype(np.float32)

    def inside(factor: float) -> NDArray[np.bool_]:
        grown = (centre + (outline - centre) * factor).astype(np.float32)
        hull = cv2.convexHull(grown)
        tests = [cv2.pointPolygonTest(hull, tuple(map(float, p)), False) >= 0 for p in points]
        return np.array(tests).reshape(region.shape)

    pixel = 1.0 / resolution
    assert region[inside(1.15 - 2 * pixel)].all()
    assert not region[~inside(1.15 + 2 * pixel)].any()


def test_a_long_search_is_that_of_its_parts(
    monkeypatch: pytest.MonkeyPatch, rng: np.random.Generator
) -> None:
    maker = TextureMaker(gallery(colours(20), rng.uniform(0, 0.5, 20)), PLAIN)
    frames = rng.integers(20, size=25).tolist()
    wanted = maker.gallery.looks[frames]
    whole = list(maker.choose(wanted, coherent=True))
    monkeypatch.setattr("audio2video.texture.synthesis.SEARCHED", 7)
    parts = list(maker.choose(wanted, coherent=True))
    assert len(parts) == len(whole) == len(frames)
    for a, b in zip(parts, whole, strict=True):
        np.testing.assert_array_equal(a.frames, b.frames)
        np.testing.assert_allclose(a.weights, b.weights, atol=1)


@pytest.mark.parametrize("equal", [False, True])
def test_stages_end_with_the_texture_and_begin_with_the_median(
    rng: np.random.Generator, equal: bool
) -> None:
    frames = 24
    made = gallery(noise(rng, frames), np.linspace(0, 0.6, frames))
    proxy = TeethProxy(made.textures[20], made.looks.mouths[20].astype(float), 40, 20, 0.5)
    recipe = replace(
        PLAIN, candidates=12, lip_candidates=4, detail=0.5, opening_detail=0.2, equal=equal
    )
    maker = TextureMaker(made, replace(recipe, upper=proxy))
    shape = made.looks.mouths[11].astype(float)
    (chosen,) = maker.choose(made.looks[11], coherent=False)
    stages = maker.stages(shape, chosen)
    assert tuple(stages) == STAGES
    texture, _ = maker.render(shape, chosen)
    assert np.array_equal(stages[FINISHED], texture)
    bare = replace(recipe, lip_candidates=12, detail=0.0, opening_detail=0.0)
    median, _ = TextureMaker(made, bare).render(shape, chosen)
    assert np.array_equal(stages[MEDIAN], median)
    assert not np.array_equal(stages[MEDIAN], texture)
