"""Puts the presenter together: static layers painted once, then warped and finished per frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from .anatomy import LEFT_EYE, LIPS, RIGHT_EYE, rest_landmarks
from .brush import FloatArray, Sheet, mix
from .eyes import close_lids, eye_centres, paint_eye
from .geometry import EYE_DISTANCE, EYE_LINE, Camera, Surface, camera
from .hair import paint_ears, paint_hair
from .lips import lip_points
from .mouth import paint_mouth
from .scene import paint_body, paint_room
from .script import FRAMES, RATE, Motion, demo_motion
from .skin import paint_face

SIZE = 512
"""Width and height of the demo video in pixels."""

_TEXTURE_DETAIL = 2.0
_NOISE_SIGMA = 1.7
_NOISE_MARGIN = 64
_SHADOW_CELL = 8
_REST_HALF_WIDTH = 0.425


@dataclass(frozen=True)
class DemoTruth:
    """Where everything is in each painted frame.

    Attributes
    ----------
    lips : ndarray, shape (T, 20, 2), float32
        Landmarks 48-67 in pixels, exactly as painted.
    landmarks : ndarray, shape (T, 68, 2), float32
        All landmarks in pixels; the last 20 are `lips`.
    yaw, pitch, roll : ndarray, shape (T,), float32
        Head pose in degrees: towards the picture's right, downwards, clockwise.
    blink : ndarray, shape (T,), bool
        The lids are more than half shut.
    opening : ndarray, shape (T,), float32
        Distance between the landmarks 62 and 66 in pixels.
    """

    lips: FloatArray
    landmarks: FloatArray
    yaw: FloatArray
    pitch: FloatArray
    roll: FloatArray
    blink: NDArray[np.bool_]
    opening: FloatArray


@dataclass(frozen=True)
class Pose:
    """One frame's geometry."""

    view: Camera
    maps: FloatArray
    landmarks: FloatArray
    pupils: FloatArray
    jaw: float
    tongue: float


class Puppet:
    """Geometry of every frame, without any picture.

    Parameters
    ----------
    motion : Motion
    size : int
        Width and height of the picture.
    lips : ndarray, shape (T, 20, 2), optional
        Lip points on the head at rest; by default those of the motion's mouth.
    """

    def __init__(self, motion: Motion, size: int, lips: FloatArray | None = None) -> None:
        self._motion = motion
        self._size = size
        self.surface = Surface()
        self._lips = lip_points(motion.mouth) if lips is None else lips
        self._lip_depth = self.surface.lip_depth()

    def pose(self, k: int) -> Pose:
        """Give the geometry of frame `k`."""
        motion = self._motion
        view = camera(
            self._size,
            float(motion.yaw[k]),
            float(motion.pitch[k]),
            float(motion.roll[k]),
            motion.shift[k],
        )
        jaw = max(float(motion.mouth["jaw"][k]), 0.0)
        widening = float(motion.mouth["half_width"][k]) - _REST_HALF_WIDTH
        maps = self.surface.moved(jaw, widening, float(motion.brow[k]))
        rest = rest_landmarks()
        for eye in (RIGHT_EYE, LEFT_EYE):
            rest[eye] = close_lids(rest[eye], float(motion.eyelid[k]))
        space = self.surface.place(maps, rest)
        # The lips say themselves where they are; rounding pushes them forward.
        space[LIPS, :2] = self._lips[k]
        space[LIPS, 2] = self._lip_depth + 0.06 * float(motion.mouth["rounding"][k])
        pupils = self.surface.place(maps, eye_centres() + motion.gaze[k])
        return Pose(
            view=view,
            maps=maps,
            landmarks=view.project(space),
            pupils=view.project(pupils),
            jaw=jaw,
            tongue=float(motion.mouth["tongue"][k]),
        )


