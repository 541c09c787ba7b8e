"""Train the detector: ``python -m tools.train_bilabials.train WORKSPACE PHONES PRODUCT``.

WORKSPACE is that of a pass with the same ``--encoder``, whose clips are encoded there; PHONES what
`align` wrote. Recordings that ``--split_file`` keeps apart are not trained on.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from audio2video.config import Config
from audio2video.evaluation.phone_list import read_phones
from audio2video.models.encoder_files import encoder_named
from audio2video.mouth.architecture import Architecture
from audio2video.mouth.bilabials import BilabialDetector
from audio2video.mouth.phones import KINDS, Phone
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import read_clip, read_corpora, read_index
from audio2video.training.encoding import EncodedCorpus
from audio2video.training.losses import Loss
from audio2video.training.sequences import BalancedDraw, Origin, TrainingClip
from audio2video.training.split import find_split
from audio2video.training.trainer import Normalisation, Trainer

EDGE = 0.01
"""Seconds at both ends of a phone that are not learned from: an aligner is not exacter."""

UNITS, DILATIONS = 64, (1, 1, 2)
STEPS, LENGTH, BATCH = 600, 150, 24
RATE = 1e-3


def labels(phones: list[Phone], times: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Label moments: 1 in /p b m/, 0 in other sounds and silence, -1 where it is not known."""
    found = np.full((len(times), 1), -1, np.float32)
    for phone in phones:
        begin, end = phone.start + EDGE, phone.end - EDGE
        found[(times >= begin) & (times < end)] = phone.plain in KINDS["bilabial"]
    return found


def cross_entropy(tf: Any) -> Loss:
    """Make the loss: the mean cross entropy where the label is known."""

    def loss(found: Any, true: Any, weights: Any, mean_weights: Any) -> Any:
        known = weights * tf.cast(true[..., 0] >= 0, tf.float32)
        each = tf.nn.sigmoid_cross_entropy_with_logits(
            labels=tf.maximum(true[..., 0], 0.0), logits=found[..., 0]
        )
        return tf.reduce_sum(each * known) / tf.maximum(tf.reduce_sum(known), 1.0)

    return loss


def report(detector: BilabialDetector, part: str, clips: list[tuple[Any, Any]]) -> None:
    """Print how many /p b m/ are found, and how much else is taken for one."""
    said = [(detector.evidence(clip.features), true[:, 0]) for clip, true in clips]
    evidence, true = (np.concatenate(parts) for parts in zip(*said, strict=True))
    for least in (-1, 0, 1, 2):
        hits = np.mean(evidence[true == 1] > least)
        print(
            f"{part}, over {least}: {hits:.3f} of the time of /p b m/, "
            f"{np.mean(evidence[true == 0] > least):.4f} of all else"
        )


def main() -> None:
    """Train, measure on the clips kept apart, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("phones", type=Path)
    parser.add_argument("product", type=Path)
    parser.add_argument("--split_file", type=Path, required=True)
    parser.add_argument("--encoder", choices=("whisper", "whisper_base"), default="whisper")
    parser.add_argument("--versions", type=int, default=8, help="--sound_versions of the pass")
    given = parser.parse_args()
    workspace, encoder = Workspace(given.workspace), encoder_named(given.encoder)
    phones = read_phones(given.phones)
    config = Config.from_flags(
        split_file=given.split_file,
        encoder=given.encoder,
        network="conv",
        keep_prob=0.7,
        input_keep_prob=0.7,
        input_noise=0.2,
        weight_decay=0.02,
        averaging=0.99,
    ).training
    clips = {i: read_clip(workspace, i) for i in read_index(workspace)}
    clips = {i: clip for i, clip in clips.items() if clip.recording in phones}
    corpora, encoded = read_corpora(workspace), EncodedCorpus(workspace, encoder)
    split = find_split(clips, corpora, config)
    rate = encoder.note.rate

    def labelled(clip_id: str, version: int = 0) -> tuple[Any, npt.NDArray[np.float32]]:
        clip = encoded.clip(clips[clip_id], version)
        times = (clip.feature_offset + np.arange(len(clip.features))) / rate
        return clip, labels(phones[clip.recording], times)

    versions = [
        [
            TrainingClip(clip.features, true)
            for clip, true in (labelled(i, k) for k in range(given.versions + 1))
        ]
        for i in split["training"]
    ]
    scales = Normalisation.of([own[0] for own in versions], each_output=False)
    form = Architecture("conv", encoder.size, 1, UNITS, len(DILATIONS), DILATIONS)
    trainer = Trainer(form, config, 2, cross_entropy)
    origins = [Origin(corpora[i], clips[i].speaker) for i in split["training"]]
    draw = BalancedDraw(origins, [len(own[0].targets) for own in versions])
    rng = np.random.default_rng(config.seed)
    for step in range(STEPS):
        chosen = [own[rng.integers(len(own))] for own in versions]
        batch = draw.draw(chosen, LENGTH, BATCH, 0, rng)
        normal = scales.features(batch.features)
        share = 0.5 + 0.5 * np.cos(np.pi * step / STEPS)
        error = trainer.train(replace(batch, features=normal), RATE * share)
        if step % 100 == 99:
            print(f"step {step + 1}: {error:.3f}", flush=True)
    with trainer.averaged():
        detector = BilabialDetector(
            form, trainer.weights(), scales.feature_mean, scales.feature_std, rate
        )
    for part in ("validation", "test"):
        report(detector, part, [labelled(i) for i in split[part]])
    np.savez(given.product, **detector.arrays(encoder.note))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
