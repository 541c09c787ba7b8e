"""The keys of watermarks: made once, kept private, several at a time."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audio2video.errors import Audio2VideoError, BadFileError
from audio2video.provenance.credentials import config_folder
from audio2video.provenance.watermark_keys import (
    FILE,
    MAX_KEYS,
    key_name,
    marking_key,
    watermark_keys,
)

NEW, OLD = "0123456789abcdef" * 4, "FEDCBA9876543210" * 4


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder that nothing was ever written to."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return config_folder()


@pytest.fixture
def keys_file(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder / FILE


def test_looking_makes_no_key(folder: Path) -> None:
    assert watermark_keys() == []
    assert not folder.exists()


def test_made_on_first_use_and_kept(folder: Path) -> None:
    first = marking_key()
    assert len(first) == 32
    assert stat.S_IMODE((folder / FILE).stat().st_mode) == 0o600
    assert marking_key() == first
    assert watermark_keys() == [first]


def test_made_once_by_many_at_a_time(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: marking_key(), range(8)))) == 1


def test_the_first_key_marks_and_all_are_looked_for(keys_file: Path) -> None:
    keys_file.write_text(f"# ours\n{NEW}  # since May\n\n {OLD}\n")
    assert marking_key() == bytes.fromhex(NEW)
    assert watermark_keys() == [bytes.fromhex(NEW), bytes.fromhex(OLD)]


def test_a_name_does_not_tell_the_key() -> None:
    name = key_name(bytes.fromhex(NEW))
    assert len(name) == 12
    assert name not in NEW
    assert name != key_name(bytes.fromhex(OLD))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds 0 keys of watermarks; 1 to 16 can be used"),
        (f"{NEW}\n" * (MAX_KEYS + 1), "holds 17 keys of watermarks; 1 to 16"),
        (f"{NEW}\nsecret\n", "line 2 is no key of watermarks; a key is 64 hexadecimal digits"),
        (NEW[:-1], "line 1 is no key of watermarks"),
        ("\x00\xff", "line 1 is no key of watermarks"),
    ],
)
def test_a_file_of_something_else(keys_file: Path, text: str, says: str) -> None:
    keys_file.write_text(text, encoding="utf-8")
    for read in (marking_key, watermark_keys):
        with pytest.raises(BadFileError, match=says) as caught:
            read()
        assert caught.value.path == keys_file


def test_a_folder_that_cannot_be_written_to(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file where the folder should be")
    with pytest.raises(
        Audio2VideoError, match="or use --watermark False and --watermark_audio False"
    ):
        marking_key()
