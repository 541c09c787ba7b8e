"""Files are data only; sizes are checked before memory is taken; what was changed is noticed."""

from __future__ import annotations

import ast
import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from conftest import ROOT

from audio2video.batch.rows import read_rows
from audio2video.config import Config
from audio2video.config.files import read_options_file
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.face.rectify import RectifiedGrid
from audio2video.models import face_models
from audio2video.models.network_file import read_network
from audio2video.models.pass_files import find_network, load_network, write_network
from audio2video.pipeline.job import Job
from audio2video.pipeline.shapes import read_shapes
from audio2video.pipeline.textures import read_textures
from audio2video.progress import Progress
from audio2video.storage import limits
from audio2video.storage.arrays import read_array, read_arrays, read_item, sealed
from audio2video.storage.artifacts import build_if_stale, is_current, made_from, record_path
from audio2video.storage.checksums import check_hashes, note_hashes
from audio2video.storage.files import file_hash, read_json
from audio2video.storage.workspace import Workspace, shipped
from audio2video.training.dataset.published import read_features, read_float_matrix
from audio2video.training.dataset.sources import read_list
from audio2video.training.passes.table import read_passes

MADE_BY = "step 7 (juggling)"

# Nothing is ever run that was read.

RUNS_CODE = frozenset(
    (
        *("pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve"),
        *("torch", "keras", "h5py", "yaml", "jsonpickle", "runpy", "code", "imp"),
    )
)
CALLS = frozenset(("eval", "exec", "compile", "__import__"))

CHILDREN = {
    # Pipes to and from processes that this one has started: they carry options and figures, which
    # multiprocessing pickles. Nobody else can write to them, and no file is read like that. (Dask,
    # in training/dataset/cluster.py, does the same with the workers of a scheduler the user names.)
    "runtime/workers.py": {"multiprocessing", "multiprocessing.connection"},
}


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    for folder in ("audio2video", "benchmarks", "tests/fuzz", "tools"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT / folder).as_posix()
            yield folder, name, ast.parse(path.read_text(encoding="utf-8"))


def test_nothing_that_is_read_is_ever_run() -> None:
    for folder, name, tree in modules():
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for module in names:
                root = module.split(".")[0]
                assert root not in RUNS_CODE, f"{name} imports {module}"
                if folder == "audio2video" and module.split(".")[0] == "multiprocessing":
                    assert module in CHILDREN.get(name, ()), f"{name} imports {module}"
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called not in CALLS, f"{name}: {called}()"
                assert not called.endswith((".load_model", ".save_model")), f"{name}: {called}()"
                for keyword in node.keywords:
                    unsafe = keyword.arg == "allow_pickle" and ast.unparse(keyword.value) != "False"
                    assert not unsafe, f"{name}: {called}(allow_pickle=...)"
                    shell = keyword.arg == "shell" and ast.unparse(keyword.value) != "False"
                    assert not shell, f"{name}: {called}(shell=...)"


def test_arrays_are_loaded_in_one_place() -> None:
    """`numpy.load` allocates what a header claims; only benchmarks read so what they wrote."""
    found = {
        name
        for _, name, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load")
    }
    assert found <= {"stages_median.py", "stages_texture.py"}


# Sizes.


def claiming(shape: tuple[int, ...], descr: str = "<f8", behind: int = 96) -> bytes:
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(behind)


def without_much_memory(read: Callable[[], object]) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadFileError, match=r"damaged|larger than"):
            read()
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        claiming((10**15,)),
        claiming((3, 10**9)),
        claiming((13,)),
        claiming((11,)),
        claiming((1,), "<U2000000000"),
        claiming((-3, -4)),
        claiming((2,) * 40, behind=8),
        claiming((12,), "|O"),
        claiming((12,), "|V8"),
        b"\x93NUMPY\x03\x00" + claiming((12,))[8:],
    ],
    ids=lambda content: content[10:70].decode("latin1").strip(),
)
@pytest.mark.parametrize("mmap", [False, True])
def test_a_header_is_not_believed(tmp_path: Path, content: bytes, mmap: bool) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    without_much_memory(lambda: read_array(path, (None,), made_by=MADE_BY, mmap=mmap))


