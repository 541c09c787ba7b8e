"""Pictures to be marked, and what they are marked with."""

from __future__ import annotations

import cv2
import numpy as np

from audio2video._typing import U8
from audio2video.watermark.code import Payload

KEY, OTHER = b"a" * 32, b"b" * 32
PAYLOAD = Payload(1, 0x123456789AB)


def scenery(width: int, height: int, seed: int = 0) -> U8:
    """A smooth left half and a textured right one."""
    rng = np.random.default_rng(seed)
    texture = cv2.GaussianBlur(rng.normal(0, 60, (height, width)), (0, 0), 2)
    texture[:, : width // 2] = 0
    return np.clip(120 + texture + rng.normal(0, 1, texture.shape), 16, 235).astype(np.uint8)
