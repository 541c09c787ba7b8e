"""Files of landmark models: those that dlib reads too, and damaged ones."""

from __future__ import annotations

import tracemalloc
from dataclasses import fields
from pathlib import Path

import dlib
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from landmark_models import as_dlib_writes, column, integer, made_up_model, real, tree

from audio2video.errors import BadFileError
from audio2video.face.regression import LandmarkModel, place_landmarks
from audio2video.models.face_models import landmark_model_path
from audio2video.models.landmark_file import LARGEST, read_landmark_model

SEED = 20170730
GRAY = np.random.default_rng(SEED).integers(0, 256, (30, 40), dtype=np.uint8)
BOXES = np.array([[4.0, 3.0, 30.0, 28.0], [-9.0, 5.0, 25.0, 44.0]])


@pytest.fixture
def model(rng: np.random.Generator) -> LandmarkModel:
    return made_up_model(rng)


@pytest.fixture(scope="module")
def whole() -> bytes:
    return as_dlib_writes(made_up_model(np.random.default_rng(SEED)))


def read(folder: Path, content: bytes) -> LandmarkModel:
    path = folder / "model.dat"
    path.unlink(missing_ok=True)
    path.write_bytes(content)
    return read_landmark_model(path)


def refused(folder: Path, content: bytes) -> None:
    with pytest.raises(BadFileError) as caught:
        read(folder, content)
    assert caught.value.problem == "not a dlib shape predictor"
    assert caught.value.hint == "check --landmark_model"
    assert caught.value.path == folder / "model.dat"


def assert_same(one: LandmarkModel, other: LandmarkModel) -> None:
    for field in fields(LandmarkModel):
        expected = getattr(other, field.name)
        found = getattr(one, field.name)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    "sizes",
    [
        {},
        {"landmarks": 2, "levels": 1, "trees": 1, "depth": 1, "pixels": 1},
        {"landmarks": 70, "levels": 3, "trees": 2, "depth": 5, "pixels": 300},
    ],
)
def test_what_is_written_is_read(
    rng: np.random.Generator, tmp_path: Path, sizes: dict[str, int]
) -> None:
    model = made_up_model(rng, **sizes)
    assert_same(read(tmp_path, as_dlib_writes(model)), model)


def test_numbers_of_all_lengths(model: LandmarkModel, tmp_path: Path) -> None:
    values = np.array(
        [0.0, 1.0, -1.0, 256.0, 65536.0, -LARGEST, 1 / 3, -1e-3, 2.0**-149, 1e-38, 255.996, -0.1]
    ).astype(np.float32)
    model.leaves[:] = np.resize(values, model.leaves.shape)
    assert_same(read(tmp_path, as_dlib_writes(model)), model)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_dlib_reads_the_same(rng: np.random.Generator, tmp_path: Path, depth: int) -> None:
    model = made_up_model(rng, depth=depth, landmarks=8, trees=9, pixels=40)
    found = place_landmarks(read(tmp_path, as_dlib_writes(model)), GRAY, BOXES)
    theirs = dlib.shape_predictor(str(tmp_path / "model.dat"))
    for points, box in zip(found, BOXES.astype(int).tolist(), strict=True):
        expected = [(p.x, p.y) for p in theirs(GRAY, dlib.rectangle(*box)).parts()]
        np.testing.assert_array_equal(np.floor(points + 0.5), expected)


def test_the_packaged_models_are_read() -> None:
    path = landmark_model_path()
    model = read_landmark_model(path)
    assert model.leaves.shape == (15, 500, 16, 136)
    assert model.leaves.nbytes < path.stat().st_size
    five = read_landmark_model(path.with_name("shape_predictor_5_face_landmarks.dat"))
    assert len(five.mean) == 5


def test_every_truncation_is_refused(whole: bytes, tmp_path: Path) -> None:
    read(tmp_path, whole)
    for length in range(len(whole)):
        refused(tmp_path, whole[:length])


@pytest.mark.parametrize("more", [b"\0", b"\x01\x00", bytes(1000)])
def test_more_data_behind_it(whole: bytes, tmp_path: Path, more: bytes) -> None:
    refused(tmp_path, whole + more)


@pytest.mark.parametrize("exponent", [32000, 32001, 32002, 129, 100, -257])
def test_numbers_that_are_none_or_out_of_range(
    model: LandmarkModel, tmp_path: Path, exponent: int
) -> None:
    model.deltas[1, 2, 0] = 0.75
    content = as_dlib_writes(model)
    where = content.rindex(real(0.75))
    assert content.count(real(0.75)) == 1
    broken = integer(3) + integer(exponent)
    refused(tmp_path, content[:where] + broken + content[where + len(real(0.75)) :])


