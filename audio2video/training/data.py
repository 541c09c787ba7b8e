"""Training data of a pass: clips with coefficients, augmented versions, scales, batches."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import Config, TrainingConfig
from ..errors import BadFileError
from ..mouth.resampling import at_times
from ..mouth.shapes import relative_shapes, without_drift
from ..progress import Progress
from ..speech.features import FEATURE_RATE
from ..speech.noise import NOISES, mix_noise
from ..speech.voice import features_of_voice
from ..storage.arrays import read_arrays, sealed
from ..storage.files import replacing
from ..storage.workspace import Workspace
from .augmentation import Variation
from .corpus import Clip, ShapeStatistics, read_sound
from .sequences import TrainingBatch, TrainingClip, training_batches
from .trainer import Normalisation

SOUND_VERSIONS = 6
"""Versions of each clip's sound beside its own; one of them all is drawn in each epoch."""

QUIETEST_NOISE = 30.0
"""dB of signal to noise: the other end of the range that noise is drawn from."""

MADE_BY = "step 1 (lipsync)"


@dataclass(frozen=True)
class TrainingData:
    """Clips on the network's own scales.

    Parameters
    ----------
    training : list of list of TrainingClip
        For each clip its versions, not yet normalised; the first is the clean one.
    validation : list of TrainingClip
        Normalised.
    normalisation : Normalisation
    """

    training: list[list[TrainingClip]]
    validation: list[TrainingClip]
    normalisation: Normalisation

    def epoch(self, config: TrainingConfig, epoch: int) -> Iterator[TrainingBatch]:
        """Give the batches of an epoch; they follow from the seed and its number alone."""
        rng = np.random.default_rng([config.seed, 2, epoch])
        changes = config.augmentation
        variation = Variation(changes.gain, changes.tempo, changes.time_shift / 1000)
        chosen = [
            self._normalised(variation.of(versions[rng.integers(len(versions))], rng))
            for versions in self.training
        ]
        return _batches(chosen, config, rng)

    def checks(self, config: TrainingConfig) -> list[TrainingBatch]:
        """Cut the validation clips once, at fixed places, so that epochs can be compared."""
        return list(_batches(self.validation, config, np.random.default_rng(0)))

    def _normalised(self, clip: TrainingClip) -> TrainingClip:
        return normalised(clip, self.normalisation)


def prepare_data(
    workspace: Workspace,
    config: Config,
    clips: dict[str, Clip],
    statistics: ShapeStatistics,
    split: dict[str, list[str]],
    progress: Progress,
) -> TrainingData:
    """Prepare clips as training data.

    The sequences are kept in ``train/sequences.npz``, for all passes of a corpus.

    Raises
    ------
    MissingFileError
        Noise or other voices are asked for and the corpus has no sound.
    """
    training = config.training
    again = config.lipsync.preprocess or config.machine.force
    data = _sequences(workspace.sequences(), clips, statistics, progress, again=again)
    scales = Normalisation.of([data[i] for i in split["training"]], training.outp_norm)
    versions = {i: [data[i]] for i in split["training"]}
    if training.augmentation.noise_snr is not None or training.augmentation.voice:
        for i, others in _other_sounds(workspace, training, clips, split["training"], progress):
            versions[i] += [TrainingClip(x, data[i].targets, data[i].first) for x in others]
    return TrainingData(
        list(versions.values()), [normalised(data[i], scales) for i in split["validation"]], scales
    )


def fingerprint(clips: Iterable[Clip], statistics: ShapeStatistics) -> str:
    """Hash of everything that a corpus gives to training."""
    digest = hashlib.sha256(statistics.basis.components.tobytes())
    for clip in clips:
        digest.update(f"{clip.clip_id}/{clip.speaker}/{clip.rate}/{clip.start}".encode())
        digest.update(np.ascontiguousarray(clip.mouth).tobytes())
        digest.update(np.ascontiguousarray(clip.features).tobytes())
    return digest.hexdigest()


def true_shapes(clip: Clip, statistics: ShapeStatistics) -> NDArray[np.float64]:
    """Mouth shapes of a clip relative to its speaker's closed mouth, shape (T, 20, 2).

    Raises
    ------
    BadFileError
        The statistics are of another corpus.
    """
    if clip.speaker not in statistics.references:
        raise BadFileError(
            f"reference/shapes.npz does not know the speaker '{clip.speaker}' of {clip.clip_id}",
            hint="run step 0 (dataset) again",
        )
    steady = without_drift(clip.mouth, statistics.centres[clip.speaker])
    return relative_shapes(steady, statistics.references[clip.speaker])


