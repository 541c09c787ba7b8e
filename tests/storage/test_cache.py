"""What a workspace keeps to save time: listed and removed, and nothing else ever is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from waiting import ended, held_elsewhere

from audio2video.cli import main as cli
from audio2video.storage.cache import (
    ANALYSIS,
    PEOPLE,
    SEQUENCES,
    UNFINISHED,
    choose,
    find_cached,
    remove,
)
from audio2video.storage.files import discard, is_leftover, mark_used, temporary_beside
from audio2video.storage.workspace import Workspace

KEY = "0123456789ab"
DAY = 86400


def dead_pid() -> int:
    """Number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    ended(process)
    return process.pid


def analysis(workspace: Workspace, tar_id: str, frames: int = 7, key: str = KEY) -> Path:
    folder = workspace.analysis(tar_id, key)
    folder.mkdir(parents=True)
    np.savez(folder / "face.npz", landmarks=np.zeros((frames, 68, 2)))
    np.save(folder / "textures.npy", np.zeros((frames, 4, 5, 3), np.uint8))
    return folder


def age(folder: Path, days: float) -> None:
    moment = time.time() - days * DAY
    for path in (*folder.iterdir(), folder):
        os.utime(path, (moment, moment))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    place = Workspace(tmp_path / "work space")
    place.create()
    (place.root / "target/mp4/anna-b.mp4").write_bytes(b"film")
    return place


@pytest.fixture
def filled(workspace: Workspace) -> Workspace:
    """Everything that can be removed, and much that looks like it and must stay."""
    analysis(workspace, "anna-b")
    analysis(workspace, "gone", frames=3, key="ffffffffffff")
    folder = workspace.analyses()
    left = folder / f".anna-b-{KEY}.tmp-{dead_pid()}"
    left.mkdir()
    (left / "textures.npy").write_bytes(b"half")
    (left / "frames.raw").write_bytes(b"half")
    np.savez(workspace.sequences(), key=np.array("0" * 64), x=np.zeros(100))
    # Not ours.
    (folder / "notes").mkdir()
    (folder / f"text-{KEY}").write_text("a file")
    (folder / f"empty-{KEY}").mkdir()
    own = analysis(workspace, "own")
    (own / "holiday.jpg").write_bytes(b"dear")
    deep = analysis(workspace, "deep")
    (deep / "more.npz").mkdir()
    (folder / "upper-0123456789AB").mkdir()
    alive = folder / f".anna-b-{KEY}.tmp-{os.getppid()}"
    alive.mkdir()
    (folder / f"link-{KEY}").symlink_to(analysis(Workspace(folder.parent / "else"), "far"))
    return workspace


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_what_is_listed(filled: Workspace) -> None:
    found = find_cached(filled)
    assert [(one.kind, one.tar_id, one.key, one.frames) for one in found] == [
        (ANALYSIS, "anna-b", KEY, 7),
        (ANALYSIS, "gone", "ffffffffffff", 3),
        (UNFINISHED, "anna-b", KEY, None),
        (SEQUENCES, None, None, None),
    ]
    first = found[0]
    assert first.source == filled.root / "target/mp4/anna-b.mp4"
    assert found[1].source is None
    assert first.size == sum(path.stat().st_size for path in first.path.iterdir())
    assert abs(first.made - time.time()) < 60
    assert found[3].path == filled.root / "train/sequences.npz"
    assert json.loads(json.dumps(first.as_dict()))["source"] == str(first.source)


def test_temporary_names_of_an_id_with_a_dot(workspace: Workspace) -> None:
    """They end like the name of an analysis."""
    product = workspace.analysis("film.2", KEY)
    folder = product.parent
    living = temporary_beside(product)
    assert living.name.endswith(KEY)
    living.mkdir(parents=True)
    for name in ("face.npz", "textures.npy"):
        (living / name).touch()
    assert find_cached(workspace) == []
    for end in ("", ".old"):
        (folder / f"{living.name.replace(str(os.getpid()), str(dead_pid()))}{end}").mkdir()
    found = find_cached(workspace)
    assert [(one.kind, one.tar_id, one.key) for one in found] == [(UNFINISHED, "film.2", KEY)] * 2


def test_nothing_is_there(tmp_path: Path) -> None:
    assert find_cached(Workspace(tmp_path / "nowhere")) == []


def test_a_file_of_another_form_is_not_the_sequences(workspace: Workspace) -> None:
    np.savez(workspace.sequences(), mine=np.zeros(3))
    assert find_cached(workspace) == []
    workspace.sequences().write_bytes(b"no zip")
    assert find_cached(workspace) == []


