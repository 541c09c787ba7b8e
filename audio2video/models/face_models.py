"""The models of faces: the user's own landmark model, and those of face-recognition-models."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import dlib

from ..errors import BadFileError, MissingFileError, OptionError
from ..face.backend import BACKENDS, DLIB, Backend
from ..face.detection import FaceFinder, frontal_detector
from ..face.identity import FaceDescriber
from ..face.layout import LANDMARKS
from ..face.mesh import MeshFinder
from ..storage.files import file_hash
from .landmark_file import read_landmark_model
from .mesh_file import MESH_SHA256, load_mesh

MODEL_FILE = "shape_predictor_68_face_landmarks.dat"
MODEL_SHA256 = "fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f"
"""Of face-recognition-models 0.3.0, and of what dlib's makers publish."""

DESCRIPTOR_FILE = "dlib_face_recognition_resnet_model_v1.dat"
DESCRIPTOR_SHA256 = "55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30"


def load_face_finder(model: Path | None = None) -> FaceFinder:
    """Load the face detector and a landmark model.

    Parameters
    ----------
    model : Path, optional
        A dlib 68-point shape predictor; see `landmark_model_path`.

    Raises
    ------
    MissingFileError
        The model file is not there.
    BadFileError
        The file is not a 68-point shape predictor.
    """
    path = landmark_model_path(model)
    # Both take a while; only the reading lets go of Python's lock meanwhile.
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_landmark_model, path)
        detector = frontal_detector()
    found = reading.result()
    points = len(found.mean)
    if points != LANDMARKS:
        raise BadFileError(
            f"predicts {points} points, {LANDMARKS} needed",
            path=path,
            hint="check --landmark_model",
        )
    return FaceFinder(found, detector)


def load_backend(name: str = DLIB, model: Path | None = None) -> Backend:
    """Load what finds faces and landmarks.

    Parameters
    ----------
    name : str
        One of `audio2video.face.backend.BACKENDS`.
    model : Path, optional
        See `load_face_finder`; for 'dlib' only.

    Raises
    ------
    OptionError
        There is no such backend, or it takes no model.
    MissingFileError, BadFileError
        Its model is not there, or damaged.
    """
    check_backend(name, model)
    return load_face_finder(model) if name == DLIB else MeshFinder(load_mesh())


def check_backend(name: str, model: Path | None = None) -> None:
    """Make sure that there is a backend of this name, and that it takes the model if one is given.

    Raises
    ------
    OptionError
        See `load_backend`.
    """
    if name not in BACKENDS:
        raise OptionError(
            f"--backend {name!r} is not known", hint=f"use one of {', '.join(BACKENDS)}"
        )
    if model is not None and name != DLIB:
        raise OptionError(
            f"--landmark_model is for --backend {DLIB}, {name} has its own", hint="leave one out"
        )


def backend_key(name: str, model: Path | None = None) -> str:
    """Tell a backend from others in the keys of what was found with it."""
    if name != DLIB:
        return f"{name} {MESH_SHA256}"
    # A model that is not there is refused where it is to be loaded.
    own = model is not None and model.is_file()
    return f"{name} {file_hash(model)}" if own and model is not None else name


def load_face_describer() -> FaceDescriber:
    """Load dlib's face descriptor.

    Raises
    ------
    MissingFileError, BadFileError
        The model is not there, or damaged.
    """
    path = packaged_model(DESCRIPTOR_FILE, DESCRIPTOR_SHA256)
    return FaceDescriber(dlib.face_recognition_model_v1(str(path)))


def landmark_model_path(path: Path | None = None) -> Path:
    """Find the 68-point landmark model.

    Parameters
    ----------
    path : Path, optional
        The user's own model; by default the one in the package ``face-recognition-models``.

    Raises
    ------
    MissingFileError
        The model is not there.
    BadFileError
        The packaged one is not what it was when it was packaged.
    """
    if path is None:
        return packaged_model(MODEL_FILE, MODEL_SHA256, " or give --landmark_model PATH")
    if not path.is_file():
        raise MissingFileError("landmark model not found", path=path, hint="check --landmark_model")
    return path


def packaged_model(name: str, sha256: str, otherwise: str = "") -> Path:
    """Find a model in the package ``face-recognition-models``.

    Parameters
    ----------
    name : str
        Of the file.
    sha256 : str
        Of its content.
    otherwise : str
        What else a user can do, for the messages.

    Raises
    ------
    MissingFileError
        The model is not there.
    BadFileError
        It is there, and another file.
    """
    # The package itself imports a setuptools module that newer setuptools no longer have.
    spec = importlib.util.find_spec("face_recognition_models")
    folders = (spec.submodule_search_locations or []) if spec else []
    files = [Path(folder) / "models" / name for folder in folders]
    found = next((file for file in files if file.is_file()), None)
    if found is None:
        raise MissingFileError(
            f"{name} not found", hint=f"install face-recognition-models{otherwise}"
        )
    if file_hash(found) != sha256:
        raise BadFileError(
            "damaged, or not the model that was packaged (its SHA-256 is another)",
            path=found,
            hint=f"install face-recognition-models 0.3.0 again{otherwise}",
        )
    return found
