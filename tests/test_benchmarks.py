"""The benchmarks: a small run leaves what it should, and says that kernels equal their twins.

On many more inputs, test_texture_median.py and test_timing_retiming.py hold them to each other.
"""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.__main__ import main
from benchmarks.measure import Measurement
from benchmarks.report import as_table
from benchmarks.scene import Scale

TINY = Scale(frames=30, size=256, speech_seconds=1.0, repetitions=2, runs=1)


def test_a_small_run_leaves_json_and_plot(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stages = ["median", "retiming", "analysis", "composite", "encoding"]
    assert main(["--results", str(tmp_path), "--stages", *stages], TINY) == 0
    (file,) = tmp_path.glob("*.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    assert set(content) == {"date", "audio2video", "machine", "scale", "stages"}
    assert content["scale"] == vars(TINY)
    assert content["machine"]["libraries"]["numpy"] == np.__version__
    names = [stage["name"] for stage in content["stages"]]
    assert names == [
        "weighted median",
        "weighted median, one thread",
        "weighted median, nothing moved",
        "retiming",
        "target analysis",
        "compositing",
        "encoding",
    ]
    for stage in content["stages"]:
        assert len(stage["seconds"]) == TINY.repetitions
        assert min(stage["seconds"]) <= stage["median_seconds"] <= max(stage["seconds"])
        assert stage["per_second"] == pytest.approx(stage["count"] / stage["median_seconds"])
        has_twin = "median" in stage["name"] or stage["name"] == "retiming"
        assert stage["equal"] is (True if has_twin else None)
        assert (stage["times_plain"] is not None) == has_twin
    assert cv2.imread(str(file.with_suffix(".png"))) is not None
    printed = capsys.readouterr().out
    assert all(name in printed for name in names)


def test_a_twin_that_disagrees_is_shown_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Measurement("some kernel", "frame", 10, [2.0, 1.0, 4.0], [8.0], equal=False)
    monkeypatch.setattr("benchmarks.__main__.STAGES", {"wrong": lambda scene: [wrong]})
    monkeypatch.setattr("benchmarks.__main__.make_scene", lambda folder, scale: None)
    assert main(["--results", str(tmp_path)], TINY) == 1
    line = next(li for li in capsys.readouterr().out.splitlines() if li.startswith("some kernel"))
    assert " ".join(line.split()) == (
        "some kernel 2.0000 s 1.0000 s 4.0000 s 5.0 frames/s 4.0 x NO"
    )


def test_pipelines_are_given_in_multiples_of_real_time() -> None:
    row = as_table([Measurement("pipeline", "second of video", 4.0, [10.0])]).splitlines()[1]
    assert "2.50 s a second of video" in row
