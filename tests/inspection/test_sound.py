"""What is heard, as figures show it, against plain references."""

from __future__ import annotations

import base64
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from audio2video.inspection.sound import (
    MAX_BINS,
    MAX_COLUMNS,
    Stretch,
    feature_picture,
    frame_levels,
    waveform,
)
from audio2video.speech.features import speech_features

RATE = 16000


def numbers(packed: dict[str, Any]) -> np.ndarray:
    kind = np.dtype(packed["kind"]).newbyteorder("<")
    whole = np.frombuffer(base64.b64decode(packed["data"]), kind).reshape(packed["shape"])
    missing = packed["kind"] == "int16"
    return np.where(missing & (whole == -32768), np.nan, whole * packed["scale"])


def whole(seconds: float) -> list[Stretch]:
    return [Stretch(Fraction(0), Fraction(seconds), Fraction(0))]


def test_a_waveform_reaches_as_far_as_its_samples(rng: np.random.Generator) -> None:
    samples = rng.integers(-20000, 20000, 2 * RATE).astype(np.int16)
    made = waveform(samples, whole(2), 2.0)
    assert made["rate"] == 400
    each = samples.reshape(-1, RATE // 400) / 32767
    assert np.abs(numbers(made["high"]) - each.max(axis=1)).max() <= 0.5 / 127 + 1e-9
    assert np.abs(numbers(made["low"]) - each.min(axis=1)).max() <= 0.5 / 127 + 1e-9


def test_ranges_are_drawn_where_the_result_has_them(rng: np.random.Generator) -> None:
    samples = np.zeros(2 * RATE, np.int16)
    samples[RATE // 2 : RATE] = 16000  # heard at 0.5 to 1 s of the speech
    there = [Stretch(Fraction(3), Fraction(7, 2), Fraction(1, 2))]
    high = numbers(waveform(samples, there, 5.0)["high"])
    at = np.arange(len(high)) / 400
    assert (high[(at >= 3) & (at < 3.5)] > 0.45).all()
    assert (high[(at < 2.99) | (at > 3.51)] == 0).all()
    features = speech_features(rng.standard_normal(2 * RATE).astype(np.float32) * 0.1)
    picture = feature_picture(features, there, 5.0)
    columns = numbers(picture["values"])
    assert columns.shape == (14, 500)
    assert np.isnan(columns[:, :300]).all()
    assert np.isnan(columns[:, 350:]).all()
    scaled = (features[50:100, :14] - picture["mean"]) / picture["deviation"]
    assert np.abs(columns[:, 300:350] - scaled.T).max() < 0.01


def test_long_speech_is_thinned_out() -> None:
    seconds = 3600.0
    samples = np.zeros(int(seconds) * 10, np.int16)  # the rest is past its end
    made = waveform(samples, whole(seconds), seconds)
    assert len(numbers(made["low"])) <= MAX_BINS + 1
    picture = feature_picture(np.zeros((360_001, 28), np.float32), whole(seconds), seconds)
    assert numbers(picture["values"]).shape[1] <= MAX_COLUMNS + 1


def test_levels_are_those_of_a_tone() -> None:
    times = np.arange(3 * RATE) / RATE
    tone = (0.1 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    features = np.zeros((301, 28), np.float32)
    power = np.mean((tone[:RATE] * 32768.0) ** 2)
    features[:, 13] = np.log1p(power)
    levels = frame_levels(features, Fraction(25), 75)
    assert levels == pytest.approx(np.full(75, 20 * np.log10(0.1 / np.sqrt(2))), abs=0.01)
    assert np.isfinite(frame_levels(np.zeros((2, 28), np.float32), Fraction(30000, 1001), 50)).all()
