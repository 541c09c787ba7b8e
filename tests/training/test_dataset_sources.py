"""Where recordings come from: folders and lists."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.storage.workspace import Workspace
from audio2video.training.dataset.sources import (
    Entry,
    Source,
    corpus_path,
    distinct,
    listed_files,
    read_list,
    sources_in_folder,
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    return workspace


def test_each_folder_is_a_speaker(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    for name in ("a.mp4", "anna/b.MKV", "anna/c.txt", "ben/x/d.webm", ".hidden/e.mp4", "._f.mp4"):
        (corpus / name).parent.mkdir(parents=True, exist_ok=True)
        (corpus / name).touch()
    assert [(s.name, s.speaker) for s in sources_in_folder(corpus)] == [
        ("a", "corpus"),
        ("anna_b", "anna"),
        ("ben_x_d", "ben_x"),
    ]


def test_same_ids_are_refused(tmp_path: Path) -> None:
    for name in ("a.mp4", "a.mkv"):
        (tmp_path / name).touch()
    with pytest.raises(Audio2VideoError, match="same id 'a'"):
        sources_in_folder(tmp_path)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="no video"):
        sources_in_folder(tmp_path)


def test_a_list_is_read(tmp_path: Path) -> None:
    (tmp_path / "anna").mkdir()
    for name in ("anna/one.mp4", "two words.mp4", "odd#name.mp4"):
        (tmp_path / name).touch()
    path = tmp_path / "films.txt"
    path.write_text(
        "\ufeff# my films\n\nanna/one.mp4\ntwo words.mp4\tben  # the good one\n"
        "  odd#name.mp4 # a remark\nanna/../anna/one.mp4\nhttps://host/v?a=1#t\tcarl\n"
        "HTTP://host/w\n",
        encoding="utf-8",
    )
    entries = read_list(path)
    assert [e for e in entries if e.is_address] == [
        Entry("https://host/v?a=1#t", "carl"),
        Entry("HTTP://host/w", "films"),
    ]
    video = tmp_path / "raw" / "v.mp4"
    sources = listed_files(path, entries, {"HTTP://host/w": [video]})
    assert [(s.name, s.speaker) for s in sources] == [
        ("one", "anna"),
        ("two words", "ben"),
        ("odd#name", tmp_path.name),
        ("v", "films"),
    ]
    assert sources[0].path == tmp_path / "anna/one.mp4", "paths are relative to the list"


def test_a_list_with_a_missing_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "films.txt"
    for name in ("gone.mp4", f"{'x' * 5000}gone.mp4"):  # the second is too long to be asked for
        path.write_text(f"{name}\n")
        with pytest.raises(
            MissingFileError,
            match=r"gone\.mp4: listed in films\.txt, but not there; fix or remove this line",
        ):
            listed_files(path, read_list(path), {})


@pytest.mark.parametrize("content", [b"", b"# nothing\n\n"])
def test_an_empty_list_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "films.txt"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match="names no files"):
        read_list(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00\x01", b"film\x00.mp4\n"])
def test_a_list_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "films.txt"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match="can't be read as a list"):
        read_list(path)


def test_links_are_used_when_no_corpus_is_given(workspace: Workspace) -> None:
    with pytest.raises(MissingFileError, match="step 0 needs a corpus"):
        corpus_path(workspace, None)  # a fresh workspace has the file, with a remark only
    links = workspace.root / "raw" / "links.txt"
    links.write_text("# mine\nhttps://host/video\n")
    assert corpus_path(workspace, None) == links


def test_a_wrong_corpus_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="corpus not found"):
        corpus_path(workspace, tmp_path / "gone")
    film = tmp_path / "film.mp4"
    film.touch()
    with pytest.raises(BadFileError, match="not a folder, nor a list"):
        corpus_path(workspace, film)


def test_names_that_can_not_be_those_of_files_are_refused(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 125) / ("y" * 125) / "a film.mp4"
    deep.parent.mkdir(parents=True)
    deep.touch()
    with pytest.raises(Audio2VideoError, match="longer than 250 bytes; rename it"):
        sources_in_folder(tmp_path)
    # What Python makes of a byte that is no UTF-8.
    odd = Source("film\udcff", "anna", tmp_path / "film\udcff.mp4")
    with pytest.raises(Audio2VideoError, match="the name is not UTF-8 text; rename it") as caught:
        distinct([odd])
    str(caught.value).encode()
