"""The inputs: what is done to footage, and what the command should make of it."""

from __future__ import annotations

from dataclasses import dataclass

from . import drawing
from .drawing import Change

PLAIN, BEHIND, LEAVES, REFUSED, WARNED = "plain", "behind it", "leaves", "refused", "warned"
"""What should happen: an ordinary result; the mouth goes behind what is in front, with a warning;
covered frames stay, and are counted; one line and exit code 2; a result with a warning."""


@dataclass(frozen=True)
class Case:
    """An input.

    Parameters
    ----------
    kind, name : str
    expected : tuple of str
        What may happen.
    change : callable
        What is done to the footage.
    target : str
        Stem of the footage.
    frames : int
        So many are used.
    sound : str
        'speech', or what is heard instead.
    target_is : str
        'film', or what is given instead.
    """

    kind: str
    name: str
    expected: tuple[str, ...]
    change: Change = drawing.unchanged
    target: str = "address_8s"
    frames: int = 60
    sound: str = "speech"
    target_is: str = "film"


def _front(name: str, change: Change, *expected: str) -> Case:
    return Case("in front", name, expected or (BEHIND,), change)


CASES = (
    *(
        _front(f"stand microphone {size}", drawing.stand_microphone(size))
        for size in (0.22, 0.35, 0.55)
    ),
    _front("gray stand microphone", drawing.stand_microphone(0.35, 110)),
    _front("microphone in the hand", drawing.hand_microphone(0.25, with_head=False)),
    _front("larger one, with the head", drawing.hand_microphone(0.4, with_head=True)),
    _front("subtitles below the lips", drawing.subtitles(0.4, 1.0)),
    _front("subtitles on the lips", drawing.subtitles(0.0, 1.0), BEHIND, REFUSED),
    _front("subtitles above, 70 %", drawing.subtitles(-0.25, 0.7)),
    _front("yellow subtitles, 60 %", drawing.subtitles(0.2, 0.6, (255, 230, 0))),
    _front("lower third", drawing.lower_third),
    _front("logo, 60 %", drawing.watermark(0.6)),
    # Too faint for its edges to be told from the face's own.
    _front("logo, 30 %", drawing.watermark(0.3), BEHIND, PLAIN),
    _front("blue mask", drawing.medical_mask((120, 165, 205)), REFUSED),
    _front("white mask", drawing.medical_mask((215, 215, 218)), REFUSED),
    _front("black mask", drawing.medical_mask((30, 30, 34)), REFUSED),
    _front("straw, with the head", drawing.straw(with_head=True)),
    _front("straw, fixed", drawing.straw(with_head=False)),
    *(_front(f"cup, {round(100 * s)} %", drawing.cup(s), LEAVES, BEHIND) for s in (0.3, 0.5)),
    *(
        _front(f"cup, {round(100 * s)} %", drawing.cup(s), LEAVES, BEHIND, REFUSED)
        for s in (0.78, 0.9)
    ),
    _front("brown cup, 78 %", drawing.cup(0.78, (120, 80, 50)), LEAVES, BEHIND, REFUSED),
    _front("red cup, 78 %", drawing.cup(0.78, (170, 45, 40)), LEAVES, BEHIND, REFUSED),
    *(Case("light", f"{round(100 * s)} %", (PLAIN,), drawing.light(s)) for s in (0.3, 0.1, 0.05)),
    Case("light", "warm", (PLAIN,), drawing.tinted(1.0, 0.75, 0.5)),
    Case("light", "blue", (PLAIN,), drawing.tinted(0.55, 0.75, 1.0)),
    Case("light", "black and white", (PLAIN,), drawing.black_and_white),
    Case("as it is", "address_8s", (PLAIN,)),
    Case("as it is", "weekly_5s", (PLAIN,), target="weekly_5s"),
    Case("as it is", "weekly_24s_silent", (PLAIN,), target="weekly_24s_silent"),
    Case("closed mouth", "a still", (WARNED,), drawing.still),
    Case("time", "1 frame", (REFUSED,), frames=1),
    Case("time", "3 frames", (PLAIN, WARNED, REFUSED), frames=3),
    Case("time", "12 frames", (PLAIN, WARNED), frames=12),
    Case("sound", "silence", (REFUSED,), sound="silence"),
    Case("sound", "noise", (REFUSED,), sound="noise"),
    Case("sound", "speech at -40 dB", (PLAIN,), sound="quiet"),
    Case("sound", "speech in one inverted channel", (PLAIN, WARNED), sound="inverted"),
    Case("people", "two, side by side", (WARNED,), target_is="pair"),
    Case("people", "another one after a cut", (WARNED, LEAVES), target_is="cut"),
    Case("handling", "no face", (REFUSED,), target_is="no face"),
    Case("handling", "a text file as video", (REFUSED,), target_is="text"),
    Case("handling", "no such video", (REFUSED,), target_is="missing"),
)
