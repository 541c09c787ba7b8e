"""One training of a pass: its corpus, split, targets, network, and scales."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from .._typing import F32, F64
from ..config import Config, TrainingConfig
from ..errors import Audio2VideoError, BadFileError, OptionError
from ..face.layout import mouth_opening
from ..mouth.architecture import DILATIONS, Architecture
from ..mouth.basis import ShapeBasis
from ..mouth.predictor import Predictor
from ..mouth.readout import MOMENTS, Readout
from ..mouth.resampling import at_times
from ..progress import Progress
from ..speech.encoder import MFCC, EncoderNote
from ..storage.files import content_key, file_hash, read_json, write_json
from ..storage.workspace import Workspace
from .beginning import find_beginning, read_beginning
from .corpus import (
    Clip,
    ShapeStatistics,
    feature_kind,
    read_clip,
    read_corpora,
    read_index,
    read_statistics,
)
from .data import Prepared, TrainingData, fingerprint, limited
from .encoding import EncodedCorpus, corpus_encoder
from .lags import RATE as LAG_RATE
from .lags import SpeakerLag, corrections, cross_fitted
from .losses import lip_loss, squared_error
from .sequences import Origin
from .shape_targets import USUAL_SPREAD, ShapeTargets, balanced_basis, speaker_ranges
from .speaker_codes import SpeakerCodes
from .split import find_split
from .trainer import Normalisation, Trainer

FORMAT = 4

WELL_KNOWN_SECONDS = 300.0
"""The closed mouth of a speaker who is seen for so long is well known."""

MEAN_WEIGHT = 0.1
"""How much a clip's mean error counts where it is not."""

FOLD_SHARE = 0.6
"""Epochs of the networks that lags are found with, as a share of all: they need not be as good."""

NOT_OF_LAGS = ("seed", "readout", "speaker_code")
"""Options that the networks that find lags do not depend on."""

HALF_RATE_DILATIONS = (1, 2, 4, 8)
"""Of convolutions over an encoder's states at 50 Hz: they reach as far as `DILATIONS` do."""


