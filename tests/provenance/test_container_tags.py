"""Tags that say what is synthetic."""

from __future__ import annotations

from audio2video import __version__
from audio2video.provenance.container_tags import STATEMENT, container_tags


def test_every_tag_names_it_synthetic() -> None:
    tags = container_tags("speech", "person", "pass1")
    assert set(tags) == {"title", "comment", "description"}
    assert all("synthetic" in text.lower() for text in tags.values())
    assert STATEMENT in tags["comment"]
    assert STATEMENT in tags["description"]


def test_the_tags_tell_what_it_was_made_from_and_with() -> None:
    tags = container_tags("speech", "person", "pass1")
    assert tags["title"].startswith("speech-person")
    assert "pass1" in tags["comment"]
    assert __version__ in tags["comment"]
    assert "speech" in tags["description"]
    assert "person" in tags["description"]
