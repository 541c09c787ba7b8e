"""Train one network: ``python -m tools.train_talkers.train WORK RUN``.

With ``--fold 0`` or ``--fold 1`` half of the training speakers are kept out, and their lags between
sound and picture are found with the network and written beside the run. Give both files to
``--lags`` of the final trainings.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from audio2video._typing import F32, F64
from audio2video.face.layout import mouth_opening
from audio2video.mouth.metrics import correlation, find_lag, opening_at_100hz, width_change

from .corpus import SPLIT, STATE_RATE, Clip, Features, between, load_corpus

SPREAD = 0.08
"""Standard deviation of the opening to which all speakers are brought, in closed-mouth widths."""

LEAST_SPREAD = 0.025
"""A speaker who hardly moves the lips is not enlarged by more than `SPREAD` over this."""

COEFFICIENTS = 20
LEAST_STATES = 21

MAX_LAG, LEAST_MARGIN, LEAST_FIT = 0.2, 0.15, 0.45
"""A lag counts if it is within so many seconds, if the correlation there is over that at all lags
further than `AWAY` by the margin, and itself at least so large."""

REACH, AWAY = 20, 6
"""States: lags that are tried, and how far another peak is."""

LIP_PAIRS = ((13, 19), (14, 18), (15, 17))
"""Points of the inner lips over each other, among the 20 of the mouth."""

CORNERS = (0, 6)


@dataclass(frozen=True)
class Recipe:
    """Everything that the result depends on, besides the data.

    Parameters
    ----------
    seed, steps : int
    channels, blocks : int
        Size of the network; the distances between the taps of the blocks are 1, 2, 4, 8, 1, 2...
    crop : int
        States of a training example.
    learning_rate, weight_decay : float
    dropout, input_dropout, input_noise : float
        The noise is in standard deviations of the features.
    average : float
        Decay of the running average of weights, which is what is kept.
    huber : float
        Errors of coefficients over this, in units of four usual spreads, count linearly.
    mean_weight : float
        Share that a clip's mean error keeps in the loss in groups of short clips, whose closed
        mouths are badly known.
    opening, opening_fit, opening_speed, width, width_fit : float
        Weights of losses: error of the opening, one minus its concordance per clip, error of its
        change over 60 ms; the same of the width.
    """

    seed: int = 0
    steps: int = 260
    channels: int = 128
    blocks: int = 6
    crop: int = 120
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    dropout: float = 0.35
    input_dropout: float = 0.3
    input_noise: float = 0.2
    average: float = 0.99
    huber: float = 0.6
    mean_weight: float = 0.1
    opening: float = 0.3
    opening_fit: float = 0.5
    opening_speed: float = 0.3
    width: float = 0.1
    width_fit: float = 0.2


def opening_weights() -> F64:
    """Weights of the 40 coordinates that give the opening."""
    found = np.zeros((20, 2))
    for upper, lower in LIP_PAIRS:
        found[lower, 1] += 1 / len(LIP_PAIRS)
        found[upper, 1] -= 1 / len(LIP_PAIRS)
    return found.ravel()


def width_weights() -> F64:
    """Weights of the 40 coordinates that give the change of width."""
    found = np.zeros((20, 2))
    found[CORNERS[0], 0], found[CORNERS[1], 0] = -1, 1
    return found.ravel()


class Network(nn.Module):  # type: ignore[misc]
    """Residual blocks of dilated convolutions, each mixed in by a matrix that starts at zero."""

    def __init__(self, inputs: int, recipe: Recipe) -> None:
        super().__init__()
        size = recipe.channels
        self.input_dropout = nn.Dropout(recipe.input_dropout)
        self.dropout = nn.Dropout(recipe.dropout)
        self.into = nn.Linear(inputs, size)
        self.taps, self.mixes = nn.ModuleList(), nn.ModuleList()
        for block in range(recipe.blocks):
            distance = dilation(block)
            self.taps.append(nn.Conv1d(size, size, 3, dilation=distance, padding=distance))
            mix = nn.Conv1d(size, size, 1, bias=False)
            nn.init.zeros_(mix.weight)
            self.mixes.append(mix)
        self.out = nn.Linear(size, COEFFICIENTS)
        nn.init.normal_(self.out.weight, 0, 0.02)

    def forward(self, x: torch.Tensor, mask: torch.Tensor | None = None) -> torch.Tensor:
        """Map features (B, T, D) to coefficients (B, T, K); the mask (B, T) is 0 beyond clips."""
        x = functional.relu(self.into(self.input_dropout(x))).transpose(1, 2)
        inside = 1.0 if mask is None else mask[:, None]
        x = x * inside
        for taps, mix in zip(self.taps, self.mixes, strict=True):
            x = (x + mix(self.dropout(functional.relu(taps(x))))) * inside
        return self.out(x.transpose(1, 2))


def dilation(block: int) -> int:
    """Distance between the taps of a block."""
    return (1, 2, 4, 8)[block % 4]


@dataclass(frozen=True)
class Example:
    """A clip at 50 Hz.

    Parameters
    ----------
    clip : Clip
    values : ndarray, shape (N, ...)
        Flat shapes, later coefficients.
    start : int
        Feature frame of the first one.
    """

    clip: Clip
    values: NDArray[np.floating]
    start: int


def example(clip: Clip, lag: float, states: int) -> Example:
    """Bring a clip's shapes to the times of the encoder's states and to the usual spread.

    Parameters
    ----------
    clip : Clip
    lag : float
        Seconds by which the sound comes late; negative if it is early.
    states : int
        States there are.
    """
    flat = clip.shapes.reshape(-1, 40).astype(np.float64) * (
        SPREAD / max(clip.spread, LEAST_SPREAD)
    )
    begin = clip.first / float(clip.rate) + lag
    end = begin + (len(flat) - 1) / float(clip.rate)
    first = max(int(np.ceil(begin * STATE_RATE - 1e-6)), 0)
    last = min(int(np.floor(end * STATE_RATE + 1e-6)), states - 1)
    times = np.arange(first, last + 1) / STATE_RATE
    return Example(clip, between(flat, (times - begin) * float(clip.rate)), first)


@dataclass(frozen=True)
class Basis:
    """Mean and components of training shapes, each group counting alike."""

    mean: F64
    components: F64

    @classmethod
    def fit(cls, examples: list[Example]) -> Basis:
        """Fit it to flat shapes."""
        groups: dict[str, list[F64]] = defaultdict(list)
        for item in examples:
            groups[item.clip.group].append(np.asarray(item.values, np.float64))
        covariance, mean = np.zeros((40, 40)), np.zeros(40)
        for clips in groups.values():
            inside = np.concatenate([clip - clip.mean(axis=0) for clip in clips])
            covariance += inside.T @ inside / len(inside) / len(groups)
            mean += np.concatenate(clips).mean(axis=0) / len(groups)
        vectors = np.linalg.eigh(covariance)[1]
        return cls(mean, np.ascontiguousarray(vectors[:, ::-1][:, :COEFFICIENTS].T))

    def encode(self, flat: NDArray[np.floating]) -> F32:
        """Flat shapes to coefficients in usual spreads."""
        return np.asarray((flat - self.mean) @ self.components.T / SPREAD, np.float32)


class Batches:
    """Draws training examples: groups by fixed numbers, speakers by the root of their seconds."""

    def __init__(
        self,
        examples: list[Example],
        features: list[Features],
        scales: tuple[F32, F32],
        mix: dict[str, int],
        long_groups: list[str],
        recipe: Recipe,
    ) -> None:
        self.features, self.scales, self.mix, self.recipe = features, scales, mix, recipe
        self.long_groups = long_groups
        self.rng = np.random.default_rng(recipe.seed)
        self.speakers: dict[str, list[list[Example]]] = {}
        self.chances: dict[str, F64] = {}
        for group in mix:
            of: dict[str, list[Example]] = defaultdict(list)
            for item in examples:
                if item.clip.group == group:
                    of[item.clip.speaker].append(item)
            if not of:
                raise SystemExit(f"no training clips of group '{group}'")
            self.speakers[group] = [of[speaker] for speaker in sorted(of)]
            weight = np.sqrt([sum(len(e.values) for e in es) for es in self.speakers[group]])
            self.chances[group] = weight / weight.sum()

    def draw(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Draw features, coefficients, the mask, and how much mean errors count."""
        rows = [self._one(group) for group, count in self.mix.items() for _ in range(count)]
        x, y, mask, weight = (torch.from_numpy(np.stack(part)) for part in zip(*rows, strict=True))
        return x, y, mask, weight

    def _one(self, group: str) -> tuple[F32, F32, F32, NDArray[np.float32]]:
        rng, length = self.rng, self.recipe.crop
        of = self.speakers[group][rng.choice(len(self.chances[group]), p=self.chances[group])]
        lengths = np.array([len(item.values) for item in of], np.float64)
        item = of[rng.choice(len(of), p=lengths / lengths.sum())]
        heard = self.features[rng.integers(len(self.features))]
        if item.clip.recording not in heard:
            heard = self.features[0]
        begin = int(rng.integers(0, max(len(item.values) - length, 0) + 1))
        values = item.values[begin : begin + length]
        first = item.start + begin
        states = heard[item.clip.recording][first : first + len(values)].astype(np.float32)
        mean, deviation = self.scales
        x = np.zeros((length, states.shape[1]), np.float32)
        y = np.zeros((length, COEFFICIENTS), np.float32)
        mask = np.zeros(length, np.float32)
        x[: len(states)] = (states - mean) / deviation
        y[: len(values)], mask[: len(values)] = values, 1
        kept = 1.0 if group in self.long_groups else self.recipe.mean_weight
        return x, y, mask, np.array(kept, np.float32)


