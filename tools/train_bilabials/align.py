"""Align phones to speech: ``python -m tools.train_bilabials.align LIST PRODUCT``.

LIST has a recording a line: its file and words, with a tab between. PRODUCT is a CSV file as
``audio2video evaluate lipsync --phones`` takes. Needs PocketSphinx,
whose wheel carries an English model.
"""

from __future__ import annotations

import argparse
import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
from pocketsphinx import Decoder

from audio2video.evaluation.phone_list import COLUMNS
from audio2video.pipeline.speech_samples import read_speech

BEAMS = (None, 1e-57, 1e-64, 1e-72, 1e-80, 1e-90, 1e-250)
"""The usual beam first; a wider one where nothing is left of it at the end."""


def align(pcm: np.ndarray[Any, np.dtype[np.int16]], words: list[str]) -> list[list[Any]]:
    """Find the phones of spoken words: name, first frame of 10 ms, frames; none if none fit."""
    for beam in BEAMS:
        widths = {} if beam is None else dict.fromkeys(("beam", "pbeam", "wbeam"), beam)
        # The search for the best path may leave phones shorter than their three states.
        decoder = Decoder(samprate=16000, loglevel="FATAL", lm=None, bestpath=False, **widths)
        known = [word for word in words if decoder.lookup_word(word)]
        try:
            decoder.set_align_text(" ".join(known))
            _run(decoder, pcm)
            decoder.set_alignment()
            _run(decoder, pcm)
            found = decoder.get_alignment()
            return [[phone.name, phone.start, phone.duration] for word in found for phone in word]
        except RuntimeError:
            continue
    return []


def recognised(pcm: np.ndarray[Any, np.dtype[np.int16]]) -> list[str]:
    """Recognise words, as far as the aligner's own models do."""
    decoder = Decoder(samprate=16000, loglevel="FATAL")
    _run(decoder, pcm)
    found = decoder.hyp()
    return [] if found is None else found.hypstr.split()


def _run(decoder: Any, pcm: np.ndarray[Any, np.dtype[np.int16]]) -> None:
    decoder.start_utt()
    decoder.process_raw(pcm.tobytes(), full_utt=True)
    decoder.end_utt()


def main() -> None:
    """Write the phones of all recordings."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("list", type=Path)
    parser.add_argument("product", type=Path)
    given = parser.parse_args()
    rows: list[tuple[str, float, float, str]] = []
    for line in given.list.read_text(encoding="utf-8").splitlines():
        path, text = line.split("\t", 1)
        words = re.sub(r"[^a-z' ]", " ", text.lower().replace("\u2019", "'")).split()
        pcm = read_speech(Path(path))
        phones = align(pcm, words) or align(pcm, recognised(pcm))
        rows += [
            (Path(path).stem, start / 100, (start + duration) / 100, name)
            for name, start, duration in phones
        ]
        print(f"{path}: {len(phones)} phones", flush=True)
    with given.product.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