@pytest.mark.parametrize(
    ("name", "value"),
    [("anchors", 3), ("anchors", -1), ("anchors", 2**31), ("pairs", 7), ("pairs", 2**40)],
)
def test_an_index_out_of_range(model: LandmarkModel, tmp_path: Path, name: str, value: int) -> None:
    changed = getattr(model, name).astype(np.int64)
    changed.reshape(-1)[-1] = value
    object.__setattr__(model, name, changed)
    refused(tmp_path, as_dlib_writes(model))


@pytest.mark.parametrize("level", [0, 1])
def test_trees_of_unequal_depth(
    rng: np.random.Generator, model: LandmarkModel, tmp_path: Path, level: int
) -> None:
    deeper = made_up_model(rng, depth=3)
    content, old = as_dlib_writes(model), tree(model, level, 2)
    assert content.count(old) == 1
    refused(tmp_path, content.replace(old, tree(deeper, level, 2)))
    read(tmp_path, content.replace(old, tree(model, level, 1)))


def test_a_tree_that_is_no_whole_one(model: LandmarkModel, tmp_path: Path) -> None:
    for name, cut in (("pairs", 2), ("thresholds", 2), ("leaves", 3)):
        object.__setattr__(model, name, getattr(model, name)[:, :, :cut])
    refused(tmp_path, as_dlib_writes(model))


def test_levels_that_differ_in_trees_or_pixels(model: LandmarkModel, tmp_path: Path) -> None:
    content = as_dlib_writes(model)
    for count, first in (
        (5, tree(model, 1, 0)),
        (7, b"".join(map(integer, model.anchors[1].tolist()))),
        (7, real(float(model.deltas[1, 0, 0])) + real(float(model.deltas[1, 0, 1]))),
    ):
        where = content.index(integer(count) + first)
        for other in (count - 1, count + 1):
            refused(tmp_path, content[:where] + integer(other) + content[where + 2 :])


def test_a_mean_shape_that_is_a_point(model: LandmarkModel, tmp_path: Path) -> None:
    model.mean[:] = 0.5
    refused(tmp_path, as_dlib_writes(model))


@pytest.mark.parametrize("version", [0, 2, -1])
def test_another_version(whole: bytes, tmp_path: Path, version: int) -> None:
    refused(tmp_path, integer(version) + whole[2:])


@pytest.mark.parametrize("control", [0x00, 0x08, 0x0F, 0x11, 0x21, 0x41, 0x71])
def test_control_bytes_of_another_kind(whole: bytes, tmp_path: Path, control: int) -> None:
    refused(tmp_path, bytes([control]) + whole[1:])
    size = control & 15
    refused(tmp_path, bytes([control, 1]) + bytes(max(0, size - 1)) + whole[2:])


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"no model at all",
        bytes(5000),
        b"\xff" * 5000,
        integer(1) + integer(0) + integer(-1),
        integer(1) + integer(6) + integer(1),
        integer(1) + integer(-5) + integer(-1) + 5 * real(0.5),
    ],
)
def test_what_is_no_model(tmp_path: Path, head: bytes) -> None:
    refused(tmp_path, head)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "model.dat").mkdir()
    with pytest.raises(BadFileError, match="not a dlib shape predictor"):
        read_landmark_model(tmp_path / "model.dat")


@pytest.mark.parametrize("huge", [2**20, 2**31, 2**45, 2**55 - 1])
def test_no_size_is_believed_before_the_file_is_found_large_enough(
    whole: bytes, tmp_path: Path, huge: int
) -> None:
    mean = integer(1) + column(np.array([0.25, 0.5, 0.75, 0.5]))
    heads = [
        integer(1) + integer(-2 * huge) + integer(-1),
        mean + integer(huge),
        mean + integer(1) + integer(huge),
        mean + integer(1) + integer(1) + integer(huge),
        mean + integer(huge) + integer(huge) + integer(huge),
    ]
    model = made_up_model(np.random.default_rng(SEED))
    pixels = integer(7) + b"".join(map(integer, model.anchors[0].tolist()))
    heads.append(whole[: whole.index(pixels)] + integer(huge))
    read(tmp_path, whole)  # compiled before memory is watched
    for head in heads:
        tracemalloc.start()
        try:
            refused(tmp_path, head + bytes([1, 0]) * 2000)
            assert tracemalloc.get_traced_memory()[1] < 400_000
        finally:
            tracemalloc.stop()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_files_are_refused_or_harmless(
    whole: bytes, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        where = data.draw(st.integers(0, len(content) - 1))
        content[where] = data.draw(st.integers(0, 255))
    try:
        model = read(tmp_path, bytes(content))
    except BadFileError:
        return
    assert np.isfinite(place_landmarks(model, GRAY, BOXES)).all()