class Loss:
    """Robust error of coefficients, and errors of opening and width over time.

    Coefficients are in usual spreads; opening and width are divided by `SPREAD` once more, so that
    nearly all of their errors count linearly.
    """

    def __init__(self, basis: Basis, recipe: Recipe) -> None:
        self.recipe = recipe
        self.opening, self.width = (
            torch.tensor(basis.components @ weights / SPREAD, dtype=torch.float32)
            for weights in (opening_weights(), width_weights())
        )

    def __call__(
        self, found: torch.Tensor, true: torch.Tensor, mask: torch.Tensor, kept: torch.Tensor
    ) -> torch.Tensor:
        """Compute it; ``kept`` (B,) is the share of each clip's mean error that counts."""
        r = self.recipe
        states = mask.sum()
        error = _without_mean(found - true, mask[..., None], kept[:, None, None])
        total = _huber(error, r.huber).sum() / states / 4
        for weights, plain, fit in (
            (self.opening, r.opening, r.opening_fit),
            (self.width, r.width, r.width_fit),
        ):
            a, b = found @ weights, true @ weights
            total = (
                total + plain * _huber(_without_mean(a - b, mask, kept[:, None]), 1).sum() / states
            )
            total = total + fit * (1 - _concordance(a, b, mask)).mean()
        speed = (found - true) @ self.opening
        change = (speed[:, 3:] - speed[:, :-3]) * mask[:, 3:]
        return total + r.opening_speed * _huber(change, 0.7).sum() / states


