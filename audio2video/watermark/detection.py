"""Finding a mark again, without the original."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .code import CHECK_BITS, HASH_BITS, VERSION_BITS, Payload
from .pattern import CELLS, layout
from .place import Place, best_place
from .reading import DECODED, Reading, read
from .residual import Seen

FALSE_ALARM = 1e-6
"""A mark counts as found where chance gives as much less often than this."""

BELONGS = 0.4
"""What is turned by the content fits at least so well, or the mark is of another picture."""


@dataclass(frozen=True)
class Finding:
    """What a search found.

    Parameters
    ----------
    score : float
        Correlation with the template at the best place, in standard deviations of what chance
        gives.
    payload : Payload or None
        What the mark says; None where that can't be read.
    belonging : float
        How well it fits to what the picture shows, about 0 to 1; 0 where it can't be read.
    key : int
        Which of the keys.
    scale : float
        Size of the mark against that in an uncropped picture.
    mirrored : bool
    chance : float
        Upper bound of the probability that a picture without a mark gives as much.
    """

    score: float
    payload: Payload | None
    belonging: float
    key: int
    scale: float
    mirrored: bool
    chance: float

    @property
    def found(self) -> bool:
        """Whether a mark of this picture was read, and that is no chance."""
        read = self.payload is not None and self.belonging >= BELONGS
        return read and self.chance < FALSE_ALARM

    @property
    def traces(self) -> bool:
        """Whether there is a mark, but none of this picture that can be read.

        The template can be learned from a marked picture without the key, and the whole mark of one
        picture can be laid onto another.
        """
        return self.chance < FALSE_ALARM and not self.found


def search(seen: Seen, keys: list[bytes], pieces: int = 1) -> Finding:
    """Look for the mark of any of the keys, at any scale and shift, mirrored or not.

    Where the template is found nowhere, as it may have been taken out, the code word is looked for
    where it is in a picture that was neither cropped nor turned.

    Parameters
    ----------
    seen : Seen
    keys : list of bytes
        At least one.
    pieces : int
        How many searches the caller makes, for the probability of a false alarm in any of them.

    Returns
    -------
    Finding
    """
    plans = [layout(key) for key in keys]
    place = best_place(seen, plans)
    reading = read(seen, keys[place.key], place, whole=False)
    tries = pieces * place.tries
    finding = _finding(place, reading, chance_of(place.score, reading, tries))
    if finding.chance < FALSE_ALARM:
        return finding
    for number, key in enumerate(keys):
        for mirrored in (False, True):
            there = Place(place.score, 0, number, 1.0, 0.0, 0.0, mirrored)
            reading = read(seen, key, there, whole=True)
            if reading is not None:
                chance = chance_of_word(reading.score, 2 * len(keys) * pieces)
                if chance < FALSE_ALARM:
                    return _finding(there, reading, chance)
    return finding


def chance_of(score: float, reading: Reading | None, tries: int) -> float:
    """Bound the probability that chance gives a template's score, and what was read there.

    A weighed sum of cosines of independent, uniform angles is at or above z of its standard
    deviations with a probability of at most ``exp(-z^2 / 2)`` (Chernoff 1952, with
    ``I0(t) <= exp(t^2 / 4)``). The angles are uniform for any picture at all, as the key's phases
    are. So are those of the code word, which are others: where there is no mark, all words are
    equally likely, and check sum and version fit one in ``2^20`` of those that are read.

    Parameters
    ----------
    score : float
        Of the template.
    reading : Reading or None
    tries : int
        Places, scales and keys that were tried, over all pieces.
    """
    bound = tries * math.exp(-(max(score, 0.0) ** 2) / 2)
    if reading is not None:
        fits = DECODED / 2.0 ** (CHECK_BITS + VERSION_BITS)
        bound *= min(fits, chance_of_word(reading.score, CELLS**2))
    return min(1.0, bound)


def chance_of_word(score: float, tries: int) -> float:
    """Bound the probability that chance gives a score with any of the words that are accepted.

    There are ``2^44`` of them, and each is as unlikely as a template.
    """
    return min(1.0, tries * 2.0**HASH_BITS * math.exp(-(max(score, 0.0) ** 2) / 2))


def _finding(place: Place, reading: Reading | None, chance: float) -> Finding:
    payload, belonging = (None, 0.0) if reading is None else (reading.payload, reading.belonging)
    return Finding(place.score, payload, belonging, place.key, place.scale, place.mirrored, chance)
