"""A text in sentences, and a sentence in words."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 300
"""Characters of what is spoken in one go; a longer sentence is parted at a comma or a space."""

_CLOSING = "\"')\\]\u2019\u201d\u00bb"
_END = re.compile(
    rf"[.!?\u2026]+[{_CLOSING}]*(?=\s)|[\u3002\uff01\uff1f]+[{_CLOSING}\u300d\u300f\uff09]*"
)
"""What ends a sentence: also full-width signs, which no space follows."""

_SHORT = frozenset(
    ("mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "e.g", "i.e", "fig", "bzw", "z.b")
)
"""Words whose full stop ends no sentence."""


@dataclass(frozen=True)
class Sentence:
    """What is spoken in one go.

    Parameters
    ----------
    text : str
    ends_paragraph : bool
    """

    text: str
    ends_paragraph: bool

    @property
    def words(self) -> list[str]:
        """Its words as they are written; signs that stand alone belong to the word before."""
        found: list[str] = []
        for part in self.text.split():
            if found and not (any(c.isalnum() for c in part) and any(map(str.isalnum, found[-1]))):
                found[-1] += f" {part}"
            else:
                found.append(part)
        return found


def split_sentences(text: str) -> list[Sentence]:
    """Split a text.

    Parameters
    ----------
    text : str
        A line for each paragraph.

    Returns
    -------
    list of Sentence
        Each has a letter or digit.
    """
    found: list[Sentence] = []
    for paragraph in text.splitlines():
        parts = [part for whole in _at_ends(paragraph) for part in _shortened(whole)]
        spoken = [part for part in parts if any(c.isalnum() for c in part)]
        found += [Sentence(part, part is spoken[-1]) for part in spoken]
    return found


def _at_ends(paragraph: str) -> list[str]:
    parts, begin = [], 0
    for end in _END.finditer(paragraph):
        before = paragraph[begin : end.start()].split()
        last = before[-1].lower().lstrip("(\"'\u201c\u2018") if before else ""
        # One letter is an initial.
        if end[0].startswith(".") and (last in _SHORT or (len(last) == 1 and last.isalpha())):
            continue
        parts.append(paragraph[begin : end.end()].strip())
        begin = end.end()
    parts.append(paragraph[begin:].strip())
    return [part for part in parts if part]


def _shortened(sentence: str) -> list[str]:
    """Part what is too long to be spoken in one go."""
    parts = []
    while len(sentence) > LONGEST:
        head = sentence[: LONGEST + 1]
        places = [head.rfind(sign) + 1 for sign in (", ", "; ", ": ", " - ", " \u2013 ")]
        cut = max(places) if max(places) > LONGEST // 3 else head.rfind(" ")
        cut = cut if cut > 0 else LONGEST
        parts.append(sentence[:cut].strip())
        sentence = sentence[cut:].strip()
    return [*parts, sentence] if sentence else parts
