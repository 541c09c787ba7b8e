"""Files that a browser sends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from web_site import Site, make_site

from audio2video.errors import BadFileError
from audio2video.media.audio import probe_audio, write_wav
from audio2video.storage.ids import is_usable
from audio2video.web import uploads

AWKWARD = (
    "../../outside.wav",
    "..\\..\\outside.wav",
    "/etc/outside.wav",
    "C:\\x\\outside.wav",
    "con.wav",
    ".hidden.wav",
    "..",
    "",
    "a\u202eb.wav",
    "x" * 300 + ".wav",
    "x.wav/",
    "new\nline.wav",
    "né.wav",
    "x.html",
    "x.json",
    "x.toml",
    "x.made.json",
)


def files_under(root: Path) -> set[Path]:
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    write_wav(path, 0.1 * np.sin(np.arange(16000) / 5), 16000)
    return path


def test_speech_and_target_are_taken_in_and_described(
    site: Site, small_speech: Path, small_target: Path
) -> None:
    heard = site.upload("speech", small_speech)
    assert heard["id"] == "words"
    assert heard["problem"] is None
    assert heard["seconds"] == pytest.approx(float(probe_audio(small_speech).duration))
    seen = site.upload("target", small_target)
    assert (seen["id"], seen["width"], seen["height"], seen["rate"]) == ("painted", 256, 256, 25.0)
    root = site.place.workspace.root
    assert (root / "input/mp3/words.wav").read_bytes() == small_speech.read_bytes()
    assert (root / "target/mp4/painted.mp4").read_bytes() == small_target.read_bytes()
    library = site.get("/api/library")
    assert [one["id"] for one in library["speech"]] == ["demo", "words"]
    assert [one["id"] for one in library["targets"]] == ["demo", "painted"]


def test_the_same_file_keeps_its_id_and_another_gets_its_own(site: Site, tone: Path) -> None:
    assert site.upload("speech", tone, "a.wav")["id"] == "a"
    assert site.upload("speech", tone, "a.wav")["id"] == "a"
    write_wav(tone, np.zeros(16000), 16000)
    assert site.upload("speech", tone, "a.wav")["id"] == "a-2"
    assert site.upload("speech", tone, "a.flac")["id"] == "a-2"  # the same content
    assert site.upload("speech", tone, "demo.wav")["id"] == "demo-2"
    names = {path.name for path in (site.place.workspace.root / "input/mp3").iterdir()}
    assert names == {"a.wav", "a-2.wav", "demo-2.wav"}


@pytest.mark.parametrize("name", AWKWARD, ids=repr)
def test_names_never_become_paths(site: Site, tone: Path, name: str) -> None:
    root = site.place.workspace.root
    before, beside = files_under(root), files_under(root.parent)
    told = site.upload("speech", tone, name)
    assert is_usable(told["id"])
    assert told["problem"] is None
    (added,) = files_under(root) - before
    assert added.parent == Path("input/mp3")
    assert files_under(root.parent) - beside == {root.relative_to(root.parent) / added}
    assert site.browser.get(f"/api/speech/{told['id']}/waveform").status_code == 200


@pytest.mark.parametrize("kind", ["speech", "target"])
def test_what_can_not_be_used_is_refused_as_the_command_line_does(
    site: Site, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / "words.mp4"
    path.write_text("no video\n" * 1000)
    with pytest.raises(BadFileError) as known:
        probe_audio(path)
    before = files_under(site.place.workspace.root)
    answer = site.browser.post(
        "/api/uploads", params={"kind": kind, "name": path.name}, content=path.read_bytes()
    )
    assert answer.status_code == 422
    assert known.value.problem in answer.json()["error"]
    assert answer.json()["error"].startswith("words.mp4: ")
    assert files_under(site.place.workspace.root) == before


def test_a_picture_without_sound_is_no_speech(site: Site, small_target: Path) -> None:
    answer = site.browser.post(
        "/api/uploads",
        params={"kind": "speech", "name": "x.mp4"},
        content=small_target.read_bytes(),
    )
    assert answer.status_code == 422
    assert "x.mp4" in answer.json()["error"]


@pytest.mark.parametrize(
    ("params", "content", "status", "says"),
    [
        ({"kind": "speech", "name": "x.wav"}, b"", 422, "the file is empty"),
        ({"kind": "input", "name": "x.wav"}, b"x", 400, "'kind' must be speech or target"),
        ({"name": "x.wav"}, b"x", 400, "'kind' must be speech or target"),
    ],
)
def test_bad_uploads(
    site: Site, params: dict[str, str], content: bytes, status: int, says: str
) -> None:
    answer = site.browser.post("/api/uploads", params=params, content=content)
    assert (answer.status_code, answer.json()) == (status, {"error": says})


def test_a_file_over_the_limit_is_not_kept_whether_it_says_its_size_or_not(tmp_path: Path) -> None:
    site = make_site(tmp_path / "workspace", max_upload=1000)
    site.server.queue.start()
    with site.browser:
        site.browser.get(f"/?token={site.guard.token}")
        before = files_under(site.place.workspace.root)

        def pieces() -> Iterator[bytes]:
            for _ in range(20):
                yield b"x" * 100

        for content in (b"x" * 1001, pieces()):
            answer = site.browser.post(
                "/api/uploads", params={"kind": "speech", "name": "x.wav"}, content=content
            )
            assert answer.status_code == 413
            assert "--max_upload allows more" in answer.json()["error"]
        assert files_under(site.place.workspace.root) == before


def test_a_full_disk_is_said_before_anything_is_written(
    site: Site, tone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = SimpleNamespace(free=1 << 20)
    monkeypatch.setattr(uploads.shutil, "disk_usage", lambda folder: usage)
    answer = site.browser.post(
        "/api/uploads", params={"kind": "speech", "name": "x.wav"}, content=tone.read_bytes()
    )
    assert answer.status_code == 507
    assert "there is no room for this file" in answer.json()["error"]


def test_what_a_killed_server_left_is_removed(site: Site) -> None:
    folder = site.place.workspace.root / "input/mp3"
    dead = folder / ".abc.tmp-999999999.wav"
    dead.write_bytes(b"x")
    mine = folder / "mine.wav"
    mine.write_bytes(b"x")
    site.place.create()
    assert not dead.exists()
    assert mine.exists()


def test_marks_of_any_file_are_read_and_the_file_is_not_kept(
    site: Site, small_result: Path, tone: Path
) -> None:
    before = files_under(site.place.workspace.root)
    video = small_result / "output/words-painted/words-painted.mp4"
    for path, state in ((video, "intact"), (tone, "unmarked")):
        answer = site.browser.post(
            "/api/verify", params={"name": path.name}, content=path.read_bytes()
        )
        assert answer.status_code == 200
        told = answer.json()
        assert (told["state"], told["file"]) == (state, path.name)
        assert told["synthetic"] is (state == "intact")
    assert files_under(site.place.workspace.root) == before
