"""Training data of a pass: clips with coefficients, augmented versions, scales, batches."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..config import Config, TrainingConfig
from ..errors import BadFileError
from ..progress import Progress
from ..speech.noise import NOISES, mix_noise
from ..speech.units import FEATURE_RATE
from ..speech.voice import features_of_voice
from ..storage.arrays import read_arrays, sealed
from ..storage.files import replacing
from ..storage.rows import StoredRows
from ..storage.workspace import Workspace
from .augmentation import Variation
from .corpus import Clip, ShapeStatistics, read_sound
from .encoding import MADE_BY, EncodedCorpus
from .sequences import BalancedDraw, Origin, TrainingBatch, TrainingClip, training_batches
from .shape_targets import ShapeTargets
from .speaker_codes import SpeakerCodes
from .trainer import Normalisation

SOUND_VERSIONS = 6
"""Versions of each clip's MFCC beside its own; one of them all is drawn in each epoch."""

QUIETEST_NOISE = 30.0
"""dB of signal to noise: the other end of the range that noise is drawn from."""

SCALE_CLIPS = 500
"""Clips that the scales of an encoder's features are measured on; of more, as many are drawn."""


@dataclass(frozen=True)
class TrainingData:
    """Clips of training and validation.

    Parameters
    ----------
    training : list of list of TrainingClip
        For each clip its versions; the first is the clean one.
    validation : list of TrainingClip
    origins, validation_origins : list of Origin
        Of these clips.
    normalisation : Normalisation
        Of features and targets, which the batches are brought to.
    codes : SpeakerCodes
        Tell a network in training who speaks.
    """

    training: list[list[TrainingClip]]
    validation: list[TrainingClip]
    origins: list[Origin]
    validation_origins: list[Origin]
    normalisation: Normalisation
    codes: SpeakerCodes = field(default_factory=SpeakerCodes)

    def epoch(self, config: TrainingConfig, epoch: int) -> Iterator[TrainingBatch]:
        """Give the batches of an epoch; they follow from the seed and its number alone.

        The clips of one speaker are all gone through; of several speakers, sequences are drawn (see
        `BalancedDraw`).
        """
        rng = np.random.default_rng([config.seed, 2, epoch])
        changes = config.augmentation
        variation = Variation(changes.gain, changes.tempo, changes.time_shift / 1000)
        chosen = [
            variation.of(versions[rng.integers(len(versions))], rng) for versions in self.training
        ]
        length, size, delay = config.seq_len, config.batch_size, config.delay
        if len({(origin.corpus, origin.speaker) for origin in self.origins}) < 2:
            batches = training_batches(
                chosen, length, size, delay, rng, self._weights(self.origins)
            )
        else:
            draw = BalancedDraw(
                self.origins, [len(versions[0].targets) for versions in self.training]
            )
            count = draw.batches(length, size)
            batches = (draw.draw(chosen, length, size, delay, rng) for _ in range(count))
        for batch in map(self._normalised, batches):
            yield replace(batch, features=self.codes.told(batch, self.origins))

    def checks(self, config: TrainingConfig) -> list[TrainingBatch]:
        """Cut the validation clips once, at fixed places, so that epochs can be compared.

        Nobody tells who speaks in them.
        """
        batches = training_batches(
            self.validation,
            config.seq_len,
            config.batch_size,
            config.delay,
            np.random.default_rng(0),
            self._weights(self.validation_origins),
        )
        normalised = map(self._normalised, batches)
        return [replace(batch, features=self.codes.untold(batch)) for batch in normalised]

    @staticmethod
    def _weights(origins: Sequence[Origin]) -> list[float]:
        return [origin.mean_weight for origin in origins]

    def _normalised(self, batch: TrainingBatch) -> TrainingBatch:
        scales = self.normalisation
        return replace(
            batch,
            features=scales.features(batch.features),
            targets=scales.targets(batch.targets),
        )


