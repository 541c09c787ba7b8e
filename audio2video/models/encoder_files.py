"""Weights of speech encoders and the speech detector, read from the package and checked."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import BadFileError, MissingFileError
from ..mouth.bilabials import BilabialDetector, BilabialPair, Bilabials
from ..mouth.predictor import Predictor
from ..speech.detector import SpeechDetector
from ..speech.encoder import MFCC, EncoderNote, MfccEncoder, SpeechEncoder
from ..speech.phone_posteriors import NAME as PPG
from ..speech.phone_posteriors import PhoneEncoder
from ..speech.whisper import BASE, TINY, WhisperEncoder
from ..speech.whisper_pair import NAME as PAIR
from ..speech.whisper_pair import WhisperPair, pair_hash
from ..storage.files import file_hash
from ..storage.npy import load_arrays
from ..storage.workspace import shipped

REINSTALL = "install audio2video again"

BILABIALS = "detector of /p b m/"

WEIGHED = (TINY.name, BASE.name, PAIR, PPG)
"""Encoders that have weights."""


def whisper_path() -> Path:
    """Where the weights of the encoder 'whisper' lie."""
    return shipped() / "encoders" / "whisper_tiny_en_3.npz"


def whisper_base_path() -> Path:
    """Where the weights of the encoder 'whisper_base' lie."""
    return shipped() / "encoders" / "whisper_base_4.npz"


def phone_model_path() -> Path:
    """Where the weights of the encoder 'ppg' lie."""
    return shipped() / "encoders" / "pocketsphinx_phones.npz"


def detector_path() -> Path:
    """Where the weights of the speech detector lie."""
    return shipped() / "encoders" / "speech_detector.npz"


def load_detector() -> SpeechDetector:
    """Load the speech detector.

    Raises
    ------
    MissingFileError
        Its weights, or those of the encoder that it hears with, are not there.
    BadFileError
        They are damaged, or do not belong together.
    """
    path, encoder = detector_path(), whisper_path()
    _needed(path, "speech detector")
    _needed(encoder, "speech encoder")
    heard_with = _read_whisper(encoder, file_hash(encoder))
    try:
        return SpeechDetector.from_arrays(load_arrays(path), heard_with)
    except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
        raise BadFileError(
            "not the weights of the speech detector, or damaged", path=path, hint=REINSTALL
        ) from error


def bilabials_path(encoder: str) -> Path:
    """Where the weights of the detector of /p b m/ lie that hears with an encoder."""
    name = {TINY.name: "bilabials_tiny_en.npz", BASE.name: "bilabials_base.npz"}[encoder]
    return shipped() / "encoders" / name


def bilabials_hash(encoder: str) -> str | None:
    """SHA-256 of the weights by which /p b m/ are found in an encoder's states; None without any.

    Parameters
    ----------
    encoder : str
        Its name.

    Raises
    ------
    MissingFileError
        They are not there.
    """
    heard = {TINY.name: (TINY,), BASE.name: (BASE,), PAIR: (TINY, BASE)}.get(encoder, ())
    paths = [_needed(bilabials_path(own.name), BILABIALS) for own in heard]
    return "".join(map(file_hash, paths)) or None


def load_bilabials(encoder: SpeechEncoder) -> Bilabials | None:
    """Load the detector of /p b m/ that goes with an encoder; None if there is none.

    Raises
    ------
    MissingFileError
        Its weights are not there.
    BadFileError
        They are damaged, or do not belong to the encoder.
    """
    if isinstance(encoder, WhisperPair):
        return BilabialPair(_read_bilabials(encoder.first), _read_bilabials(encoder.second))
    return _read_bilabials(encoder) if isinstance(encoder, WhisperEncoder) else None


def _read_bilabials(encoder: WhisperEncoder) -> BilabialDetector:
    path = _needed(bilabials_path(encoder.heard.name), BILABIALS)
    try:
        return BilabialDetector.from_arrays(load_arrays(path), encoder.note, encoder.size)
    except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
        raise BadFileError(
            f"not the weights of the {BILABIALS}, or damaged", path=path, hint=REINSTALL
        ) from error


def load_encoder(network: Predictor, path: Path | None = None) -> SpeechEncoder:
    """Load the speech encoder of a network.

    Parameters
    ----------
    network : Predictor
    path : Path, optional
        Its file, for the error messages.

    Raises
    ------
    MissingFileError
        The encoder's weights are not there.
    BadFileError
        They are damaged or not those that the network was trained with, or this version of the
        package has no such encoder.
    """
    note = network.encoder
    if note.name not in (MFCC.name, *WEIGHED):
        raise _unknown(note, path)
    encoder = MfccEncoder() if note.name == MFCC.name else _packaged(note.name, note.sha256)
    if note != encoder.note:
        raise _unknown(note, path)
    if encoder.size != network.architecture.inputs:
        raise BadFileError(
            f"takes {network.architecture.inputs} features, its encoder '{note.name}' gives "
            f"{encoder.size}",
            path=path,
        )
    return encoder


def encoder_named(name: str) -> SpeechEncoder:
    """Load the package's own speech encoder of this name, to train with.

    Raises
    ------
    ValueError
        There is none.
    MissingFileError, BadFileError
        Its weights are not there, or damaged.
    """
    if name == MFCC.name:
        return MfccEncoder()
    if name not in WEIGHED:
        raise ValueError(f"no such encoder: {name}")
    return _packaged(name)


def _packaged(name: str, wanted: str | None = None) -> SpeechEncoder:
    """Load an encoder that has weights, and make sure that they are the wanted ones, by SHA-256."""
    paths = [_needed(path, "speech encoder") for path in _files(name)]
    hashes = [file_hash(path) for path in paths]
    found = hashes[0] if len(hashes) == 1 else pair_hash(*hashes)
    if wanted not in (None, found):
        raise BadFileError(
            "not the speech encoder that the pass was trained with: its SHA-256 is "
            f"{found[:12]}, not {wanted[:12]}",
            path=paths[-1],
            hint=REINSTALL,
        )
    if name == PPG:
        return _read_phones(paths[0], hashes[0])
    if name == BASE.name:
        return _read_base(paths[0], hashes[0])
    tiny = _read_whisper(paths[0], hashes[0])
    return tiny if name == TINY.name else WhisperPair(tiny, _read_base(paths[1], hashes[1]))


def _files(name: str) -> tuple[Path, ...]:
    return {
        PPG: (phone_model_path(),),
        TINY.name: (whisper_path(),),
        BASE.name: (whisper_base_path(),),
        PAIR: (whisper_path(), whisper_base_path()),
    }[name]


@lru_cache(maxsize=1)
def _read_whisper(path: Path, sha256: str) -> WhisperEncoder:
    try:
        return WhisperEncoder.from_arrays(load_arrays(path), sha256)
    except Exception as error:  # zipfile, zlib, KeyError, ValueError, EOFError: all mean damage
        raise _damaged(path) from error


@lru_cache(maxsize=1)
def _read_base(path: Path, sha256: str) -> WhisperEncoder:
    try:
        return WhisperEncoder.from_arrays(load_arrays(path), sha256, BASE)
    except Exception as error:  # as above
        raise _damaged(path) from error


@lru_cache(maxsize=1)
def _read_phones(path: Path, sha256: str) -> PhoneEncoder:
    try:
        return PhoneEncoder.from_arrays(load_arrays(path), sha256)
    except Exception as error:  # as above
        raise _damaged(path) from error


def _needed(path: Path, what: str) -> Path:
    """Make sure that weights are there; give their path."""
    if not path.is_file():
        raise MissingFileError(f"weights of the {what} not found", path=path, hint=REINSTALL)
    return path


def _damaged(path: Path) -> BadFileError:
    return BadFileError(
        "not the weights of a speech encoder, or damaged", path=path, hint=REINSTALL
    )


def _unknown(note: EncoderNote, path: Path | None) -> BadFileError:
    return BadFileError(
        f"hears with encoder '{note.name}' ({note.version}), which this version does not have",
        path=path,
        hint="use another --pass_id, or another version of audio2video",
    )