@dataclass(frozen=True)
class Session:
    """What stays the same through the training of a pass.

    Parameters
    ----------
    folder : Path
        Of the pass.
    config : Config
    progress : Progress
    prepared : Prepared
        Clips and their features.
    statistics : ShapeStatistics
    corpora : dict of str to str
        Of each clip.
    split : dict
        Lists of clips under 'training', 'validation' and 'test'.
    identity : dict
        All that the pass depends on.
    features : str
        See `audio2video.training.corpus.feature_kind`.
    encoder : EncoderNote
    beginning : Predictor or None
        Network that training starts from.
    """

    folder: Path
    config: Config
    progress: Progress
    prepared: Prepared
    statistics: ShapeStatistics
    corpora: dict[str, str]
    split: dict[str, list[str]]
    identity: dict[str, Any]
    features: str
    encoder: EncoderNote
    beginning: Predictor | None

    @classmethod
    def open(cls, workspace: Workspace, config: Config, progress: Progress) -> Session:
        """Read the corpus and all that the pass depends on.

        Raises
        ------
        Audio2VideoError
            There is no corpus, it is too small, the pass to start from does not fit it, or options
            do not go together.
        """
        _check_readout(config.training)
        _check_codes(config.training)
        ids = read_index(workspace)
        clips = {clip_id: read_clip(workspace, clip_id) for clip_id in ids}
        corpora = read_corpora(workspace)
        training = config.training
        split = find_split(clips, corpora, training)
        if not split["training"] or not split["validation"]:
            raise Audio2VideoError(
                f"{len({clip.recording for clip in clips.values()})} prepared recording(s) are too "
                "few to train on",
                path=workspace.root / "raw",
                hint="step 0 needs a corpus of at least 3 usable recordings",
            )
        split = limited(split, clips, training.train_minutes, training.seed)
        statistics = read_statistics(workspace)
        kind = feature_kind(workspace)
        encoder = corpus_encoder(training.encoder, training.augmentation.sound_versions)
        note = MFCC if encoder is None else encoder.note
        before = find_beginning(workspace, training)
        beginning = None if before is None else read_beginning(before, training, note, kind)
        identity = {
            "format": FORMAT,
            "options": training.flags(),
            "data": fingerprint(clips.values(), statistics, corpora),
            "encoder": note.sha256,
            "init_from": None if before is None else file_hash(before),
        }
        folder = workspace.training_pass(config.inputs.pass_id)
        workspace.inside("train", config.inputs.pass_id, "graph")
        seconds: dict[str, float] = defaultdict(float)
        for clip in clips.values():
            seconds[clip.speaker] += float(len(clip.mouth) / clip.rate)
        origins = {
            i: Origin(
                corpora.get(i, ""),
                clip.speaker,
                1.0 if seconds[clip.speaker] >= WELL_KNOWN_SECONDS else MEAN_WEIGHT,
            )
            for i, clip in clips.items()
        }
        encoded = None if encoder is None else EncodedCorpus(workspace, encoder)
        return cls(
            folder,
            config,
            progress,
            Prepared(workspace, config, clips, origins, encoded, note.rate),
            statistics,
            corpora,
            split,
            identity,
            kind,
            note,
            beginning,
        )

    @property
    def clips(self) -> dict[str, Clip]:
        """All clips, as the corpus has them."""
        return self.prepared.clips

    def targets(self) -> ShapeTargets:
        """Find what the network is to say: its basis, the speakers' ranges and lags."""
        training, statistics = self.config.training, self.statistics
        ranged = training.equal_range or (
            self.beginning is not None and self.beginning.spread is not None
        )
        ranges = speaker_ranges(self.clips.values(), statistics) if ranged else {}
        targets = ShapeTargets(statistics, statistics.basis, ranges)
        if self.beginning is not None:
            targets = replace(targets, basis=self.beginning.basis)
        elif training.equal_range:
            own = [self.clips[i] for i in self.split["training"]]
            targets = replace(targets, basis=balanced_basis(own, targets, self.corpora))
        return replace(targets, lags=corrections(self.lags(targets)))

    def data(self, targets: ShapeTargets, training: list[str] | None = None) -> TrainingData:
        """Training data, of all training clips or some."""
        split = self.split if training is None else {**self.split, "training": training}
        return self.prepared.data(targets, split, self.progress, self._scales())

    def trainer(self, data: TrainingData, basis: ShapeBasis) -> Trainer:
        """Set up a network to train; it hears the speakers' codes too."""
        training, beginning = self.config.training, self.beginning
        form, initial = self.architecture(data), None
        if beginning is not None:
            members = (beginning.weights, *beginning.others)
            initial = data.codes.hearing(form, members[training.seed % len(members)])
        scale = data.normalisation.target_std
        loss_of = (
            squared_error
            if training.loss == "mse"
            else lambda tf: lip_loss(tf, basis, np.asarray(scale, np.float64))
        )
        threads = self.config.machine.nthreads
        return Trainer(data.codes.widened(form), training, threads, loss_of, initial)

    def architecture(self, data: TrainingData) -> Architecture:
        """Form of the network that the pass is to have."""
        if self.beginning is not None:
            return self.beginning.architecture
        inputs, outputs = len(data.normalisation.feature_mean), len(data.normalisation.target_mean)
        network = self.config.training.network
        dilations = DILATIONS if self.encoder.rate == MFCC.rate else HALF_RATE_DILATIONS
        return Architecture(
            network.network, inputs, outputs, network.dim_hidden, network.nlayers, dilations
        )

    def predictor(
        self,
        data: TrainingData,
        targets: ShapeTargets,
        weights: Mapping[str, F32],
        gain: float = 1.0,
        readout: Readout | None = None,
    ) -> Predictor:
        """Assemble the trained network with its scales, basis and reference.

        Parameters
        ----------
        weights : mapping of str to ndarray of float32
            As trained.
        gain : float
            Factor on the motion that the network predicts.
        readout : Readout, optional
            To stand beside it.
        """
        scales, basis = data.normalisation, targets.basis
        form = self.architecture(data)
        return Predictor(
            form,
            data.codes.deaf(form, weights),
            scales.feature_mean,
            scales.feature_std,
            np.asarray(scales.target_mean * gain, np.float32),
            np.asarray(scales.target_std * gain, np.float32),
            self.config.training.delay,
            replace(basis, mean=basis.mean * gain),
            self.statistics.references[self._main_speaker()],
            self.features,
            self.encoder,
            spread=USUAL_SPREAD if targets.ranges else None,
            readout=readout,
        )

    def _scales(self) -> Normalisation | None:
        """Scales of the pass that training starts from."""
        beginning = self.beginning
        if beginning is None:
            return None
        return Normalisation(
            beginning.feature_mean,
            beginning.feature_std,
            beginning.target_mean,
            beginning.target_std,
        )

    def lags(self, targets: ShapeTargets) -> dict[str, SpeakerLag]:
        """Find the lags of training speakers, or read them if another seed's pass found them.

        None are found without ``--correct_lags``.
        """
        if not self.config.training.correct_lags:
            return {}
        options = {k: v for k, v in self.identity["options"].items() if k not in NOT_OF_LAGS}
        key = content_key({**self.identity, "options": options, "split": self.split})
        path = self.prepared.workspace.lags(key)
        if path.is_file():
            with suppress(BadFileError, KeyError, TypeError):
                known = read_json(path)["speakers"]
                return {speaker: SpeakerLag(**found) for speaker, found in known.items()}
        own: dict[str, list[str]] = defaultdict(list)
        for i in self.split["training"]:
            own[self.clips[i].speaker].append(i)
        speakers = {speaker: self.corpora.get(ids[0], "") for speaker, ids in own.items()}
        found = cross_fitted(speakers, own, lambda ids: self._openings(targets, ids))
        write_json(path, {"speakers": {speaker: lag.as_dict() for speaker, lag in found.items()}})
        poor = sorted(speaker for speaker, lag in found.items() if not lag.fits)
        if poor:
            self.progress.warn(
                f"lips and sound of {len(poor)} speaker(s) hardly agree: {', '.join(poor)} "
                f"(see {path.name}); they are trained on all the same"
            )
        return found

    def _openings(self, targets: ShapeTargets, ids: list[str]) -> Callable[[str], tuple[F64, F64]]:
        """Train on some clips; give predicted and true opening of any other one."""
        config = self.config.training
        # These networks are for people whom they don't know, and half-trained: nobody is named.
        data = replace(self.data(targets, ids), codes=SpeakerCodes())
        trainer = self.trainer(data, targets.basis)
        epochs = max(1, round(FOLD_SHARE * config.nepochs))
        for epoch in range(epochs):
            for batch in data.epoch(config, epoch):
                trainer.train(batch, config.lr * config.dr**epoch)
            self.progress.update("training to find lags", epoch + 1, epochs, "epoch")
        with trainer.averaged():
            network = self.predictor(data, targets, trainer.weights())

        def openings(clip_id: str) -> tuple[F64, F64]:
            clip = self.prepared.heard(clip_id)
            count = int((len(clip.mouth) - 1) / clip.rate * LAG_RATE) + 1
            times = np.arange(count) / LAG_RATE
            shapes = self.predicted(network, clip, clip.start + times)
            predicted = np.asarray(mouth_opening(shapes), np.float64)
            return predicted, at_times(mouth_opening(targets.shapes(clip)), clip.rate, times)

        return openings

    def predicted(self, network: Predictor, clip: Clip, times: F64) -> F64:
        """Predict shapes at some times on the clock of a clip's features, shape (N, 20, 2)."""
        said = network.basis.decode(network.coefficients(clip.features))
        return at_times(said, Fraction(self.encoder.rate), times)

    def _main_speaker(self) -> str:
        """Whoever is seen most: predicted shapes are given in this speaker's proportions."""
        frames: Counter[str] = Counter()
        for clip in self.clips.values():
            frames[clip.speaker] += len(clip.mouth)
        return frames.most_common(1)[0][0]


def _check_readout(training: TrainingConfig) -> None:
    """Refuse a linear read-out beside a network that does not wait for what it reads.

    Raises
    ------
    OptionError
    """
    if training.readout is not None and training.delay:
        raise OptionError(
            f"--readout hears {max(MOMENTS):g} s ahead of every moment, a network that is "
            f"{training.delay} feature frames late does not",
            hint="give --network conv or bilstm",
        )


def _check_codes(training: TrainingConfig) -> None:
    """Refuse codes of speakers that nothing ever takes away.

    Raises
    ------
    OptionError
    """
    if training.speaker_code is not None and training.input_keep_prob == 1:
        raise OptionError(
            "--speaker_code would always tell the network who speaks, and in use nobody does",
            hint="give --input_keep_prob under 1: it takes the code away at times",
        )
