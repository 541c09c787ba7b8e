"""The face mesh: its points against the 68, its network against TensorFlow's."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from audio2video.errors import BadFileError, MissingFileError, OptionError
from audio2video.face.backend import BACKENDS
from audio2video.face.detection import FaceBox, FaceFinder, box_of
from audio2video.face.head import shape_plausibility
from audio2video.face.layout import inter_ocular_distance
from audio2video.face.mesh import (
    MESH_POINTS,
    POINTS,
    PRESENCE,
    SAME_PLACE,
    SIDE,
    MeshFinder,
    as_landmarks,
)
from audio2video.models import mesh_file
from audio2video.models.face_models import backend_key, load_backend
from tools.presenter.presenter import demo_truth, render_frames

COUNT, SIZE = 4, 256


@pytest.fixture(scope="module")
def finder() -> MeshFinder:
    found = load_backend("facemesh")
    assert isinstance(found, MeshFinder)
    return found


@pytest.fixture(scope="module")
def grays() -> list[NDArray[np.uint8]]:
    frames = render_frames(COUNT, size=SIZE, start=60)
    return [np.asarray(cv2.cvtColor(f, cv2.COLOR_RGB2GRAY), np.uint8) for f in frames]


def test_each_landmark_has_its_place_in_the_mesh(rng: np.random.Generator) -> None:
    assert len(SAME_PLACE) == 68
    named = [k for places in SAME_PLACE for k in places]
    assert set(named) <= set(range(MESH_POINTS))
    # One point is part of two places: below the ear, where the jaw is between two of the mesh.
    assert sorted(k for k in set(named) if named.count(k) > 1) == [58]
    mesh = rng.normal(size=(MESH_POINTS, 2))
    found = as_landmarks(mesh)
    for point, places in zip(found, SAME_PLACE, strict=True):
        assert np.allclose(point, sum(mesh[k] for k in places) / len(places))


def test_the_presenters_face(finder: MeshFinder, grays: list[NDArray[np.uint8]]) -> None:
    truth = demo_truth(COUNT, size=SIZE, start=60)
    for gray, points in zip(grays, truth.landmarks, strict=True):
        (box,) = finder.detect(gray)
        found = finder.landmarks(gray, box_of(finder.landmarks(gray, box)))
        off = np.linalg.norm(found - points, axis=1) / inter_ocular_distance(points)
        assert off.mean() < 0.06  # measured 0.043; lips 0.029
        assert off[48:].mean() < 0.04
        assert shape_plausibility(found) > 0.7
        assert finder.confidence(gray, found) > 0.95


def test_a_turned_and_a_larger_face_give_the_same_points(
    finder: MeshFinder, grays: list[NDArray[np.uint8]]
) -> None:
    box = box_of(finder.landmarks(grays[0], finder.detect(grays[0])[0]))
    straight = finder.landmarks(grays[0], box)
    turn = cv2.getRotationMatrix2D((SIZE / 2, SIZE / 2), -20, 1.5)
    turned = cv2.warpAffine(grays[0], turn, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    x, y = turn @ [box.x, box.y, 1]
    there = FaceBox(x, y, 1.5 * box.side, box.angle + np.radians(20))
    expected = straight @ turn[:, :2].T + turn[:, 2]
    off = np.linalg.norm(finder.landmarks(turned, there) - expected, axis=1)
    assert off.mean() < 0.03 * inter_ocular_distance(expected)


def test_nothing_is_no_face(finder: MeshFinder, rng: np.random.Generator) -> None:
    noise = rng.integers(0, 255, (SIZE, SIZE), np.uint8)
    points = as_landmarks(rng.uniform(80, 160, (MESH_POINTS, 2)))
    assert finder.confidence(noise, points) < 0.3
    assert finder.confidence(np.full_like(noise, 128), points) < 0.3


def test_dlibs_confidence_is_likeness_to_a_face(grays: list[NDArray[np.uint8]]) -> None:
    finder = load_backend("dlib")
    assert isinstance(finder, FaceFinder)
    points = finder.landmarks(grays[0], finder.detect(grays[0])[0])
    assert finder.confidence(grays[0], points) == shape_plausibility(points) > 0.7


@pytest.mark.filterwarnings("ignore:.*Interpreter is deprecated")
def test_the_network_agrees_with_tensorflows(
    grays: list[NDArray[np.uint8]], finder: MeshFinder
) -> None:
    tensorflow = pytest.importorskip("tensorflow")
    if not hasattr(tensorflow.lite, "Interpreter"):
        pytest.skip("this TensorFlow can't run TFLite networks")
    interpreter = tensorflow.lite.Interpreter(str(mesh_file.mesh_path()), num_threads=1)
    interpreter.allocate_tensors()
    (given,) = interpreter.get_input_details()
    outputs = {one["name"]: one["index"] for one in interpreter.get_output_details()}
    network = mesh_file.load_mesh()
    for gray in grays:
        chip = cv2.resize(gray[20:220, 30:230], (SIDE, SIDE)).astype(np.float32) / 255
        interpreter.set_tensor(given["index"], np.repeat(chip[None, ..., None], 3, axis=3))
        interpreter.invoke()
        network.setInput(np.repeat(chip[None, None], 3, axis=1))
        for layer in (POINTS, PRESENCE):
            expected = interpreter.get_tensor(outputs[layer]).ravel()
            found = network.forward(layer).ravel()
            assert np.abs(found - expected).max() < 1e-5 * SIDE


def test_missing_and_damaged_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "face_landmark.tflite"
    monkeypatch.setattr(mesh_file, "mesh_path", lambda: path)
    with pytest.raises(MissingFileError, match="weights of the face mesh not found; install audio"):
        load_backend("facemesh")
    path.write_bytes(b"none")
    with pytest.raises(BadFileError, match=r"damaged, or not the weights of the face mesh \(their"):
        load_backend("facemesh")


def test_unknown_backends_and_models_that_do_not_belong(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"--backend 'x' is not known; use one of dlib, facemesh"):
        load_backend("x")
    with pytest.raises(OptionError, match=r"--landmark_model is for --backend dlib, facemesh has"):
        load_backend("facemesh", tmp_path / "model.dat")


def test_keys_tell_backends_and_models_apart(tmp_path: Path) -> None:
    model = tmp_path / "model.dat"
    keys = [backend_key(name) for name in BACKENDS]
    assert keys == ["dlib", f"facemesh {mesh_file.MESH_SHA256}"]
    assert backend_key("dlib", model) == "dlib"  # refused where it is to be loaded
    model.write_bytes(b"a model")
    keys.append(backend_key("dlib", model))
    assert len(set(keys)) == 3
