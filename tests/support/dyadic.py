"""Speech of a known prosody, for those who listen."""

from __future__ import annotations

import numpy as np

from audio2video.listening.prosody import Prosody


def spoken(low: tuple[int, int] | None, count: int = 400, pause: int = 300) -> Prosody:
    """Give speech to hundredth `pause`, high but for a low region."""
    # Up and down every 40 ms: never low for long.
    pitch = np.where(np.arange(count) // 4 % 2, 22.0, 18.0)
    if low is not None:
        pitch[slice(*low)] = 10.0
    speech = np.arange(count) < pause
    pitch[~speech] = np.nan
    return Prosody(np.where(speech, 0.0, -60.0), pitch, speech)