def frame_times(clip: Clip) -> NDArray[np.float64]:
    """Seconds of a clip's mouth shapes on the clock of its features, shape (T,)."""
    return clip.start + np.arange(len(clip.mouth)) / float(clip.rate)


def normalised(clip: TrainingClip, scales: Normalisation) -> TrainingClip:
    """Bring a clip to the network's scales."""
    return TrainingClip(scales.features(clip.features), scales.targets(clip.targets), clip.first)


def limited(
    split: dict[str, list[str]], clips: dict[str, Clip], minutes: float | None, seed: int
) -> dict[str, list[str]]:
    """Keep training clips up to a total length, chosen at random but the same for one seed."""
    if minutes is None:
        return split
    order = sorted(
        split["training"], key=lambda i: hashlib.sha256(f"minutes/{seed}/{i}".encode()).digest()
    )
    kept: list[str] = []
    seconds = 0.0
    for i in order:
        length = float(len(clips[i].mouth) / clips[i].rate)
        if kept and seconds + length > 60 * minutes:
            break
        kept.append(i)
        seconds += length
    return {**split, "training": sorted(kept)}


def _sequences(
    path: Path,
    clips: dict[str, Clip],
    statistics: ShapeStatistics,
    progress: Progress,
    *,
    again: bool,
) -> dict[str, TrainingClip]:
    key = fingerprint(clips.values(), statistics)
    if path.is_file() and not again:
        with suppress(BadFileError, KeyError):  # what is damaged is made again
            arrays = read_arrays(path, ("key",), made_by=MADE_BY)
            if str(arrays["key"]) == key:
                return {
                    i: TrainingClip(arrays[f"x_{i}"], arrays[f"y_{i}"], int(arrays[f"first_{i}"]))
                    for i in clips
                }
    followed = progress.follow(clips.items(), "preparing sequences", len(clips), "clip")
    made = {i: _training_clip(clip, statistics) for i, clip in followed}
    arrays = {"key": np.array(key)}
    for i, clip in made.items():
        arrays[f"x_{i}"], arrays[f"y_{i}"] = clip.features, clip.targets
        arrays[f"first_{i}"] = np.array(clip.first)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **sealed(arrays))  # type: ignore[arg-type]
    return made


def _training_clip(clip: Clip, statistics: ShapeStatistics) -> TrainingClip:
    coefficients = statistics.basis.encode(true_shapes(clip, statistics))
    # Targets lie on whole feature frames inside the time that the face was seen.
    end = clip.start + float((len(clip.mouth) - 1) / clip.rate)
    first = math.ceil(clip.start * FEATURE_RATE)
    last = min(len(clip.features) - 1, math.floor(end * FEATURE_RATE))
    times = np.arange(first, last + 1) / FEATURE_RATE - clip.start
    targets = at_times(coefficients, clip.rate, times)
    return TrainingClip(clip.features, targets.astype(np.float32), first)


def _other_sounds(
    workspace: Workspace,
    config: TrainingConfig,
    clips: dict[str, Clip],
    training: Sequence[str],
    progress: Progress,
) -> Iterator[tuple[str, list[NDArray[np.float32]]]]:
    """Give each training clip's features in other voices, with noise, several times."""
    changes = config.augmentation
    sounds = {i: read_sound(workspace, clips[i]) for i in training}
    voices = list(sounds.values())
    for i in progress.follow(training, "varying sound", len(training), "clip"):
        number = int.from_bytes(hashlib.sha256(i.encode()).digest()[:4], "big")
        rng = np.random.default_rng([config.seed, 3, number])
        made = []
        for _ in range(SOUND_VERSIONS):
            sound, kind = sounds[i], NOISES[rng.integers(len(NOISES))]
            quiet, voice = rng.uniform(0, 1), 1 + changes.voice * rng.uniform(-1, 1)
            if changes.noise_snr is not None:
                snr = changes.noise_snr + quiet * (QUIETEST_NOISE - changes.noise_snr)
                sound = mix_noise(sound, kind, snr, rng, voices)
            made.append(features_of_voice(sound, voice))
        yield i, made


def _batches(
    clips: Sequence[TrainingClip], config: TrainingConfig, rng: np.random.Generator
) -> Iterator[TrainingBatch]:
    return training_batches(clips, config.seq_len, config.batch_size, config.delay, rng)
