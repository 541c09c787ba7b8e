"""How well listeners are predicted, on clips of a known law: ``python -m benchmarks.listener``.

Prints sizes and kinds of codebooks, the measures of the field against simple baselines, and whether
the law was learned. All of it is motion; no picture is made.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from audio2video.listening.codebook import CODES, PIECE, RATE, cut_pieces, make_codebook
from audio2video.listening.gestures import Habits, find_nods
from audio2video.listening.measures import score
from audio2video.listening.motion import NAMES, FaceMotion
from audio2video.listening.predictor import ListenerModel, train_listener, windows
from audio2video.listening.wish import ASPECTS, SCALES, ruled_wish
from benchmarks.listener_law import NOD_DELAY, LawClip, law_clip

NEAR = 0.35
"""Seconds within which a nod answers to a true one."""

HABITS = Habits(0.25, 6.0, 0.3, 0.05)


def motion_of(aspects: np.ndarray) -> np.ndarray:
    """Sum up speeds, forgetting them within a second, (N, 8): degrees, distances and values."""
    values = aspects * SCALES
    kept = np.exp(-1 / RATE)
    for k in range(1, len(values)):
        values[k, :5] = values[k - 1, :5] * kept + values[k, :5] / RATE
    values[0, :5] /= RATE
    return np.asarray(values / np.array([1, 1, 1, 0.05, 0.05, 0.05, 0.3, 0.1]))


def nods_of(aspects: np.ndarray) -> np.ndarray:
    """Seconds at which a motion nods."""
    pitch = motion_of(aspects.copy())[:, 1]
    values = np.zeros((len(pitch), len(NAMES)))
    values[:, 1] = pitch
    found = find_nods(FaceMotion(values, np.ones(len(pitch), bool), RATE), 2.0)
    return np.array([one.first / RATE for one in found])


def f1(made: list[np.ndarray], true: list[np.ndarray]) -> float:
    """Agreement of two lists of moments."""
    hits = sum(
        int(any(abs(a - b) < NEAR for b in t)) for m, t in zip(made, true, strict=True) for a in m
    )
    found = sum(
        int(any(abs(a - b) < NEAR for a in m)) for m, t in zip(made, true, strict=True) for b in t
    )
    precision = hits / max(1, sum(map(len, made)))
    recall = found / max(1, sum(map(len, true)))
    return 2 * precision * recall / max(precision + recall, 1e-9)


def predictions(
    model: ListenerModel, learned: list[LawClip], held: list[LawClip]
) -> dict[str, list[np.ndarray]]:
    """Give the motions of all ways to predict, on the clips held out."""
    rng = np.random.default_rng(1)
    frames = len(held[0].clip.done)
    mean = np.mean(np.concatenate([one.clip.done for one in learned]), axis=0)
    made: dict[str, list[np.ndarray]] = {"true": [one.clip.done for one in held]}
    made["model"] = [
        model.codebook.pieces[model.sample(one.clip.features(), rng)].reshape(-1, len(ASPECTS))[
            :frames
        ]
        for one in held
    ]
    made["rule"] = [ruled_wish(one.prosody, HABITS, RATE, frames, 1.2, rng).aspects for one in held]
    made["random"] = [learned[k].clip.done for k in rng.integers(len(learned), size=len(held))]
    made["mean"] = [np.tile(mean, (frames, 1)) for _ in held]
    made["nearest"] = _nearest(model, learned, held, frames)
    made["footage as it is"] = [learned[0].clip.done for _ in held]
    return made


def _nearest(
    model: ListenerModel, learned: list[LawClip], held: list[LawClip], frames: int
) -> list[np.ndarray]:
    """Answer each piece of a speaker as the nearest one of all that were learned from was."""
    count = frames // PIECE

    def heard(one: LawClip) -> np.ndarray:
        return windows((one.clip.features() - model.mean) / model.std, count)

    known = np.concatenate([heard(one) for one in learned])
    done = np.concatenate([cut_pieces(one.clip.done)[:count] for one in learned])
    found = []
    for one in held:
        x = heard(one)
        far = (x**2).sum(1)[:, None] + (known**2).sum(1) - 2 * x @ known.T
        answer = done[far.argmin(axis=1)].reshape(-1, len(ASPECTS))
        found.append(np.pad(answer, ((0, frames - len(answer)), (0, 0)), mode="edge"))
    return found


def after_cue(aspects: list[np.ndarray], clips: list[LawClip]) -> np.ndarray:
    """Mean speed of the pitch in the 1.6 s after a cue, less that in general."""
    span, parts = round(1.6 * RATE), []
    general = np.mean([one[:, 1].mean() for one in aspects])
    for one, clip in zip(aspects, clips, strict=True):
        for cue in clip.cues:
            first = round(cue * RATE)
            if first + span <= len(one):
                parts.append(one[first : first + span, 1])
    return np.asarray(np.mean(parts, axis=0) - general)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--held", type=int, default=30)
    parser.add_argument("--codes", type=int, default=CODES)
    args = parser.parse_args()
    learned = [law_clip(k) for k in range(args.clips)]
    held = [law_clip(10_000 + k) for k in range(args.held)]
    pieces = np.concatenate([cut_pieces(one.clip.done, 2) for one in learned])
    unseen = np.concatenate([cut_pieces(one.clip.done) for one in held])
    print("codebook: share of the held-out variance that is not told")
    for codes in (8, 16, 32, 64, 128):
        left = [
            make_codebook(pieces, codes, method, 0, 2000).spread_left(unseen)
            for method in ("kmeans", "vq")
        ]
        print(f"  {codes:4d} codes: k-means {left[0]:.3f}, autoencoder {left[1]:.3f}")
    began = time.perf_counter()
    model, told = train_listener([one.clip for one in learned], args.codes)
    print(f"trained in {time.perf_counter() - began:.1f} s: {told}")
    made = predictions(model, learned, held)
    true = [motion_of(one.copy()) for one in made["true"]]
    speaker = [one.clip.features() for one in held]
    true_nods = [one.nods for one in held]
    law = after_cue(made["true"], held)
    heads = ("L2", "FD", "P-FD", "var", "SID", "rPCC", "nod F1", "nods/s", "law r")
    print(" " * 18 + " ".join(f"{head:>6s}" for head in heads))
    seconds = sum(len(one) for one in true) / RATE
    for name, motions in made.items():
        s = score([motion_of(one.copy()) for one in motions], true, speaker, RATE)
        nods = [nods_of(one) for one in motions]
        shown = after_cue(motions, held)
        r = 0.0 if shown.std() < 1e-9 else float(np.corrcoef(shown, law)[0, 1])
        figures = (s.l2, s.fd, s.paired_fd, s.variation, s.sid, s.rpcc)
        law_figures = (f1(nods, true_nods), sum(map(len, nods)) / seconds, r)
        print(f"{name:17s} " + " ".join(f"{value:6.3f}" for value in (*figures, *law_figures)))
    print(f"(a nod begins {NOD_DELAY} s after a cue; law r is the correlation of the mean speed of")
    print(" the head's pitch in the 1.6 s after a cue with the true one)")


if __name__ == "__main__":
    main()
