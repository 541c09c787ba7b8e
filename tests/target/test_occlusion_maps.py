"""What covers the lips for a moment is not believed."""

from __future__ import annotations

import numpy as np

from audio2video.face.track import build_track
from audio2video.face.tracking import TrackedFace
from audio2video.target.occlusion_maps import BRIEF, Occlusions, _without_brief
from tools.presenter.presenter import demo_truth

RATE = 25.0


def test_brief_covers_of_the_lips_are_dropped() -> None:
    truth = demo_truth()
    count = 60
    track = build_track([TrackedFace(points) for points in truth.landmarks[:count]])
    lips = np.zeros(count, np.float32)
    lips[5:8] = 0.6  # 0.12 s
    lips[20:24] = 0.6  # 0.16 s
    lips[40:50] = 0.1
    maps = np.zeros((count, 4, 5), np.uint8)
    maps[lips > 0] = 200
    maps[30] = 200  # beside the lips: nothing to do with it
    assert 3 < BRIEF * RATE <= 4
    kept = _without_brief(Occlusions(maps.copy(), lips), track, RATE)
    expected = lips.copy()
    expected[5:8] = 0
    np.testing.assert_array_equal(kept.lips, expected)
    np.testing.assert_array_equal(
        kept.maps.any(axis=(1, 2)), (expected > 0) | (np.arange(count) == 30)
    )
