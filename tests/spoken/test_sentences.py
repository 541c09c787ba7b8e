"""Texts in sentences and words."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from audio2video.config.spoken_text import checked_text, text_id
from audio2video.errors import OptionError
from audio2video.spoken.sentences import LONGEST, split_sentences
from audio2video.storage.ids import is_usable


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Hello there. How are you? Fine!", ["Hello there.", "How are you?", "Fine!"]),
        ('"Come." She went.', ['"Come."', "She went."]),
        ("Dr. Smith met Mr. J. Jones.", ["Dr. Smith met Mr. J. Jones."]),
        ("It costs 3.50 or so", ["It costs 3.50 or so"]),
        ("Wait ... what?", ["Wait ...", "what?"]),
        ("... yes", ["yes"]),
        ("你好。再见！", ["你好。", "再见！"]),  # noqa: RUF001
    ],
)
def test_sentences(text: str, parts: list[str]) -> None:
    assert [one.text for one in split_sentences(text)] == parts


def test_paragraphs() -> None:
    found = split_sentences(checked_text("One. Two\nmore.\n\n \n\nThree."))
    assert [(one.text, one.ends_paragraph) for one in found] == [
        ("One.", False),
        ("Two more.", True),
        ("Three.", True),
    ]


def test_long_sentences_are_parted_at_a_comma_or_a_space() -> None:
    found = split_sentences("word " * 50 + "end, " + "more " * 50)
    assert [len(one.text) <= LONGEST for one in found] == [True, True]
    assert found[0].text.endswith("end,")
    assert [len(one.text) for one in split_sentences("x" * (LONGEST + 5))] == [LONGEST, 5]


@example("0000" + "\U0001d400" * 17)
@given(st.text(min_size=1, max_size=700))
def test_nothing_that_can_be_said_is_lost(text: str) -> None:
    try:
        checked = checked_text(text)
    except OptionError:
        return
    found = split_sentences(checked)
    said = [c for c in checked if c.isalnum()]
    assert [c for one in found for c in one.text if c.isalnum()] == said
    assert [c for one in found for word in one.words for c in word if c.isalnum()] == said
    assert all(0 < len(one.text) <= LONGEST for one in found)
    assert is_usable(text_id(checked))


def test_signs_belong_to_the_word_before() -> None:
    (one,) = split_sentences("Yes - no & so on!")
    assert one.words == ["Yes -", "no &", "so", "on!"]
    (one,) = split_sentences("- Yes")
    assert one.words == ["- Yes"]


def test_ids() -> None:
    assert text_id("Hello, I am here to stay.").startswith("hello-i-am-here-to-")
    assert text_id("a") != text_id("b")
    assert len(text_id("x" * 500)) < 50


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "nothing to say in the text"),
        (" . . . ", "nothing to say in the text"),
        ("a\0b", r"characters that are no text \(U\+0000\)"),
        ("a\ud800", r"characters that are no text \(U\+D800\)"),
        ("x" * 20_001, "20,001 characters; speak up to 20,000 at once"),
    ],
)
def test_texts_that_can_not_be_spoken(text: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        checked_text(text)