def test_choosing_by_age_and_target(filled: Workspace) -> None:
    found = find_cached(filled)
    age(found[0].path, 10)
    found = find_cached(filled)
    assert [one.path for one in choose(found, older=9.9)] == [found[0].path]
    assert choose(found, older=10.1) == []
    assert [one.tar_id for one in choose(found, tar_id="anna-b")] == ["anna-b"] * 2
    assert choose(found, older=9, tar_id="gone") == []
    assert choose(found) == found


def test_use_is_noted_and_making_is_not_forgotten(workspace: Workspace) -> None:
    folder = analysis(workspace, "anna-b")
    age(folder, 30)
    made = find_cached(workspace)[0].made
    mark_used(folder / "face.npz")
    (one,) = find_cached(workspace)
    assert one.made == pytest.approx(made)
    assert time.time() - one.used < 60
    mark_used(folder / "nothing")  # is no error


def test_removing_leaves_all_else(filled: Workspace) -> None:
    found = find_cached(filled)
    gone = {
        path.relative_to(filled.root).as_posix()
        for one in found
        for path in (one.path, *(one.path.iterdir() if one.path.is_dir() else ()))
    }
    before = names(filled.root)
    removed, kept = remove(filled, found)
    assert (removed, kept) == (found, [])
    assert names(filled.root) == before - gone
    assert find_cached(filled) == []


def test_what_another_is_making_is_kept(filled: Workspace) -> None:
    found = find_cached(filled)
    with held_elsewhere(filled.analysis_lock("anna-b")):
        removed, kept = remove(filled, found)
    assert [one.kind for one in kept] == [ANALYSIS, UNFINISHED]
    assert {one.tar_id for one in kept} == {"anna-b"}
    assert len(removed) == 2
    assert all(one.path.is_dir() for one in kept)


def test_what_became_another_thing_since_is_kept(filled: Workspace) -> None:
    found = choose(find_cached(filled), tar_id="gone")
    (found[0].path / "holiday.jpg").write_bytes(b"dear")
    assert remove(filled, found) == ([], found)
    assert (found[0].path / "holiday.jpg").is_file()


@pytest.mark.skipif(sys.platform == "win32", reason="an open file can't be removed there")
def test_a_run_that_has_it_open_goes_on(filled: Workspace) -> None:
    (one,) = choose(find_cached(filled), tar_id="gone")
    textures = np.load(one.path / "textures.npy", mmap_mode="r")
    assert remove(filled, [one])[0] == [one]
    assert textures.shape == (3, 4, 5, 3)
    assert not textures.any()


def test_discard_says_whether_it_is_gone(tmp_path: Path) -> None:
    assert not discard(tmp_path / "nothing")
    (tmp_path / "file").touch()
    assert discard(tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["a.tmp-{dead}", ".a.tmp-{alive}", ".a.tmp-x", ".a", ".a.tmp-"])
def test_what_is_no_leftover(name: str) -> None:
    assert not is_leftover(Path(name.format(dead=dead_pid(), alive=os.getpid())))
    assert is_leftover(Path(f".a.tmp-{dead_pid()}.npy"))


def command(capsys: pytest.CaptureFixture[str], *args: Any) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main([str(arg) for arg in args])
    printed = capsys.readouterr()
    code = caught.value.code
    return (code if isinstance(code, int) else 1), printed.out, printed.err


def test_the_table(filled: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = command(capsys, "cache", "--workspace", filled.root)
    assert (code, err) == (0, "")
    heading, *rows, total = out.splitlines()
    assert heading.split() == [
        "kind",
        "target",
        "video",
        "key",
        "frames",
        "size",
        "made",
        "last",
        "used",
    ]
    assert rows[0].split()[:5] == ["analysis", "anna-b", "anna-b.mp4", KEY, "7"]
    assert rows[1].split()[:5] == ["analysis", "gone", "gone", "ffffffffffff", "3"]
    assert [row.split()[0] for row in rows[2:]] == ["unfinished", "sequences"]
    assert all(row.endswith("today") for row in rows)
    assert total.startswith("4 caches, 0.0 MB in ")


def test_the_table_as_json(filled: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, "cache", "--json", "--workspace", filled.root)
    assert code == 0
    listed = json.loads(out)
    assert listed["bytes"] == sum(one["size"] for one in listed["caches"])
    assert listed["caches"][0]["path"] == str(filled.analysis("anna-b", KEY))


def test_an_empty_workspace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "new"
    assert command(capsys, "cache", "--workspace", empty)[:2] == (
        0,
        f"0 caches, 0.0 MB in {empty}\n",
    )
    for args in (
        ("cache", "clear", "--workspace", empty),
        ("cache", "--workspace", empty, "clear"),
    ):
        assert command(capsys, *args)[:2] == (0, "nothing to remove\n")
    assert not empty.exists()


def test_nobody_to_ask(filled: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    before = names(filled.root)
    code, out, err = command(capsys, "cache", "clear", "--workspace", filled.root)
    assert (code, out) == (2, "")
    assert "refusing to remove 4 caches, 0.0 MB without confirmation; use --yes" in err
    assert len(err.splitlines()) == 1
    assert names(filled.root) == before


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 0, 4), ("", 130, 4)])
def test_it_asks_on_a_terminal(
    filled: Workspace,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    code: int,
    left: int,
) -> None:
    class Stdin:
        def isatty(self) -> bool:
            return True

    def reply(prompt: str = "") -> str:
        if not answer:
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr("sys.stdin", Stdin())
    monkeypatch.setattr("click.termui.visible_prompt_func", reply)
    done, out, _ = command(capsys, "cache", "clear", "--workspace", filled.root)
    assert done == code
    assert "anna-b" in out
    assert len(find_cached(filled)) == left
    assert ("removed 4 caches" in out) == (left == 0)
    assert ("nothing was removed" in out) == (answer == "n")


