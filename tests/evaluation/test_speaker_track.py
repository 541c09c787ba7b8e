"""The speaker is found in a result that shows other people as well."""

from __future__ import annotations

import numpy as np
from paper_heads import HEIGHT, WIDTH, Head, PaperFinder

from audio2video.evaluation.speaker_track import follow_speaker


def test_the_face_where_the_target_has_it_is_followed() -> None:
    script = [[Head(150.0), Head(420.0, unit=36.0)]] * 6 + [[Head(420.0, unit=36.0)]] * 3
    script += [[Head(150.0), Head(420.0, unit=36.0)]] * 3
    finder = PaperFinder(script)
    grays = (np.full((HEIGHT, WIDTH), k, np.uint8) for k in range(12))
    expected = np.stack([Head(155.0).landmarks()] * 12)
    # In frame 2 the target has nobody who speaks.
    usable = np.arange(12) != 2
    found = list(follow_speaker(grays, finder, expected, usable))
    seen = [None if f.landmarks is None else float(f.landmarks[27, 0]) for f in found]
    assert seen[:6] == [150.0, 150.0, None, 150.0, 150.0, 150.0]
    assert seen[6:9] == [None] * 3
    assert [face.begins for face in found[:4]] == [True, False, False, True]
    assert {round(place) for place in seen[9:] if place is not None} <= {150}
