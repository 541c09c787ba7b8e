"""Ids and names of files: none leads out of the workspace, and all that files may have work."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine
from hypothesis import example, given
from hypothesis import strategies as st

from audio2video.cli.terminal import Terminal
from audio2video.config import Config
from audio2video.errors import Audio2VideoError, OptionError
from audio2video.media.audio import read_audio, write_wav
from audio2video.pipeline.run import import_media, run
from audio2video.progress import Progress
from audio2video.storage.artifacts import build_if_stale, check_owners_in
from audio2video.storage.files import append_line, replacing
from audio2video.storage.ids import MAX_ID_BYTES, check_id, folded, id_from_path, is_usable
from audio2video.storage.locks import locked
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import clip_folder, fragment_name, recording_features
from audio2video.training.dataset.sources import sources_in_folder

ODD_STEMS = (
    *(
        "-x",
        "--steps",
        "a b",
        " a",
        "Ünïcode 語",
        "🎬👩‍🎤",
        "e\u0301te\u0301",
        "50%",
        "a#b",
        "it's",
    ),
    *('say "hi"', "a\nb", "what?", "a*b", "a|b", "<a>", "a:b", "a\\b", "concat:a|b", "pipe:0"),
    *("http:", "file:x", "%03d", "con", "nul.x", "a.", "x" * 200, "語" * 70, "\u202eabc", "-"),
    *("sequences.npz", "x.kept-1", "$(touch x)", "`id`", ";ls", "~", "[a]", "{a,b}"),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    return workspace


@pytest.mark.parametrize(
    "name",
    [
        *("con", "CON", "nul", "Nul.txt", "com1", "LPT9.x", "aux .b", "COM¹", "conin$"),
        *("a.", "a ", " a", "..", "a\x7f", "a\x85b", "a\u2028b", "\u202eexe.a", "a\u2066b"),
        *("a.made", "x.kept-1", "a.tmp-12", "a.tmp-12.old", "sequences.npz", "Sequences.NPZ"),
    ],
)
@pytest.mark.parametrize("option", ["inp_id", "tar_id", "pass_id"])
def test_ids_that_mean_something_else_somewhere(option: str, name: str) -> None:
    with pytest.raises(OptionError) as caught:
        Config.from_flags(**{option: name})  # type: ignore[arg-type]
    assert caught.value.problem == f"--{option} {name!r} is not usable as a file name"
    assert caught.value.hint


@pytest.mark.parametrize("name", ["-x", "console", "com10", "aux-1", "🎬", "made", "kept-1", "a~"])
def test_ids_that_only_look_like_it(name: str) -> None:
    assert check_id("inp_id", name) == name


@pytest.mark.parametrize("stem", ODD_STEMS)
def test_a_file_of_any_name_gets_an_id(stem: str) -> None:
    found = id_from_path("demo", Path(f"{stem}.wav"))
    assert is_usable(found)
    if is_usable(unicodedata.normalize("NFC", stem)):
        assert found == unicodedata.normalize("NFC", stem)
    else:
        assert found != stem
        # Others that are alike once mended are told apart.
        assert found != id_from_path("demo", Path(f"{stem}_.wav"))
    assert id_from_path("mine", Path(f"{stem}.wav")) == "mine"


@given(st.text(st.characters(), min_size=1, max_size=100))
@example("x" * 81)
@example("." * 90)
def test_ids_of_files_are_usable_whatever_the_name(stem: str) -> None:
    path = Path(stem)
    if not path.name:
        return
    found = id_from_path("demo", path)
    assert is_usable(found)
    assert len(found.encode()) <= MAX_ID_BYTES


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded(folded(text)) == folded(text)
    assert folded(unicodedata.normalize("NFD", text)) == folded(text)


def test_one_name_however_its_letters_are_composed(workspace: Workspace) -> None:
    composed, apart = "caf\u00e9", "cafe\u0301"
    (workspace.root / "input" / "mp3" / f"{apart}.wav").write_bytes(b"sound")
    assert workspace.input_audio(composed).read_bytes() == b"sound"
    assert id_from_path("demo", Path(f"{apart}.wav")) == composed


def test_a_name_of_bytes_that_are_no_text() -> None:
    path = Path(os.fsdecode(b"caf\xe9.wav"))
    assert id_from_path("demo", path).startswith("caf_-")


# Links.


def test_users_files_may_be_links_to_anywhere(workspace: Workspace, tmp_path: Path) -> None:
    far = tmp_path / "elsewhere" / "film.mp4"
    far.parent.mkdir()
    far.write_bytes(b"film")
    link = workspace.root / "target" / "mp4" / "film.mp4"
    link.symlink_to(far)
    assert workspace.target_video("film") == link
    # The same file brought again is no conflict, and stays where it is.
    assert workspace.bring(far, "target/mp4", "film").path == link
    assert link.is_symlink()


def test_a_pass_may_be_read_through_a_link_and_not_be_trained(
    workspace: Workspace, tmp_path: Path
) -> None:
    far = tmp_path / "elsewhere"
    far.mkdir()
    (far / "network.npz").write_bytes(b"network")
    (workspace.root / "train" / "far").symlink_to(far)
    assert workspace.finished_pass("far") == workspace.root / "train" / "far"
    with pytest.raises(Audio2VideoError, match=r"train/far: leads out of the workspace .*--work"):
        workspace.training_pass("far")


@pytest.mark.parametrize(
    "folder", ["output", "output/a-b", "input/ldmk", "input/mfcc", "target/analysis", "log", "raw"]
)
def test_nothing_is_written_through_a_folder_that_is_a_link(
    workspace: Workspace, tmp_path: Path, folder: str
) -> None:
    far = tmp_path / "elsewhere"
    far.mkdir()
    place = workspace.root / folder
    if place.is_dir():
        for left in place.rglob("*"):
            left.unlink() if left.is_file() else left.rmdir()
        place.rmdir()
    place.symlink_to(far)
    with pytest.raises(Audio2VideoError, match="leads out of the workspace through a link"):
        workspace.inside(*folder.split("/"))
    if folder.startswith("output"):
        with pytest.raises(Audio2VideoError, match="leads out"):
            workspace.result("a", "b")
    if folder.startswith("target"):
        with pytest.raises(Audio2VideoError, match="leads out"):
            workspace.analysis_lock("b")
    assert list(far.iterdir()) == []


def test_a_workspace_whose_folders_lie_elsewhere_is_left_as_it_is(tmp_path: Path) -> None:
    far = tmp_path / "elsewhere"
    far.mkdir()
    workspace = Workspace(tmp_path / "workspace")
    workspace.root.mkdir()
    for name in ("raw", "log", "output"):
        (workspace.root / name).symlink_to(far)
    workspace.create()
    with Terminal(workspace, quiet=True, verbose=False) as terminal:
        terminal.progress.note("a line of the log")
    assert list(far.iterdir()) == []
    assert (workspace.root / "input" / "mp3").is_dir()


def test_links_inside_the_workspace_and_to_it_are_followed(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "workspace").symlink_to(real)
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    (workspace.root / "output" / "a-b").symlink_to(workspace.root / "log")
    assert workspace.output("a", "b") == workspace.root / "output" / "a-b"


def test_links_in_a_circle(workspace: Workspace) -> None:
    (workspace.root / "output" / "a-b").symlink_to(workspace.root / "output" / "a-b")
    with pytest.raises(Audio2VideoError), replacing(workspace.result("a", "b")) as temporary:
        temporary.write_bytes(b"video")


def test_a_product_that_is_a_link_is_replaced_and_not_what_it_leads_to(
    workspace: Workspace, tmp_path: Path
) -> None:
    far = tmp_path / "precious"
    far.write_text("precious")
    product = workspace.features("a")
    product.symlink_to(far)
    with replacing(product) as temporary:
        temporary.write_text("new")
    assert not product.is_symlink()
    assert product.read_text() == "new"
    folder = tmp_path / "precious folder"
    folder.mkdir()
    (folder / "letter").write_text("dear")
    product = workspace.root / "output" / "folder"
    product.symlink_to(folder)
    with replacing(product) as temporary:
        temporary.mkdir()
    assert not product.is_symlink()
    assert sorted(p.name for p in product.parent.iterdir()) == ["folder"]
    assert far.read_text() == "precious"
    assert (folder / "letter").read_text() == "dear"


def test_logs_locks_and_lists_do_not_follow_links(workspace: Workspace, tmp_path: Path) -> None:
    far = tmp_path / "precious"
    log, lock = workspace.root / "log" / "runs.log", workspace.root / "log" / "lock"
    links = workspace.root / "raw" / "links.txt"
    links.unlink()
    for link in (log, lock, links):
        link.symlink_to(far)
    with pytest.raises(OSError, match="symbolic link"):
        append_line(log, "a line")
    with pytest.raises(Audio2VideoError, match="can't be locked"), locked(lock):
        pytest.fail("it is a link")
    workspace.create()
    assert not far.exists()


# One folder, two pairs of ids.


def test_a_result_is_not_overwritten_by_another_of_the_same_name(workspace: Workspace) -> None:
    assert workspace.result("a-b", "c") == workspace.result("a", "b-c")
    product = workspace.result("a-b", "c")
    first = {"inp_id": "a-b", "tar_id": "c"}
    other = {"inp_id": "a", "tar_id": "b-c"}

    def build(path: Path) -> None:
        path.write_text("first")

    assert build_if_stale(product, {"x": 1}, build, Progress(), owner=first)
    check_owners_in(product.parent, first)
    message = r"belongs to inp_id 'a-b', tar_id 'c'; choose another inp_id or tar_id"
    for force in (False, True):
        with pytest.raises(Audio2VideoError, match=message):
            build_if_stale(product, {"x": 2}, build, Progress(), owner=other, force=force)
    with pytest.raises(Audio2VideoError, match=message):
        check_owners_in(product.parent, other)
    assert product.read_text() == "first"
    assert build_if_stale(product, {"x": 2}, build, Progress(), owner=first)


def test_a_run_is_refused_before_its_work_begins(
    workspace: Workspace, small_speech: Path, small_target: Path
) -> None:
    product = workspace.result("a-b", "c").with_name("retiming.npz")
    owner = {"inp_id": "a-b", "tar_id": "c"}
    build_if_stale(
        product, {}, lambda path: path.write_bytes(b"x") and None, Progress(), owner=owner
    )
    options = Config.from_flags(audio=small_speech, video=small_target, inp_id="a", tar_id="b-c")
    with pytest.raises(Audio2VideoError, match="belongs to inp_id 'a-b', tar_id 'c'"):
        run(workspace, [1, 2, 3, 4], options)
    assert not workspace.features("a").exists()


# Through the whole of the program.


@pytest.mark.parametrize("stem", ODD_STEMS)
def test_sound_and_video_of_any_name_are_brought(
    tmp_path: Path, small_target: Path, stem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / f"in {stem[:60]}"
    folder.mkdir()
    sound, video = Path(f"{stem}.wav"), Path(f"{stem}.mp4")
    if len(os.fsencode(sound)) > 255:
        pytest.fail("no file has such a name")
    monkeypatch.chdir(folder)
    write_wav(folder / sound, np.zeros(8000, np.float32), 16000)
    (folder / video).write_bytes(small_target.read_bytes())
    workspace = Workspace(Path(f"workspace {stem[:60]}"))
    workspace.create()
    # Relative, as a command line gives them: nothing may take them for an option or an address.
    options = import_media(workspace, Config.from_flags(audio=sound, video=video))
    assert (
        workspace.input_audio(options.inputs.inp_id).read_bytes() == (folder / sound).read_bytes()
    )
    assert workspace.target_video(options.inputs.tar_id).read_bytes() == small_target.read_bytes()
    assert {p.name for p in folder.iterdir()} == {sound.name, video.name, workspace.root.name}


@pytest.mark.parametrize("name", ["concat:a.wav|b.wav", "pipe:0", "-"])
def test_a_name_is_never_taken_for_an_address(run_here: CommandLine, name: str) -> None:
    done = run_here("--steps", "1", f"--audio={name}", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "no such file" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("name", ["http://localhost/a.wav", "file:///etc/passwd"])
def test_an_address_is_recognised(run_here: CommandLine, name: str) -> None:
    done = run_here("--steps", "1", f"--audio={name}", check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert "this is an address, not a file" in done.stderr
    assert "yt-dlp" in done.stderr
    assert done.stderr.count("\n") == 1


def test_odd_names_on_the_command_line(
    tmp_path: Path, small_target: Path, small_speech: Path
) -> None:
    speech = read_audio(small_speech)[:16000]
    sound, config, video = "-é 🎬 %d#'\".wav", "--config é\n.toml", "a|b\n?.mp4"
    write_wav(tmp_path / sound, speech, 16000)
    (tmp_path / video).write_bytes(small_target.read_bytes())
    (tmp_path / config).write_text("nthreads = 1\nvideo = 'a|b\\n?.mp4'\n".replace("'", '"'))
    strange = CommandLine(tmp_path / "-w é\n%")
    words = ("--steps", "1", f"--config={config}")
    strange(*words, f"--audio={sound}")
    # However it is written, it is the same file.
    for same in (("--audio", sound), ("--audio", f"./{sound}")):
        assert "up to date" in strange(*words, *same).stdout
    made = strange.workspace / "input" / "ldmk" / "talkers" / sound.replace(".wav", ".npy")
    assert not made.exists()  # '"' can't be in an id
    (made,) = made.parent.glob("-é*.npy")
    assert is_usable(made.stem)


def test_a_corpus_of_odd_names(tmp_path: Path) -> None:
    corpus = tmp_path / "-corpus é\n"
    names = {f"{stem}.mp4" for stem in ODD_STEMS if "/" not in stem}
    (corpus / "-anna 🎬").mkdir(parents=True)
    for name in names:
        (corpus / "-anna 🎬" / name).touch()
    found = sources_in_folder(corpus)
    assert {source.path.name for source in found} == names
    assert {source.speaker for source in found} == {"-anna 🎬"}
    workspace = Workspace(tmp_path)
    for source in found:
        for path in (
            recording_features(workspace, source.name),
            clip_folder(workspace, fragment_name(source.name, 0)),
        ):
            assert len(path.relative_to(tmp_path).parts) == 3
