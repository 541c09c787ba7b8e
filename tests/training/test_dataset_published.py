"""Published feature sets, in files written here in their formats."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import CommandLine

from audio2video.config import Config
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import feature_kind, read_clip, read_index, read_sound
from audio2video.training.dataset import step as dataset
from audio2video.training.dataset.published import find_published, on_our_clock, read_float_matrix

LINKS = ("aBc-_123", "Zz}x")


def lips(rng: np.random.Generator, frames: int) -> np.ndarray:
    """Mouth shapes in a subspace of 20 dimensions, (T, 40), and the matrix that spans it."""
    angle = np.arange(20) / 20 * 2 * np.pi
    base = np.stack([np.cos(angle), 0.4 * np.sin(angle)], axis=1).ravel()
    return base + 0.1 * rng.standard_normal((frames, 40)).cumsum(axis=0)


def write_features(path: Path, rng: np.random.Generator, seconds: float) -> np.ndarray:
    times = np.arange(0.0125, seconds, 0.01)
    static = np.repeat(rng.standard_normal((len(times) // 20 + 1, 14)) * 5 + 3, 20, axis=0)
    array = np.column_stack([static[: len(times)], times])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array)
    return array


def write_matrix(path: Path, matrix: np.ndarray) -> None:
    head = struct.pack("<Bii", 5, *matrix.shape)
    path.write_bytes(head + matrix.astype("<f4").tobytes())


@pytest.fixture
def basis(rng: np.random.Generator) -> np.ndarray:
    return np.linalg.qr(rng.standard_normal((40, 20)))[0]


Maker = Callable[[Path], dict[str, np.ndarray]]


@pytest.fixture(params=["later", "first"])
def make_set(request: pytest.FixtureRequest, rng: np.random.Generator, basis: np.ndarray) -> Maker:
    """Writes a set of either kind into a folder; returns the shapes that must come out."""

    def make(root: Path) -> dict[str, np.ndarray]:
        (root / "reference").mkdir(parents=True, exist_ok=True)
        np.save(root / "reference" / "PCA_MAT.npy", basis)
        expected = {}
        for link in LINKS:
            first = request.param == "first"
            sound = f"obama_data/audio/normalized-cep13/{link}.wav.npy" if first else None
            write_features(root / (sound or f"raw/mfcc/{link}.npy"), rng, 12.0)
            for number, start in enumerate((0, 150)):
                folder = root / ("obama_data" if first else "raw/fids") / f"{link}}}}}{number:02d}"
                folder.mkdir(parents=True)
                coefficients = lips(rng, 120) @ basis
                if first:
                    write_matrix(folder / "frontalfidsCoeff_unrefined.bin", coefficients)
                    if start:
                        (folder / "startframe.txt").write_text(f"{start + 1}\n")
                else:
                    np.save(folder / "fidsCoeff.npy", coefficients)
                    (folder / "startframe.txt").write_text(f"{start}")
                (folder / "nframe.txt").write_text("120\n")
                expected[f"published_{link}}}}}{number:02d}"] = coefficients @ basis.T
        return expected

    return make


def prepare(workspace: Workspace, corpus: Path | None, **options: object) -> object:
    workspace.create()
    config = Config.from_flags(corpus=corpus, **options)
    return dataset.prepare_corpus(
        workspace, config.dataset, config.analysis, config.machine, Progress()
    )


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("inner", [False, True])
def test_a_set_is_converted(tmp_path: Path, make_set: Maker, inner: bool) -> None:
    expected = make_set(tmp_path / "set")
    before = snapshot(tmp_path / "set")
    workspace = Workspace(tmp_path / "workspace")
    root = tmp_path / "set"
    given = next(p for p in root.iterdir() if p.name != "reference") if inner else root
    prepare(workspace, given)
    assert snapshot(tmp_path / "set") == before
    assert read_index(workspace) == sorted(expected)
    assert feature_kind(workspace) == "published"
    for clip_id, shapes in expected.items():
        clip = read_clip(workspace, clip_id)
        np.testing.assert_allclose(clip.mouth.reshape(-1, 40), shapes, atol=1e-5)
        assert (clip.speaker, str(clip.rate)) == ("published", "30000/1001")
        begin = 0 if clip_id.endswith("00") else 150 * 1001 / 30000
        assert clip.feature_offset / 100 + clip.start == pytest.approx(begin, abs=1e-5)
        assert clip.features.shape[1] == 28
        with pytest.raises(MissingFileError, match="no sound for this recording"):
            read_sound(workspace, clip)
    whole = np.load(workspace.root / "raw/mfcc/published_aBc-_123.npy")
    assert whole.shape == (1200, 28)
    assert abs(whole[:, :14].mean()) < 0.1, "scaled to mean 0 and variance 1 over the set"
    assert abs(whole[:, :14].std() - 1) < 0.2


def test_a_set_in_the_workspaces_own_raw_is_converted_beside(
    tmp_path: Path, make_set: Maker
) -> None:
    workspace = Workspace(tmp_path / "workspace")
    expected = make_set(workspace.root)
    before = snapshot(workspace.root)
    prepare(workspace, None)
    after = snapshot(workspace.root)
    assert {path: after[path] for path in before} == before
    assert read_index(workspace) == sorted(expected)
    report = prepare(workspace, None)
    assert report.count == 0, "a second run has nothing to do"  # type: ignore[attr-defined]
    assert report.facts["fragments"] == 4  # type: ignore[attr-defined]


def test_times_of_features_are_kept(rng: np.random.Generator) -> None:
    times = 0.013 + np.arange(700) * 0.0087  # their own rate, and a late start
    static = np.sin(times[:, None] * np.arange(1, 15) / 3)
    ours = on_our_clock(np.column_stack([static, times]), np.zeros(14), np.ones(14))
    clock = np.arange(len(ours)) / 100
    inside = clock > times[0]
    expected = np.sin(clock[:, None] * np.arange(1, 15) / 3)
    np.testing.assert_allclose(ours[inside, :14], expected[inside], atol=3e-4)
    np.testing.assert_allclose(ours[1:, 14:], np.diff(ours[:, :14], axis=0), atol=1e-6)
    assert len(ours) == int(times[-1] * 100) + 1


def spoil(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("raw/mfcc/aBc-_123.npy", None, "file not found"),
        ("raw/mfcc/aBc-_123.npy", b"nonsense", "not a NumPy array file"),
        ("raw/fids/aBc-_123}}00/nframe.txt", b"99", "says 99 frames, there are 120"),
        ("raw/fids/aBc-_123}}00/nframe.txt", b"many", "holds no whole number"),
        ("raw/fids/aBc-_123}}00/startframe.txt", b"-4", "holds a negative number"),
        ("raw/fids/aBc-_123}}00/fidsCoeff.npy", b"\x93NUMPY", "not a NumPy array file"),
    ],
)
@pytest.mark.parametrize("make_set", ["later"], indirect=True)
def test_damage_is_reported_and_the_rest_used(
    tmp_path: Path, make_set: Maker, file: str, content: bytes | None, why: str
) -> None:
    expected = make_set(tmp_path / "set")
    spoil(tmp_path / "set" / file, content)
    workspace = Workspace(tmp_path / "workspace")
    report = prepare(workspace, tmp_path / "set")
    assert any(why in row[1] for row in report.table)  # type: ignore[attr-defined]
    left = 3 if "fids" in file else 2
    assert len(read_index(workspace)) == left < len(expected)
    repeated = prepare(workspace, tmp_path / "set")
    assert repeated.table == report.table, "told again"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "not a dumped matrix"),
        (struct.pack("<Bii", 6, 1, 20) + bytes(80), "not a dumped matrix"),
        (struct.pack("<Bii", 5, 1, 19) + bytes(76), "is 1 x 19, 20 columns needed"),
        (struct.pack("<Bii", 5, -1, 20), "20 columns needed"),
        (struct.pack("<Bii", 5, 2, 20) + bytes(100), "cut off"),
        (struct.pack("<Bii", 5, 1, 20) + np.full(20, np.nan, "<f4").tobytes(), "NaN"),
    ],
)
def test_a_damaged_matrix_is_refused(tmp_path: Path, data: bytes, why: str) -> None:
    path = tmp_path / "m.bin"
    path.write_bytes(data)
    with pytest.raises(BadFileError, match=why):
        read_float_matrix(path, 20)


def test_times_that_do_not_ascend_are_refused(tmp_path: Path, make_set: Maker) -> None:
    make_set(tmp_path / "set")
    published = find_published(tmp_path / "set")
    assert published is not None
    path = published.features(LINKS[0])
    array = np.load(path)
    array[50, -1] = 0
    np.save(path, array)
    report = prepare(Workspace(tmp_path / "workspace"), tmp_path / "set")
    assert report.table[1][0] == LINKS[0]  # type: ignore[attr-defined]
    assert "do not ascend" in report.table[1][1]  # type: ignore[attr-defined]


def test_without_its_basis_a_set_is_of_no_use(tmp_path: Path, make_set: Maker) -> None:
    make_set(tmp_path / "set")
    (tmp_path / "set/reference/PCA_MAT.npy").unlink()
    with pytest.raises(MissingFileError, match=r"lacks its shape basis.*PCA_MAT"):
        prepare(Workspace(tmp_path / "workspace"), tmp_path / "set")


def test_a_set_that_is_damaged_throughout(tmp_path: Path, make_set: Maker) -> None:
    make_set(tmp_path / "set")
    for path in (tmp_path / "set").rglob("nframe.txt"):
        path.write_text("7")
    with pytest.raises(Audio2VideoError, match="nothing of the published set can be used"):
        prepare(Workspace(tmp_path / "workspace"), tmp_path / "set")


@pytest.mark.parametrize("make_set", ["later"], indirect=True)
def test_through_the_command(run_py: CommandLine, tmp_path: Path, make_set: Maker) -> None:
    make_set(tmp_path / "set")
    done = run_py("--steps", "0", "--corpus", tmp_path / "set")
    assert "dataset: 2 videos" in done.stdout
    index = json.loads((run_py.workspace / "reference/clips.json").read_text())
    assert index["features"] == "published"
    assert index["clips"]["published_Zz}x}}00"]["seconds"] == pytest.approx(4.004)
