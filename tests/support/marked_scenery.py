"""Pictures to be marked, and what they are marked with."""

from __future__ import annotations

import cv2
import numpy as np

from audio2video._typing import F32, U8
from audio2video.watermark.code import Payload
from audio2video.watermark.embedding import Embedder

KEY, OTHER = b"a" * 32, b"b" * 32
PAYLOAD = Payload(1, 0x123456789AB)


def scenery(width: int, height: int, seed: int = 0) -> U8:
    """A smooth left half and a textured right one."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.normal(0, 60, (height, width)), (0, 0), 2)
    texture[:, : width // 2] = 0
    return np.clip(120 + texture + rng.normal(0, 1, texture.shape), 16, 235).astype(np.uint8)


def shaded(seed: int, rows: int = 360, columns: int = 480) -> F32:
    """Light and shade over an area, as of a lit room."""
    coarse = np.random.default_rng(seed).uniform(60, 190, (rows // 60, columns // 60))
    drawn = cv2.resize(coarse.astype(np.float32), (columns, rows), interpolation=cv2.INTER_CUBIC)
    return np.clip(drawn, 30, 220)


def film(seed: int) -> list[U8]:
    """A lit room with something that moves."""
    texture = scenery(640, 480, seed).astype(np.float32) - 120
    light = shaded(seed, 480, 640)
    return [
        np.clip(light + np.roll(texture, 7 * k, axis=1) / 3, 16, 235).astype(np.uint8)
        for k in range(5)
    ]


def copied_mark(source: list[U8], other: list[U8]) -> tuple[list[U8], list[U8]]:
    """Mark one film, and lay what was added to it onto another; gives both."""
    embedder = Embedder(KEY, PAYLOAD, *source[0].shape[::-1])
    pattern = np.zeros(source[0].shape)
    marked = [luma.copy() for luma in source]
    for luma, plain in zip(marked, source, strict=True):
        embedder.mark(luma)
        pattern += luma.astype(float) - plain
    pattern *= 2 / pattern.std()
    return marked, [np.clip(np.rint(luma + pattern), 0, 255).astype(np.uint8) for luma in other]