@dataclass(frozen=True)
class Prepared:
    """A corpus with what training needs of it.

    Parameters
    ----------
    workspace : Workspace
    config : Config
    clips : dict of str to Clip
        As the corpus has them.
    origins : dict of str to Origin
    encoded : EncodedCorpus or None
        Features other than the corpus's own.
    rate : int
        Feature frames per second.
    """

    workspace: Workspace
    config: Config
    clips: dict[str, Clip]
    origins: dict[str, Origin]
    encoded: EncodedCorpus | None
    rate: int

    def heard(self, clip_id: str, version: int = 0) -> Clip:
        """Give a clip with the features that the network hears with."""
        clip = self.clips[clip_id]
        return clip if self.encoded is None else self.encoded.clip(clip, version)

    def encode(self, split: dict[str, list[str]], progress: Progress) -> None:
        """Compute what is missing of an encoder's features."""
        if self.encoded is not None:
            versions = self.config.training.augmentation.sound_versions
            self.encoded.prepare(self.clips, split["training"], versions, progress)

    def data(
        self,
        targets: ShapeTargets,
        split: dict[str, list[str]],
        progress: Progress,
        scales: Normalisation | None = None,
    ) -> TrainingData:
        """Prepare clips as training data.

        The sequences of the corpus's own features are kept in ``train/sequences.npz``, for all
        passes of a corpus.

        Parameters
        ----------
        targets : ShapeTargets
        split : dict
            Training and validation clips.
        progress : Progress
        scales : Normalisation, optional
            To be used instead of the clips' own.

        Raises
        ------
        MissingFileError
            Other sound is asked for and the corpus has none.
        """
        training = self.config.training
        wanted = [*split["training"], *split["validation"]]
        if self.encoded is None:
            again = self.config.lipsync.preprocess or self.config.machine.force
            data = _sequences(
                self.workspace.sequences(), self.clips, targets, progress, again=again
            )
        else:
            data = {i: targets.training_clip(self.heard(i), self.rate) for i in wanted}
        short = {i for i in wanted if not len(data[i].targets)}
        kept = {part: [i for i in split[part] if i not in short] for part in split}
        versions = {i: [data[i]] for i in kept["training"]}
        for i, others in self._versions(kept["training"], targets, progress):
            versions[i] += [TrainingClip(x, data[i].targets, data[i].first) for x in others]
        origins = [self.origins[i] for i in versions]
        return TrainingData(
            list(versions.values()),
            [data[i] for i in kept["validation"]],
            origins,
            [self.origins[i] for i in kept["validation"]],
            scales or Normalisation.of(_some(list(versions.values())), training.outp_norm),
            SpeakerCodes.of(origins, training.speaker_code),
        )

    def _versions(
        self, ids: Sequence[str], targets: ShapeTargets, progress: Progress
    ) -> Iterator[tuple[str, list[NDArray[np.floating] | StoredRows]]]:
        changes = self.config.training.augmentation
        if self.encoded is not None:
            for i in ids:
                heard = [self.heard(i, 1 + k).features for k in range(changes.sound_versions)]
                yield i, heard
        elif changes.noise_snr is not None or changes.voice:
            yield from _other_sounds(
                self.workspace, self.config.training, self.clips, ids, progress
            )


def fingerprint(clips: Iterable[Clip], statistics: ShapeStatistics, corpora: dict[str, str]) -> str:
    """Hash of everything that a corpus gives to training."""
    digest = hashlib.sha256(statistics.basis.components.tobytes())
    for clip in clips:
        corpus = corpora.get(clip.clip_id, "")
        where = f"{corpus}/" if corpus else ""
        digest.update(f"{where}{clip.clip_id}/{clip.speaker}/{clip.rate}/{clip.start}".encode())
        digest.update(np.ascontiguousarray(clip.mouth).tobytes())
        digest.update(np.ascontiguousarray(clip.features).tobytes())
    return digest.hexdigest()


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


def _some(versions: Sequence[list[TrainingClip]]) -> list[TrainingClip]:
    """Clean clips to measure scales on."""
    clean = [own[0] for own in versions]
    if len(clean) <= SCALE_CLIPS:
        return clean
    order = np.random.default_rng(0).permutation(len(clean))[:SCALE_CLIPS]
    return [clean[k] for k in sorted(order)]


def _sequences(
    path: Path,
    clips: dict[str, Clip],
    targets: ShapeTargets,
    progress: Progress,
    *,
    again: bool,
) -> dict[str, TrainingClip]:
    key = f"{fingerprint(clips.values(), targets.statistics, {})}/{targets.key()}"
    if path.is_file() and not again:
        with suppress(BadFileError, KeyError):  # what is damaged is made again
            arrays = read_arrays(path, ("key",), made_by=MADE_BY)
            if str(arrays["key"]) == key:
                return {
                    i: TrainingClip(arrays[f"x_{i}"], arrays[f"y_{i}"], int(arrays[f"first_{i}"]))
                    for i in clips
                }
    followed = progress.follow(clips.items(), "preparing sequences", len(clips), "clip")
    made = {i: targets.training_clip(clip, FEATURE_RATE) for i, clip in followed}
    arrays = {"key": np.array(key)}
    for i, clip in made.items():
        arrays[f"x_{i}"], arrays[f"y_{i}"] = np.asarray(clip.features), clip.targets
        arrays[f"first_{i}"] = np.array(clip.first)
    with replacing(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **sealed(arrays))  # type: ignore[arg-type]
    return made


def _other_sounds(
    workspace: Workspace,
    config: TrainingConfig,
    clips: dict[str, Clip],
    training: Sequence[str],
    progress: Progress,
) -> Iterator[tuple[str, list[NDArray[np.floating] | StoredRows]]]:
    """Give each training clip's features in other voices, with noise, several times."""
    changes = config.augmentation
    sounds = {i: read_sound(workspace, clips[i]) for i in training}
    voices = list(sounds.values())
    for i in progress.follow(training, "varying sound", len(training), "clip"):
        number = int.from_bytes(hashlib.sha256(i.encode()).digest()[:4], "big")
        rng = np.random.default_rng([config.seed, 3, number])
        made: list[NDArray[np.floating] | StoredRows] = []
        for _ in range(SOUND_VERSIONS):
            sound, kind = sounds[i], NOISES[rng.integers(len(NOISES))]
            quiet, voice = rng.uniform(0, 1), 1 + changes.voice * rng.uniform(-1, 1)
            if changes.noise_snr is not None:
                snr = changes.noise_snr + quiet * (QUIETEST_NOISE - changes.noise_snr)
                sound = mix_noise(sound, kind, snr, rng, voices)
            made.append(features_of_voice(sound, voice))
        yield i, made
