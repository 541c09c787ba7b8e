"""Write the weights of the speech encoder 'ppg' again, from the model in PocketSphinx's wheel.

``python -m tools.convert_pocketsphinx FOLDER pocketsphinx_phones.npz``, with the wheel's folder
``pocketsphinx/model/en-us/en-us``; the shipped file comes from pocketsphinx 5.1.1. Kept are the
Gaussians, in half precision, and the weights that states without context give them.
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio2video.speech.phone_posteriors import CEPSTRA, FORMAT, PHONES, STATES, STREAMS
from audio2video.storage.files import file_hash

LOG_BASE, LOG_SHIFT = 1.0001, 10
"""Weights are stored as negative logarithms to this base, without so many of the last bits."""

_MAGIC = 0x11223344
_END = b"endhdr\n"


def read_gaussians(content: bytes) -> NDArray[np.float32]:
    """Read a file of means or variances.

    Returns
    -------
    ndarray of float32, shape (3, P, N, 13)

    Raises
    ------
    ValueError
        It is none of these phones and streams.
    """
    place = content.find(_END) + len(_END)
    numbers = struct.unpack_from("<8I", content, place)
    magic, phones, streams, count, *lengths, total = numbers
    if (magic, phones, streams) != (_MAGIC, len(PHONES), STREAMS):
        raise ValueError("no Gaussians of these phones")
    shape = (phones, streams, count, CEPSTRA)
    if lengths != [CEPSTRA] * STREAMS or total != int(np.prod(shape)):
        raise ValueError("no Gaussians of these features")
    found = np.frombuffer(content, "<f4", total, place + 32).reshape(shape)
    return np.ascontiguousarray(found.transpose(1, 0, 2, 3))


def read_shares(content: bytes, count: int) -> NDArray[np.float32]:
    """Read the weights of Gaussians in the states without context, which come first.

    Parameters
    ----------
    content : bytes
        Of the file ``sendump``.
    count : int
        Gaussians of a phone.

    Returns
    -------
    ndarray of float32, shape (3, P, N, 3)

    Raises
    ------
    ValueError
        It is no such file, or one of fewer states.
    """
    states = len(PHONES) * STATES
    place, length = 0, -1
    while length:  # texts of the header, each with its length before it; the last one is empty
        (length,) = struct.unpack_from("<I", content, place)
        place += 4 + length
    found, every = struct.unpack_from("<2I", content, place)
    if found != count or every < states or len(content) != place + 8 + STREAMS * count * every:
        raise ValueError("no weights of these Gaussians")
    # A byte for each of all states, by stream and Gaussian.
    logs = np.frombuffer(content, np.uint8, offset=place + 8).reshape(STREAMS, count, every)
    shares = LOG_BASE ** -(logs[:, :, :states].astype(np.float64) * (1 << LOG_SHIFT))
    by_phone = shares.reshape(STREAMS, count, len(PHONES), STATES).transpose(0, 2, 1, 3)
    return np.ascontiguousarray(by_phone, np.float32)


def phone_arrays(folder: Path) -> dict[str, NDArray[Any]]:
    """Make the arrays of the weights file of the model in a folder.

    Raises
    ------
    ValueError
        The model is another one.
    """
    if b"\0".join(name.encode() for name in PHONES) not in (folder / "mdef").read_bytes():
        raise ValueError("a model of other phones")
    means = read_gaussians((folder / "means").read_bytes())
    return {
        "format": np.array(FORMAT),
        "means": means.astype(np.float16),
        "variances": read_gaussians((folder / "variances").read_bytes()).astype(np.float16),
        "shares": read_shares((folder / "sendump").read_bytes(), means.shape[2]).astype(np.float16),
    }


def main() -> None:
    """Write the weights file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("product", type=Path)
    given = parser.parse_args()
    with given.product.open("wb") as file:
        np.savez(file, **phone_arrays(given.folder))  # type: ignore[arg-type]
    print(f"{given.product}: SHA-256 {file_hash(given.product)}")


if __name__ == "__main__":
    main()