def archive(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as writer:
        for name, content in members.items():
            writer.writestr(f"{name}.npy", content)
    return file.getvalue()


def test_members_of_an_archive_are_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(archive(a=claiming((10**15,))))
    without_much_memory(lambda: read_arrays(path, ("a",), made_by=MADE_BY))
    path.write_bytes(archive(a=claiming((12,), "|O")))
    without_much_memory(lambda: read_arrays(path, ("a",), made_by=MADE_BY))


def test_an_archive_that_unpacks_to_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.npz"
    size = 1 << 22
    path.write_bytes(archive(a=claiming((size,), "|u1", size), b=claiming((size,), "|u1", size)))
    assert path.stat().st_size < size // 100
    assert read_arrays(path, ("a",), made_by=MADE_BY)["a"].shape == (size,)
    # Together they are too much, each of them alone is not.
    monkeypatch.setattr("audio2video.storage.npy.MAX_UNPACKED_BYTES", 3 * size // 2)
    without_much_memory(lambda: read_arrays(path, ("a",), made_by=MADE_BY))


def test_members_that_overlap_or_are_there_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    array = io.BytesIO()
    np.save(array, np.zeros(1000))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as writer:
        for name in "abc":
            writer.writestr(f"{name}.npy", array.getvalue() if name == "a" else b"")
        for name in "bc":  # the directory says that all three are the first one's bytes
            one, first = writer.NameToInfo[f"{name}.npy"], writer.NameToInfo["a.npy"]
            one.header_offset, one.file_size, one.CRC = (
                first.header_offset,
                first.file_size,
                first.CRC,
            )
            one.compress_size = first.compress_size
    path.write_bytes(file.getvalue())
    with pytest.raises(BadFileError, match="damaged"):
        read_arrays(path, ("a",), made_by=MADE_BY)
    with zipfile.ZipFile(path, "w") as writer:
        writer.writestr("a.npy", array.getvalue())
        with pytest.warns(UserWarning, match="Duplicate"):
            writer.writestr("a.npy", array.getvalue())
    with pytest.raises(BadFileError, match="damaged"):
        read_arrays(path, ("a",), made_by=MADE_BY)


def test_a_members_checksum_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(1000.0))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(BadFileError, match="damaged"):
        read_arrays(path, ("a",), made_by=MADE_BY)


def test_arrays_of_other_orders_are_read_right(tmp_path: Path) -> None:
    array = np.arange(24, dtype=">f4").reshape(4, 3, 2)
    for stored in (array, np.asfortranarray(array)):
        np.save(tmp_path / "a.npy", stored)
        read = read_array(tmp_path / "a.npy", (4, 3, 2), made_by=MADE_BY)
        np.testing.assert_array_equal(read, array)
        assert read.dtype.isnative
        mapped = read_array(tmp_path / "a.npy", (4, 3, 2), made_by=MADE_BY, mmap=True)
        for k in range(4):
            np.testing.assert_array_equal(read_item(mapped, k), array[k])


def test_another_kind_of_number_is_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros(3))
    with pytest.raises(BadFileError, match="is of float64, uint8 needed; step 7"):
        read_array(tmp_path / "a.npy", (3,), made_by=MADE_BY, dtype=np.uint8)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("MAX_JSON_BYTES", read_json),
        ("MAX_TOML_BYTES", read_options_file),
        ("MAX_LIST_BYTES", read_list),
        ("MAX_TABLE_BYTES", lambda path: read_rows(path, Workspace(path.parent), 1)),
        ("MAX_MATRIX_BYTES", lambda path: read_float_matrix(path, 20)),
    ],
)
def test_files_that_are_too_large(
    tmp_path: Path, name: str, read: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(getattr(limits, name) + 1)  # takes no room on the disk
    with pytest.raises(BadFileError) as caught:
        read(path)
    assert caught.value.problem == f"larger than {getattr(limits, name):,} bytes"
    assert caught.value.path == path


def test_times_and_numbers_of_a_published_set_that_nothing_has(tmp_path: Path) -> None:
    rows = np.hstack([np.zeros((4, 14)), np.arange(4.0)[:, None] / 100])
    for place, value, problem in (
        (-1, 1e12, "rows are from"),
        (-1, 1e300, "rows are from"),
        (0, 1e300, "no speech feature has"),
    ):
        wrong = rows.copy()
        wrong[-1, place] = value
        np.save(tmp_path / "a.npy", wrong)
        with pytest.raises(BadFileError, match=problem):
            read_features(tmp_path / "a.npy")
    (tmp_path / "a.bin").write_bytes(bytes([5]) + struct.pack("<ii", 2**31 - 1, 20))
    with pytest.raises(BadFileError, match="cut off"):
        read_float_matrix(tmp_path / "a.bin", 20)


def test_shapes_that_no_mouth_has(tmp_path: Path) -> None:
    workspace, options = Workspace(tmp_path), Config.from_flags(inp_id="a", pass_id="p")
    path = workspace.shapes("p", "a")
    path.parent.mkdir(parents=True)
    job = Job(workspace, options, Progress())
    job.frames, job.rate = 3, Fraction(25)
    for value in (1e30, -10.5):
        shapes = np.zeros((3, 20, 2))
        shapes[1, 2, 0] = value
        np.save(path, shapes)
        with pytest.raises(BadFileError, match=r"a\.npy: holds numbers beyond 10; step 1"):
            read_shapes(job)


def test_textures_and_lines_that_do_not_fit(tmp_path: Path) -> None:
    workspace, options = Workspace(tmp_path), Config.from_flags(inp_id="a", tar_id="b")
    space = RectifiedGrid(2.0, -1.0, 0.4, 4, 5)
    job = Job(workspace, options, Progress())
    job.target = SimpleNamespace(space=space)
    path = job.textures_path
    path.parent.mkdir(parents=True)
    np.save(path, np.zeros((3, 5, 4, 3), np.uint8))
    lines = {"mouth": np.zeros((3, 20, 2)), "jaw": np.zeros((3, 17, 2))}
    np.savez(path.with_suffix(".npz"), **lines)
    assert len(read_textures(job).textures) == 3
    for name, wrong, problem in (
        ("jaw", np.zeros((2, 17, 2)), r"has shape \(2, 17, 2\), \(3, 17, 2\) needed"),
        ("mouth", np.zeros((3, 40)), "has shape"),
        ("mouth", np.full((3, 20, 2), 1e9), "holds numbers beyond 10"),
    ):
        np.savez(path.with_suffix(".npz"), **{**lines, name: wrong})
        with pytest.raises(BadFileError, match=problem):
            read_textures(job)
    np.save(path, np.zeros((3, 5, 4, 3)))
    with pytest.raises(BadFileError, match="is of float64, uint8 needed"):
        read_textures(job)


# Passes.


@pytest.fixture
def own_pass(tmp_path: Path) -> Path:
    """A finished pass in a workspace, as training leaves it."""
    network = read_network(shipped() / "passes" / "grid_s1" / "network.npz")
    folder = tmp_path / "train" / "own"
    write_network(folder, network, {"epochs": 1})
    return folder


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def with_other_weights(path: Path) -> None:
    """A change that only the recorded hash shows: the file is whole, and a network."""
    with np.load(path) as file:
        arrays = dict(file)
    arrays["out_bias"] = arrays["out_bias"] + 1
    np.savez(path, **arrays)


def test_a_pass_is_as_it_was_trained(own_pass: Path) -> None:
    note = json.loads((own_pass / "run.json").read_text())
    assert note == {"epochs": 1, "network_sha256": file_hash(own_pass / "network.npz")}
    assert load_network(own_pass).kind == "bilstm"


def test_another_network_is_refused(own_pass: Path) -> None:
    with_other_weights(own_pass / "network.npz")
    read_network(own_pass / "network.npz")
    message = r"own/network\.npz: not the network that was trained: .*run\.json; put the right"
    with pytest.raises(BadFileError, match=message):
        load_network(find_network(Workspace(own_pass.parent.parent), "own").parent)
    states = {one.pass_id: one.state for one in read_passes(Workspace(own_pass.parent.parent))}
    assert states["own"].startswith("network.npz: not the network that was trained")
    assert states["grid_s1"] == "finished"
    # Without the note it is a network from elsewhere.
    (own_pass / "run.json").unlink()
    load_network(own_pass)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_note(own_pass: Path, content: bytes) -> None:
    (own_pass / "run.json").write_bytes(content)
    with pytest.raises(BadFileError, match=r"run\.json: .*; remove it"):
        load_network(own_pass)


def test_training_again_when_killed_leaves_the_old_network_in_use(
    own_pass: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    old = file_hash(own_pass / "network.npz")
    network = load_network(own_pass)
    network.weights["out_bias"][:] = 0
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if Path(target).name == "network.npz":
            raise Killed
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(Killed):
            write_network(own_pass, network, {"epochs": 2})
    assert file_hash(own_pass / "network.npz") == old
    load_network(own_pass)
    write_network(own_pass, network, {"epochs": 2})
    assert not load_network(own_pass).weights["out_bias"].any()


@pytest.mark.parametrize("pass_id", ["grid_s1", "grid_s1_delayed", "talkers", "talkers_delayed"])
def test_the_shipped_passes_are_noted(pass_id: str) -> None:
    folder = shipped() / "passes" / pass_id
    assert read_json(folder / "run.json")["network_sha256"] == file_hash(folder / "network.npz")


def test_a_seal_shows_other_arrays(tmp_path: Path) -> None:
    arrays = {"a": np.arange(3.0), "b": np.array("text"), "c": np.zeros((0, 2))}
    path = tmp_path / "a.npz"
    np.savez(path, **sealed(arrays))
    read = read_arrays(path, ("a",), made_by=MADE_BY)
    assert set(read) == {"a", "b", "c"}
    for change in (
        {"a": np.arange(3.0)[::-1]},
        {"a": np.arange(3.0)[:, None]},
        {"a": np.arange(3)},
        {"b": np.array("texu")},
        {"d": np.zeros(1)},
    ):
        np.savez(path, **{**sealed(arrays), **change})
        with pytest.raises(BadFileError, match="was changed after it was written; step 7"):
            read_arrays(path, ("a",), made_by=MADE_BY)


# Records, and the analysis of a target.


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b"{}",
        b'{"depends_on": [1], "made_for": 3, "sha256": []}',
    ],
)
def test_a_damaged_record_makes_the_product_the_users_own(tmp_path: Path, content: bytes) -> None:
    product = tmp_path / "a.npy"
    build_if_stale(product, {}, lambda path: path.write_bytes(b"ours") and None, Progress())
    record_path(product).write_bytes(content)
    progress = Progress()
    assert not is_current(product, {})
    assert made_from(product) == {}
    ids = {"inp_id": "a", "tar_id": "b"}
    made = build_if_stale(
        product, {}, lambda path: path.write_bytes(b"x") and None, progress, owner=ids
    )
    assert not made
    assert product.read_bytes() == b"ours"
    assert "changed by hand: used as it is" in progress.warnings[0]


