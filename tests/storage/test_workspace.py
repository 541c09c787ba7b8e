"""Where files live: written whole or not at all, and never over a user's file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from waiting import ended

from audio2video.config import Config
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.storage.artifacts import record_path
from audio2video.storage.files import content_key, file_hash, read_json, replacing, write_json
from audio2video.storage.ids import MAX_ID_BYTES
from audio2video.storage.workspace import LAYOUT, Brought, Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "my work")
    workspace.create()
    return workspace


@pytest.fixture
def dead_pid() -> int:
    child = subprocess.Popen([sys.executable, "-c", ""])
    ended(child)
    return child.pid


def fail_half_way(product: Path, error: BaseException) -> None:
    with replacing(product) as temporary:
        temporary.write_text("half")
        raise error


def files(folder: Path) -> set[str]:
    return {p.name for p in folder.iterdir()}


def test_create_makes_all_folders_and_keeps_what_is_there(workspace: Workspace) -> None:
    assert all((workspace.root / folder).is_dir() for folder in LAYOUT)
    links = workspace.root / "raw" / "links.txt"
    links.write_text("https://example.org/clip")
    workspace.create()
    assert links.read_text() == "https://example.org/clip"


def test_create_where_a_file_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "raw").write_text("in the way")
    with pytest.raises(Audio2VideoError, match=r"the workspace can't be written .*--workspace DIR"):
        Workspace(tmp_path).create()
    assert (tmp_path / "raw").read_text() == "in the way"


def test_inputs_are_found_by_their_id_with_any_suffix(workspace: Workspace) -> None:
    for name in ("a.b.wav", "a.mp3", ".hidden.wav", "a.json", "c"):
        (workspace.root / "input" / "mp3" / name).write_text(name)
    assert workspace.input_audio("a").name == "a.mp3"
    assert workspace.input_audio("a.b").name == "a.b.wav"
    (workspace.root / "target" / "mp4" / "a.MOV").write_text("video")
    assert workspace.target_video("a").name == "a.MOV"
    (workspace.root / "target" / "proxy" / "a_upper.png").write_text("picture")
    proxy = workspace.proxy("a", "upper")
    assert proxy is not None
    assert proxy.name == "a_upper.png"
    assert workspace.proxy("a", "lower") is None


def test_inputs_that_are_not_there(workspace: Workspace) -> None:
    with pytest.raises(MissingFileError, match=r"no input speech 'x'; put .* --audio FILE"):
        workspace.input_audio("x")
    with pytest.raises(MissingFileError, match=r"no target video 'x'; put .* --video FILE"):
        workspace.target_video("x")
    assert workspace.finished_pass("no such pass") is None


def test_two_files_of_one_id(workspace: Workspace) -> None:
    for name in ("a.mp4", "a.mkv"):
        (workspace.root / "target" / "mp4" / name).write_text(name)
    with pytest.raises(Audio2VideoError) as caught:
        workspace.target_video("a")
    assert caught.value.problem == "more than one file 'a' (a.mkv, a.mp4)"
    assert caught.value.hint == "keep one of them"


def test_bring_copies_under_the_id(workspace: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "Some Speech.WAV"
    source.write_bytes(b"sound")
    there = workspace.bring(source, "input/mp3", "speech").path
    assert there == workspace.root / "input" / "mp3" / "speech.wav"
    assert workspace.input_audio("speech") == there
    assert there.read_bytes() == source.read_bytes() == b"sound"
    # The same content again, or the file itself, is no conflict.
    assert workspace.bring(source, "input/mp3", "speech") == Brought(there)
    assert workspace.bring(there, "input/mp3", "speech") == Brought(there)


@pytest.mark.parametrize("suffix", [".wav", ".mp3"])
def test_bring_never_overwrites(workspace: Workspace, tmp_path: Path, suffix: str) -> None:
    (workspace.root / "input" / "mp3" / "speech.wav").write_bytes(b"mine")
    source = tmp_path / f"speech{suffix}"
    source.write_bytes(b"another")
    with pytest.raises(Audio2VideoError, match="the id 'speech' already belongs to another file"):
        workspace.bring(source, "input/mp3", "speech")
    assert (workspace.root / "input" / "mp3" / "speech.wav").read_bytes() == b"mine"


@pytest.mark.parametrize("new_suffix", [".wav", ".mp3"])
def test_a_file_exported_anew_takes_the_place_of_the_old_one(
    workspace: Workspace, tmp_path: Path, new_suffix: str
) -> None:
    folder, source = workspace.root / "input" / "mp3", tmp_path / "talk.wav"
    source.write_bytes(b"first take")
    old = workspace.bring(source, "input/mp3", "talk").path
    for take in (1, 2):
        source = source.with_suffix(new_suffix)
        source.write_bytes(b"take %d" % take)
        brought = workspace.bring(source, "input/mp3", "talk")
        assert brought.path.read_bytes() == b"take %d" % take
        assert workspace.input_audio("talk") == brought.path == folder / f"talk{new_suffix}"
        assert brought.kept is not None
    assert {path.read_bytes() for path in folder.glob("talk.kept-*")} == {b"first take", b"take 1"}
    assert old.suffix == ".wav"
    assert not [path for path in folder.glob("*.made.json") if "kept" in path.name]


def test_force_takes_the_place_of_another_file(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.root / "target" / "mp4" / "anna.mp4").write_bytes(b"mine")
    source = tmp_path / "anna.mov"
    source.write_bytes(b"another")
    with pytest.raises(Audio2VideoError) as caught:
        workspace.bring(source, "target/mp4", "anna")
    assert "--tar_id NAME" in str(caught.value)
    assert "--force True" in str(caught.value)
    brought = workspace.bring(source, "target/mp4", "anna", force=True)
    assert brought.path.name == "anna.mov"
    assert brought.kept is not None
    assert brought.kept.read_bytes() == b"mine"
    assert workspace.target_video("anna") == brought.path


@pytest.mark.parametrize("name", ["speech", "speech.json"])
def test_bring_a_file_of_an_odd_suffix(workspace: Workspace, tmp_path: Path, name: str) -> None:
    for folder, content in (("one", b"first"), ("two", b"second")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).write_bytes(content)
    try:
        there = workspace.bring(tmp_path / "one" / name, "input/mp3", "speech").path
    except Audio2VideoError:
        return
    assert workspace.input_audio("speech") == there
    with pytest.raises(Audio2VideoError):
        workspace.bring(tmp_path / "two" / name, "input/mp3", "speech")


def test_bring_sweeps_after_a_run_that_was_killed(workspace: Workspace, tmp_path: Path) -> None:
    source = tmp_path / "talk.wav"
    source.write_bytes(b"sound")
    there = workspace.bring(source, "input/mp3", "talk").path
    left = there.with_name(f".{there.name}.made.tmp-{2**22 + 1}.json")
    left.write_text("{")
    workspace.bring(source, "input/mp3", "talk")
    assert not left.exists()
    assert there.read_bytes() == b"sound"


def test_bring_what_is_not_there(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.wav: file not found"):
        workspace.bring(tmp_path / "none.wav", "input/mp3", "none")


def test_replacing_puts_a_file_in_place(tmp_path: Path) -> None:
    product = tmp_path / "new" / "a[1].txt"
    for content in ("old", "new"):
        with replacing(product) as temporary:
            assert temporary.suffix == product.suffix
            assert temporary.parent == product.parent
            temporary.write_text(content)
        assert product.read_text() == content
    assert files(product.parent) == {"a[1].txt"}


@pytest.mark.parametrize("error", [RuntimeError("x"), KeyboardInterrupt()])
def test_replacing_keeps_the_old_file_when_something_fails(
    tmp_path: Path, error: BaseException
) -> None:
    product = tmp_path / "a.txt"
    product.write_text("old")
    with pytest.raises(type(error)):
        fail_half_way(product, error)
    assert product.read_text() == "old"
    assert files(tmp_path) == {"a.txt"}


def test_replacing_puts_a_folder_in_place_of_another(tmp_path: Path) -> None:
    product = tmp_path / "folder"
    for name in ("old", "new"):
        with replacing(product) as temporary:
            temporary.mkdir()
            (temporary / name).write_text(name)
        assert files(product) == {name}
    assert files(tmp_path) == {"folder"}


def test_replacing_keeps_the_old_folder_when_something_fails(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(RuntimeError):
        fail_half_way(tmp_path / "folder", RuntimeError())
    assert files(tmp_path) == {"folder"}


def test_replacing_what_was_never_written(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(Audio2VideoError, match="can't be written"), replacing(tmp_path / "a.txt"):
        pass
    assert (tmp_path / "a.txt").read_text() == "old"


def test_replacing_where_there_is_no_room(tmp_path: Path) -> None:
    product = tmp_path / "a.txt"
    product.write_text("old")
    with pytest.raises(Audio2VideoError) as caught:
        fail_half_way(product, OSError(28, "No space left on device"))
    assert caught.value.problem == "can't be written (No space left on device)"
    assert caught.value.path == product
    assert product.read_text() == "old"
    (tmp_path / "file").write_text("no folder")
    with (
        pytest.raises(Audio2VideoError, match="can't be written"),
        replacing(tmp_path / "file" / "x"),
    ):
        pytest.fail("there is no such folder")


def test_temporaries_of_dead_processes_are_swept_and_those_of_living_ones_left(
    tmp_path: Path, dead_pid: int
) -> None:
    product = tmp_path / "a*.txt"
    living = f".a*.tmp-{os.getppid()}.txt"
    others = [living, f".ab.tmp-{dead_pid}.txt", ".a*.tmp-words.txt"]
    for name in (f".a*.tmp-{dead_pid}.txt", *others):
        (tmp_path / name).write_text("half")
    (tmp_path / f".a*.tmp-{dead_pid}").mkdir()
    with replacing(product) as temporary:
        temporary.write_text("new")
    assert files(tmp_path) == {product.name, *others}


def test_a_leftover_of_an_earlier_process_with_our_id(tmp_path: Path) -> None:
    # In a container the program has the same process id every time.
    (tmp_path / f".folder.tmp-{os.getpid()}").mkdir()
    with replacing(tmp_path / "folder") as temporary:
        temporary.mkdir()
    assert files(tmp_path) == {"folder"}


def test_a_name_that_is_too_long(tmp_path: Path) -> None:
    product = tmp_path / ("x" * 300)
    with pytest.raises(Audio2VideoError, match="can't be written"), replacing(product) as temporary:
        temporary.write_text("there is no such name to give it")
    assert files(tmp_path) == set()


def test_the_longest_ids_make_names_that_can_be_written(workspace: Workspace) -> None:
    options = Config.from_flags(inp_id="a" * MAX_ID_BYTES, tar_id="b" * MAX_ID_BYTES)
    result = workspace.result(options.inputs.inp_id, options.inputs.tar_id)
    with replacing(result) as temporary:
        temporary.write_text("video")
    write_json(record_path(result), {})


def test_json_round_trip(tmp_path: Path) -> None:
    content = {"b": [1, 2.5, None], "a": {"語": True}}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_text(encoding="utf-8").endswith("}\n")


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"{", "can't be read"), (b"\xff\xff", "can't be read"), (b"[1]", "not a JSON object")],
)
def test_what_is_no_json_object(tmp_path: Path, content: bytes, problem: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(BadFileError, match=rf"a\.json: {problem}.*; remove it"):
        read_json(path)
    with pytest.raises(BadFileError, match="can't be read as JSON"):
        read_json(tmp_path / "none.json")


def test_json_that_is_too_deep(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("[" * 100_000)
    with pytest.raises(BadFileError, match="can't be read as JSON"):
        read_json(tmp_path / "a.json")


def test_file_hash_is_that_of_the_content(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    assert file_hash(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path.write_bytes(b"abcd")
    assert file_hash(path).startswith("88d4266fd4e6338d13b845fcf289579d209c897823b9217da3e16193")


def test_file_hash_of_another_file_of_the_same_size_and_time(tmp_path: Path) -> None:
    path = tmp_path / "a"
    hashes = set()
    for content in (b"abc", b"xyz"):
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        os.utime(path, (1, 1))
        hashes.add(file_hash(path))
    assert len(hashes) == 2


VALUES = st.none() | st.booleans() | st.integers() | st.text()
PARTS = st.dictionaries(st.text(), VALUES | st.lists(VALUES, max_size=3), max_size=4)


@given(PARTS, PARTS)
def test_content_keys_are_equal_for_equal_parts_alone(
    a: dict[str, object], b: dict[str, object]
) -> None:
    assert content_key(a) == content_key(dict(reversed(a.items())))
    first, second = (repr(sorted(c.items(), key=lambda part: part[0])) for c in (a, b))
    assert (content_key(a) == content_key(b)) == (first == second)