def _huber(error: torch.Tensor, bend: float) -> torch.Tensor:
    size = error.abs()
    return torch.where(size < bend, error**2 / 2, bend * (size - bend / 2)) / bend


def _without_mean(
    error: torch.Tensor, mask: torch.Tensor, kept: torch.Tensor | float
) -> torch.Tensor:
    mean = (error * mask).sum(1, keepdim=True) / mask.sum(1, keepdim=True).clamp(min=1)
    return (error - (1 - kept) * mean) * mask


def _concordance(a: torch.Tensor, b: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Concordance of two series about their means; a constant keeps still clips from noise."""
    count = mask.sum(1).clamp(min=1)
    a, b = _without_mean(a, mask, 0.0), _without_mean(b, mask, 0.0)
    variances = ((a**2).sum(1) + (b**2).sum(1)) / count
    return 2 * (a * b).sum(1) / count / (variances + 0.05)


@dataclass(frozen=True)
class Result:
    """A trained network with its scales and basis."""

    network: Network
    mean: F32
    deviation: F32
    basis: Basis

    def shapes(self, clip: Clip, states: NDArray[np.floating]) -> F64:
        """Predict the shapes at the clip's frames, (T, 20, 2), at the usual spread."""
        x = (np.asarray(states, np.float32) - self.mean) / self.deviation
        with torch.no_grad():
            found = self.network(torch.from_numpy(x)[None])[0].numpy()
        flat = found * SPREAD @ self.basis.components + self.basis.mean
        frames = clip.first + np.arange(len(clip.shapes))
        at_frames = between(flat, frames / float(clip.rate) * STATE_RATE)
        return np.asarray(at_frames, np.float64).reshape(-1, 20, 2)


def train(
    examples: list[Example],
    features: list[Features],
    mix: dict[str, int],
    long_groups: list[str],
    recipe: Recipe,
) -> Result:
    """Train a network on flat shapes."""
    torch.manual_seed(recipe.seed)
    basis = Basis.fit(examples)
    coded = [Example(e.clip, basis.encode(e.values), e.start) for e in examples]
    order = np.random.default_rng(recipe.seed).permutation(len(coded))[:300]
    some = np.concatenate([features[0][coded[k].clip.recording] for k in order])
    some = some.astype(np.float32)
    mean, deviation = some.mean(axis=0), some.std(axis=0) + np.float32(1e-3)
    batches = Batches(coded, features, (mean, deviation), mix, long_groups, recipe)
    network, loss = Network(len(mean), recipe), Loss(basis, recipe)
    optimiser = torch.optim.AdamW(
        network.parameters(),
        lr=recipe.learning_rate,
        weight_decay=recipe.weight_decay,
        betas=(0.9, 0.98),
    )
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    network.train()
    for step in range(recipe.steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, recipe)
        x, y, mask, kept = batches.draw()
        error = loss(network(x + recipe.input_noise * torch.randn_like(x), mask), y, mask, kept)
        optimiser.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        decay = min(recipe.average, (step + 1) / (step + 10))
        with torch.no_grad():
            for name, value in network.state_dict().items():
                average[name].mul_(decay).add_(value, alpha=1 - decay)
        if step % 20 == 19:
            print(f"step {step + 1}: {error.item():.3f}", flush=True)
    network.load_state_dict(average)
    network.eval()
    return Result(network, mean, deviation, basis)


def learning_rate(step: int, recipe: Recipe, warm: int = 40) -> float:
    """Rise over the first steps, then fall by a cosine."""
    fall = np.pi * max(step - warm, 0) / max(recipe.steps - warm, 1)
    rate = recipe.learning_rate * min(1.0, (step + 1) / warm) * (0.5 + 0.5 * np.cos(fall))
    return float(max(rate, 1e-5))


def find_lags(result: Result, clips: list[Clip], features: Features) -> dict[str, dict[str, float]]:
    """Find each speaker's lag: where the opening fits best over all clips together."""
    lags = range(-REACH, REACH + 1)
    speakers: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        speakers[clip.speaker].append(clip)
    found = {}
    for speaker, of in sorted(speakers.items()):
        products, scales = np.zeros(len(lags)), np.full(len(lags), 1e-9)
        for clip in of:
            predicted, true = (
                np.asarray(opening_at_100hz(shapes, clip.rate))[::2]
                for shapes in (result.shapes(clip, features[clip.recording]), clip.shapes)
            )
            for k, lag in enumerate(lags):
                a = predicted[max(lag, 0) : len(predicted) + min(lag, 0)]
                b = true[max(-lag, 0) : len(true) + min(-lag, 0)]
                if len(a) < 15:
                    continue
                a, b = a - a.mean(), b - b.mean()
                products[k] += (a * b).sum()
                scales[k] += np.sqrt((a * a).sum() * (b * b).sum())
        fit = products / scales
        peak, offset = int(fit.argmax()), 0.0
        if 0 < peak < len(fit) - 1:
            before, at, after = fit[peak - 1 : peak + 2]
            bend = before - 2 * at + after
            offset = 0.5 * (before - after) / bend if bend < 0 else 0.0
        away = np.abs(np.arange(len(fit)) - peak) > AWAY
        found[speaker] = {
            "lag": float((peak - REACH + offset) / STATE_RATE),
            "fit": float(fit[peak]),
            "fit_at_0": float(fit[REACH]),
            "margin": float(fit[peak] - fit[away].max()),
        }
    return found


def clear_lags(files: list[Path]) -> dict[str, float]:
    """Read lags and keep those that are clear (see `MAX_LAG`)."""
    kept = {}
    for path in files:
        for speaker, found in json.loads(path.read_text(encoding="utf-8")).items():
            if (
                abs(found["lag"]) <= MAX_LAG
                and found["margin"] >= LEAST_MARGIN
                and found["fit"] >= LEAST_FIT
            ):
                kept[speaker] = float(found["lag"])
    return kept


def folds(clips: list[Clip], whole: list[str]) -> dict[str, int]:
    """Put every other training speaker of each group in another fold; some groups stay whole."""
    speakers: dict[str, set[str]] = defaultdict(set)
    for clip in clips:
        if clip.part == "training" and clip.group not in whole:
            speakers[clip.group].add(clip.speaker)
    return {s: k % 2 for of in speakers.values() for k, s in enumerate(sorted(of))}


def report(result: Result, clips: list[Clip], features: Features, most: int = 60) -> None:
    """Print how well the validation clips are predicted, group by group."""
    groups: dict[str, list[Clip]] = defaultdict(list)
    for clip in clips:
        if clip.part == "validation" and clip.name == clip.recording:
            groups[clip.group].append(clip)
    for group, of in groups.items():
        rows = []
        for clip in of[:: max(len(of) // most, 1)][:most]:
            found = result.shapes(clip, features[clip.recording])
            openings = [opening_at_100hz(shapes, clip.rate) for shapes in (found, clip.shapes)]
            rows.append(
                (
                    correlation(mouth_opening(found), mouth_opening(clip.shapes)),
                    find_lag(*openings)[1],
                    correlation(width_change(found), width_change(clip.shapes)),
                )
            )
        opening, at_lag, width = np.mean(rows, axis=0)
        print(
            f"{group} ({len(rows)}): opening {opening:.3f}, at each clip's lag {at_lag:.3f}, "
            f"width {width:.3f}"
        )


def main() -> None:
    """Train, report on the validation clips, and write ``WORK/runs/RUN.pt``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("work", type=Path)
    parser.add_argument("run")
    parser.add_argument("--features", default="clean")
    parser.add_argument("--augmented", nargs="*", default=["augmented1", "augmented2"])
    parser.add_argument(
        "--mix", nargs="+", default=["en=10", "ar=10", "grid=6"], help="clips a step of each group"
    )
    parser.add_argument(
        "--long_groups", nargs="*", default=["grid"], help="whose closed mouths are well known"
    )
    parser.add_argument("--fold", type=int, choices=(0, 1), help="keep this half of people out")
    parser.add_argument("--lags", nargs="*", type=Path, default=[], help="files of both folds")
    parser.add_argument("--split", type=Path, default=SPLIT)
    parser.add_argument("--threads", type=int, default=1)
    for field in fields(Recipe):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    recipe = Recipe(**{field.name: getattr(given, field.name) for field in fields(Recipe)})
    mix = {group: int(n) for group, n in (pair.split("=") for pair in given.mix)}
    clips = load_corpus(given.work, given.split)
    features = [Features(given.work, name) for name in (given.features, *given.augmented)]
    lags, half = clear_lags(given.lags), folds(clips, given.long_groups)
    examples = []
    for clip in clips:
        out = given.fold is not None and half.get(clip.speaker) == given.fold
        if clip.part == "training" and clip.group in mix and not out:
            states = len(features[0][clip.recording])
            examples.append(example(clip, lags.get(clip.speaker, 0.0), states))
    examples = [item for item in examples if len(item.values) >= LEAST_STATES]
    print(f"{len(examples)} training clips, lags of {len(lags)} speakers", flush=True)
    start = time.monotonic()
    result = train(examples, features, mix, given.long_groups, recipe)
    print(f"{time.monotonic() - start:.0f} s")
    report(result, clips, features[0])
    folder = given.work / "runs"
    folder.mkdir(exist_ok=True)
    if given.fold is not None:
        left = [c for c in clips if half.get(c.speaker) == given.fold]
        found = find_lags(result, left, features[0])
        text = json.dumps(found, indent=1)
        (folder / f"{given.run}.lags.json").write_text(text, encoding="utf-8")
    torch.save(
        {
            "state": result.network.state_dict(),
            "recipe": asdict(recipe),
            "mean": torch.from_numpy(result.mean),
            "deviation": torch.from_numpy(result.deviation),
            "basis_mean": torch.from_numpy(result.basis.mean),
            "basis_components": torch.from_numpy(result.basis.components),
            "encoder_sha256": features[0].encoder_sha256,
            "layers": features[0].layers,
        },
        folder / f"{given.run}.pt",
    )


if __name__ == "__main__":
    main()