def test_noted_hashes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    with pytest.raises(BadFileError, match=r"sha256\.json: was not noted"):
        check_hashes(tmp_path, ("a", "b"))
    note_hashes(tmp_path)
    check_hashes(tmp_path, ("a", "b"))
    (tmp_path / "a").write_text("A")
    with pytest.raises(BadFileError, match="a: was changed after it was made"):
        check_hashes(tmp_path, ("a", "b"))
    check_hashes(tmp_path, ("b",))
    (tmp_path / "b").unlink()
    with pytest.raises(BadFileError, match="b: file not found"):
        check_hashes(tmp_path, ("b",))


@pytest.fixture(scope="module")
def analysed(
    tmp_path_factory: pytest.TempPathFactory, small_target: Path
) -> tuple[Workspace, Config]:
    workspace = Workspace(tmp_path_factory.mktemp("tampering"))
    workspace.create()
    workspace.bring(small_target, "target/mp4", "painted")
    options = Config.from_flags(tar_id="painted", nthreads=1)
    assert Job(workspace, options, Progress()).target.key
    return workspace, options


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("textures.npy", lambda path: flip(path, -1000)),
        ("face.npz", lambda path: path.write_bytes(path.read_bytes()[:-100])),
        ("sha256.json", lambda path: path.write_text("[]")),
        pytest.param("sha256.json", lambda path: path.unlink(), marks=pytest.mark.slow),
        pytest.param("textures.npy", lambda path: path.unlink(), marks=pytest.mark.slow),
    ],
    ids=["a bit of a texture", "cut off", "no hashes", "hashes gone", "textures gone"],
)
def test_a_changed_analysis_is_made_again(
    analysed: tuple[Workspace, Config], name: str, damage: Callable[[Path], object]
) -> None:
    workspace, options = analysed
    (folder,) = (path for path in workspace.analyses().iterdir() if path.is_dir())
    before = {path.name: file_hash(path) for path in folder.iterdir()}
    damage(folder / name)
    progress = Progress()
    assert Job(workspace, options, progress).target.key
    again = [text for text in progress.warnings if "analysed again" in text]
    assert len(again) == 1
    assert str(folder / name) in again[0]
    assert {path.name: file_hash(path) for path in folder.iterdir()} == before
    progress = Progress()
    assert Job(workspace, options, progress).target.key
    assert progress.warnings == []


# The landmark model.


def test_another_packaged_model_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert file_hash(face_models.landmark_model_path()) == face_models.MODEL_SHA256
    monkeypatch.setattr(face_models, "MODEL_SHA256", "0" * 64)
    with pytest.raises(BadFileError, match=r"not the model that was packaged.*--landmark_model"):
        face_models.landmark_model_path()
    with pytest.raises(MissingFileError, match=r"no such\.dat not found"):
        face_models.packaged_model("no such.dat", "")


def test_a_model_of_ones_own_is_taken_as_it_is(tmp_path: Path) -> None:
    own = tmp_path / "own.dat"
    own.write_bytes(b"not a model")
    assert face_models.landmark_model_path(own) == own
    with pytest.raises(Audio2VideoError, match="not a dlib shape predictor"):
        face_models.load_face_finder(own)