def test_clearing_one_target(filled: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--workspace", filled.root)
    code, out, _ = command(capsys, "cache", "clear", "--tar-id", "gone", "--yes", *where)
    assert (code, out) == (0, "removed 1 cache, 0.0 MB\n")
    code, out, _ = command(capsys, "cache", "clear", "--older", "1", "--yes", *where)
    assert (code, out) == (0, "nothing to remove\n")
    with held_elsewhere(filled.analysis_lock("anna-b")):
        code, out, err = command(capsys, "cache", "clear", "--yes", *where)
    assert (code, out) == (0, "removed 1 cache, 0.0 MB\n")
    assert f"warning: {filled.analysis('anna-b', KEY)}: in use; kept" in err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--older", "-1"), "--older -1.0 is out of bounds; use 0 to 36500"),
        (("--older", "nan"), "--older nan is out of bounds"),
        (("--older", "soon"), "'soon' is not a valid float"),
        (("--tar_id", "../x"), "'../x' is not usable as a file name"),
    ],
)
def test_bad_input(
    filled: Workspace, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], says: str
) -> None:
    before = names(filled.root)
    code, out, err = command(capsys, "cache", "clear", "--yes", *args, "--workspace", filled.root)
    assert (code, out) == (2, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert names(filled.root) == before


@pytest.fixture
def with_people(workspace: Workspace) -> Workspace:
    """Faces that were found in two videos, what is left of some, and files that look alike."""
    folder = workspace.all_people()
    folder.mkdir(parents=True)
    for tar_id in ("anna-b", "gone"):
        np.savez(workspace.people(tar_id, KEY), pieces=np.zeros((1, 4)))
    (folder / f".anna-b-{KEY}.tmp-{dead_pid()}.npz").write_bytes(b"half")
    # Not ours.
    (folder / f".anna-b-{KEY}.tmp-{os.getppid()}.npz").write_bytes(b"being made")
    (folder / f"text-{KEY}.npz").write_text("no archive")
    (folder / f"text-{KEY}.txt").write_text("a text")
    (folder / f"folder-{KEY}.npz").mkdir()
    (folder / "notes.npz").write_bytes(workspace.people("gone", KEY).read_bytes())
    np.savez(folder / f"other-{KEY}.npz", mine=np.zeros(3))
    (folder / f"link-{KEY}.npz").symlink_to(workspace.people("gone", KEY))
    return workspace


def test_faces_are_listed(with_people: Workspace) -> None:
    found = find_cached(with_people)
    assert [(one.kind, one.tar_id, one.key) for one in found] == [
        (PEOPLE, "anna-b", KEY),
        (PEOPLE, "gone", KEY),
        (UNFINISHED, "anna-b", KEY),
    ]
    assert found[0].size == with_people.people("anna-b", KEY).stat().st_size
    assert found[1].source is None
    assert [one.tar_id for one in choose(found, tar_id="gone")] == ["gone"]


def test_faces_are_removed_unless_they_are_being_found(with_people: Workspace) -> None:
    found, before = find_cached(with_people), names(with_people.root)
    with held_elsewhere(with_people.people_lock("gone")):
        removed, kept = remove(with_people, found)
    assert [one.kind for one in removed] == [PEOPLE, UNFINISHED]
    assert [one.tar_id for one in kept] == ["gone"]
    gone = {f"target/people/{one.path.name}" for one in removed}
    assert names(with_people.root) == before - gone
    # The lock of an analysis is another one.
    with held_elsewhere(with_people.analysis_lock("gone")):
        assert len(remove(with_people, kept)[0]) == 1