def _reduced(layer: FloatArray, size: int) -> FloatArray:
    small = cv2.resize(layer, (size, size), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


class Painter:
    """The layers that never change, and how a frame is made of them."""

    def __init__(self, size: int, seed: int) -> None:
        self._size = size
        scale = camera(size, 0.0, 0.0, 0.0).scale
        rng = np.random.default_rng([seed, 100])
        self.sheet = Sheet(-1.75, -1.95, 1.75, 2.15, _TEXTURE_DETAIL * scale)
        self._head = self._paint_head(rng)
        half, eyes = 0.5 / EYE_DISTANCE, EYE_LINE / EYE_DISTANCE
        # Paint with twice the detail and reduce, so that no edge is jagged.
        stage = Sheet(-half, -eyes, half, 2.0 * half - eyes, 2.0 * scale)
        body, cover = paint_body(stage, rng)
        self._body = _reduced(np.dstack([body * cover[..., None], cover]), size)
        self._room = _reduced(paint_room(stage, rng), size)
        # Rows above are empty, with some to spare for the sway.
        self._body_top = max(int(np.flatnonzero(self._body[..., 3].any(axis=1))[0]) - size // 32, 0)
        side = size + _NOISE_MARGIN
        grain = rng.standard_normal((side, side, 1), dtype=np.float32)
        chroma = rng.standard_normal((side, side, 3), dtype=np.float32)
        noise = np.asarray(cv2.GaussianBlur(0.85 * grain + 0.5 * chroma, (0, 0), 0.5), np.float32)
        self._noise = noise * (np.float32(_NOISE_SIGMA) / noise.std())

    def _paint_head(self, rng: np.random.Generator) -> NDArray[np.uint8]:
        """Head with shut eyes and no mouth: RGB times coverage, and coverage, (H, W, 4)."""
        sheet = self.sheet
        picture, cover = paint_ears(sheet)
        face, face_cover = paint_face(sheet, rng)
        picture = mix(picture, face, face_cover)
        cover = np.maximum(cover, face_cover)
        hair, hair_cover = paint_hair(sheet, rng)
        # The hair darkens the skin next to it.
        near = np.clip(sheet.blur(hair_cover, 0.05) * 1.2, 0.0, 1.0) * face_cover
        picture = mix(picture, (96, 62, 46), 0.38 * near)
        picture = mix(picture, hair, hair_cover)
        cover = np.maximum(cover, hair_cover)
        picture = np.clip(picture, 0.0, 255.0)
        layers = np.dstack([picture * cover[..., None], 255.0 * cover])
        return np.asarray(layers.round(), np.uint8)

    def paint(self, motion: Motion, k: int, pose: Pose, surface: Surface, seed: int) -> FloatArray:
        """Paint one frame."""
        size = self._size
        place = surface.lookup(pose.view, pose.maps, size)
        at = self.sheet.pixels(place)
        head = cv2.remap(self._head, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
        sway = 0.35 * pose.view.scale * motion.shift[k]
        move = np.array([[1, 0, sway[0]], [0, 1, 0.3 * sway[1]]], np.float32)
        top = self._body_top
        body = np.asarray(
            cv2.warpAffine(
                self._body[top:],
                move,
                (size, size - top),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.float32,
        )
        solid = head[..., 3:].astype(np.float32) * np.float32(1 / 255)
        lit = body[..., :3] * (1.0 - 0.55 * self._shadow(solid)[top:])
        frame = self._room.copy()
        frame[top:] = frame[top:] * (1.0 - body[..., 3:]) + lit
        frame *= 1.0 - solid
        frame += head[..., :3]
        for eye, pupil, inner in ((RIGHT_EYE, pose.pupils[0], 3), (LEFT_EYE, pose.pupils[1], 0)):
            paint_eye(frame, pose.landmarks[eye], pupil, pose.view.scale, inner=inner)
        lips = pose.landmarks[LIPS]
        paint_mouth(frame, lips, pose.view, jaw=pose.jaw, tongue=pose.tongue)
        grain = np.random.default_rng([seed, 200, int(motion.index[k])])
        column, row = grain.integers(_NOISE_MARGIN, size=2)
        frame += self._noise[row : row + size, column : column + size]
        return np.asarray(frame, np.float32)

    def _shadow(self, solid: FloatArray) -> FloatArray:
        """Soft shadow that the head throws on neck and collar: shape (H, W, 1)."""
        size = self._size
        cells = max(size // _SHADOW_CELL, 8)
        small = cv2.resize(solid, (cells, cells), interpolation=cv2.INTER_AREA)
        down, right = 0.055 * cells, 0.02 * cells
        move = np.array([[1, 0, right], [0, 1, down]], np.float32)
        moved = cv2.warpAffine(small, move, (cells, cells))
        soft = cv2.GaussianBlur(moved, (0, 0), 0.022 * cells)
        return np.asarray(cv2.resize(soft, (size, size)), np.float32)[..., None]


def render_frames(
    n: int = FRAMES,
    *,
    size: int = SIZE,
    rate: Fraction = RATE,
    start: int = 0,
    seed: int = 0,
) -> Iterator[NDArray[np.uint8]]:
    """Paint the presenter.

    Parameters
    ----------
    n : int
        Number of frames.
    size : int
        Width and height in pixels.
    rate : Fraction
        Frames per second.
    start : int
        First frame of the score to paint.
    seed : int
        Chooses what is said, the motion, freckles and noise.

    Yields
    ------
    ndarray, shape (size, size, 3), uint8
        RGB.
    """
    motion = demo_motion(n, rate=rate, start=start, seed=seed)
    puppet = Puppet(motion, size)
    painter = Painter(size, seed)
    for k in range(n):
        frame = painter.paint(motion, k, puppet.pose(k), puppet.surface, seed)
        yield np.clip(frame + 0.5, 0.0, 255.0).astype(np.uint8)


def demo_truth(
    n: int = FRAMES,
    *,
    size: int = SIZE,
    rate: Fraction = RATE,
    start: int = 0,
    seed: int = 0,
) -> DemoTruth:
    """Tell where everything is in the frames that `render_frames` paints for the same arguments."""
    motion = demo_motion(n, rate=rate, start=start, seed=seed)
    puppet = Puppet(motion, size)
    landmarks = np.stack([puppet.pose(k).landmarks for k in range(n)])
    lips = landmarks[:, LIPS]
    return DemoTruth(
        lips=lips,
        landmarks=landmarks,
        yaw=motion.yaw,
        pitch=motion.pitch,
        roll=motion.roll,
        blink=motion.eyelid > 0.5,
        opening=np.linalg.norm(lips[:, 18] - lips[:, 14], axis=1),
    )
