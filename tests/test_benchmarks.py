"""The benchmarks: a small run leaves what it should, and twins that agree are told from others.

On many more inputs, test_texture_median.py and test_timing_path.py hold the kernels to their twins.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from audio2video.media.video import VideoReader
from benchmarks import pipeline, plain_media, plain_texture, scene
from benchmarks.__main__ import main
from benchmarks.growth import Curve, exponent
from benchmarks.measure import Limit, Measurement, alike, close, same
from benchmarks.pipeline import run_command
from benchmarks.report import as_json, write
from benchmarks.scene import QUICK, Scale, Scene, make_scene, paint
from benchmarks.stages import STAGES
from benchmarks.tables import as_tables, markdown, number

TINY = Scale(
    frames=40,
    size=256,
    large_frames=0,
    speech_seconds=1.0,
    repetitions=1,
    runs=1,
    lengths=(1.0, 1.5),
    galleries=(400, 800),
    path=(120, 300),
)
IN_PROCESS = [name for name in STAGES if name not in ("pipeline", "growth")]


@pytest.mark.slow
def test_a_small_run_leaves_json_tables_and_plots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--results", str(tmp_path), "--stages", *IN_PROCESS], TINY) == 0
    (file,) = tmp_path.glob("*.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    assert content["scale"]["frames"] == TINY.frames
    assert content["machine"]["libraries"]["numpy"] == np.__version__
    names = [stage["name"] for stage in content["stages"]]
    assert names == [
        "start-up, --help",
        "step 1, features",
        "step 1, forward pass",
        "step 1, all",
        "target analysis, 256x256",
        "candidate choice, 400 frames",
        "candidate choice, 800 frames",
        "weighted median",
        "weighted median, one thread",
        "weighted median, nothing moved, 1 thread",
        "weighted median, nothing moved, 2 threads",
        "whole texture",
        "whole texture, one thread",
        "retiming, 25 x 40",
        "retiming, long, 120 x 300",
        "compositing",
        "half-way frame",
        "reading, forwards",
        "reading, to and fro",
        "encoding",
    ]
    without_twin = {"start-up, --help", "step 1, all"}
    not_comparable = {"target analysis, 256x256", "encoding"}
    for stage in content["stages"]:
        name, found = stage["name"], stage["medians"]
        assert len(stage["seconds"]) == TINY.repetitions
        assert len(stage["cpu_seconds"]) == TINY.repetitions
        assert found["per_second"] == pytest.approx(1 / found["seconds"])
        assert ("times_plain" in found) == (name not in without_twin)
        expected = None if name in without_twin | not_comparable else True
        assert stage["equal"] is expected, (name, stage["agreement"])
    median = content["stages"][names.index("weighted median, nothing moved, 1 thread")]
    assert median["facts"]["times_read_once"] == pytest.approx(
        median["medians"]["seconds"] / median["facts"]["read_once_seconds"]
    )
    assert [curve["sizes"] for curve in content["curves"]] == [[400, 800]] * 2
    for picture in (file.with_suffix(".png"), tmp_path / f"{file.stem}-growth.png"):
        assert cv2.imread(str(picture)) is not None
    printed = capsys.readouterr().out
    assert all(f"| {name} " in printed for name in names)
    table = file.with_suffix(".md").read_text(encoding="utf-8")
    assert table in printed
    assert main(["--table", str(file)]) == 0
    assert capsys.readouterr().out == table


@pytest.mark.slow
def test_the_pipeline_is_run_in_processes_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "REFERENCE", TINY.lengths[0])
    assert main(["--results", str(tmp_path), "--stages", "pipeline", "growth"], TINY) == 0
    (file,) = tmp_path.glob("*.json")
    content = json.loads(file.read_text(encoding="utf-8"))
    first, new, known = content["stages"]
    assert first["name"] == "pipeline, very first run"
    assert new["name"] == "pipeline, presenter 256x256, new target"
    assert known["name"] == "pipeline, presenter 256x256, known target"
    for stage in (new, known):
        steps = stage["facts"]["steps"]
        assert list(steps) == ["1 lipsync", "2 texture", "3 retiming", "4 composite"]
        assert 0 < sum(steps.values()) < stage["medians"]["seconds"] * stage["count"]
        assert 50 < stage["medians"]["peak_mb"] < 5000
    # The analysis is part of the texture step of a target's first run.
    assert new["facts"]["steps"]["2 texture"] > known["facts"]["steps"]["2 texture"]
    (curve,) = content["curves"]
    assert curve["sizes"] == [1.0, 1.5]
    assert set(curve["series"]) == {"wall s", "CPU s", "peak MB"}
    assert set(curve["constants"]) == {"wall s", "CPU s"}
    (limit,) = curve["limits"]
    assert limit["value"] == pytest.approx(
        curve["series"]["peak MB"][1] / curve["series"]["peak MB"][0]
    )
    table = file.with_suffix(".md").read_text(encoding="utf-8")
    assert "### Where the time goes" in table
    assert "### Growth with length of output" in table


def test_a_twin_that_disagrees_is_shown_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = Measurement("some kernel", "frame", 10, [2.0, 1.0, 4.0], [2.0], [8.0], rate=25.0)
    wrong.beside((False, "PSNR 31.0 dB"))
    monkeypatch.setattr("benchmarks.__main__.STAGES", {"wrong": lambda scene: [wrong]})
    monkeypatch.setattr(
        "benchmarks.__main__.make_scene", lambda folder, scale: _Skipping(["the moon: too far"])
    )
    assert main(["--results", str(tmp_path)], TINY) == 1
    told = capsys.readouterr()
    line = next(li for li in told.out.splitlines() if li.startswith("| some kernel"))
    assert [cell.strip() for cell in line.split("|")[1:-1]] == [
        "some kernel",
        "200 ms",
        "200 ms",
        "5 frames/s",
        "0.2 x",
        "4 x",
        "",
        "**NO**, PSNR 31.0 dB",
    ]
    assert "Not measured: the moon: too far." in told.out
    assert "not measured: the moon: too far" in told.err


class _Skipping:
    def __init__(self, skipped: list[str]) -> None:
        self.skipped = skipped


def test_missing_footage_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUDIO2VIDEO_SHARED", str(tmp_path / "shared"))
    monkeypatch.setattr(scene, "paint", lambda path, *_: path.touch())
    monkeypatch.setattr(scene, "Job", lambda *_: SimpleNamespace(target=None))
    data = tmp_path / "shared" / "data"

    def made(name: str) -> Scene:
        folder = tmp_path / name
        folder.mkdir()
        return make_scene(folder, Scale(speech_seconds=0.5))

    without = made("without")
    assert without.skipped == [f"address_8s, room_20s: no {data} (set AUDIO2VIDEO_SHARED)"]
    assert without.real("room_20s") is None
    names = [name for name, _, _ in pipeline._cases(without)]
    assert names == ["presenter 512x512", "presenter 1280x720"]
    (data / "targets").mkdir(parents=True)
    (data / "targets" / "room_20s.mp4").touch()
    partly = made("partly")
    assert partly.skipped == [f"address_8s: not in {data / 'targets'}"]
    assert partly.real("room_20s") == data / "targets" / "room_20s.mp4"
    (data / "targets" / "address_8s.mp4").touch()
    whole = made("whole")
    assert whole.skipped == []
    assert [name for name, _, _ in pipeline._cases(whole)] == [*names, "address_8s", "room_20s"]


def test_a_quick_run_says_what_it_leaves_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene, "paint", lambda path, *_: path.touch())
    monkeypatch.setattr(scene, "Job", lambda *_: SimpleNamespace(target=None))
    made = make_scene(tmp_path, QUICK)
    assert made.skipped == ["larger targets and footage: this is a quick run"]
    assert (made.painted(1280, 720), made.real("address_8s")) == (None, None)


def test_beside_the_presenter_his_background_goes_on(tmp_path: Path) -> None:
    paint(tmp_path / "wide.mp4", 256, 128, 1)
    with VideoReader(tmp_path / "wide.mp4") as reader:
        (frame,) = reader.read()
    assert frame.y.shape == (128, 256)
    left = frame.y[:, :64].astype(int)
    assert np.abs(left - left[:, -1:]).max() < 12  # noise of the codec
    assert np.diff(frame.y[:, 64:192].astype(int)).std() > 3 * np.diff(left).std()


def test_limits_are_held_against_medians() -> None:
    stage = Measurement(
        *("kernel", "frame", 10, [2.0, 1.0, 4.0]),
        limits=[Limit("seconds", 0.1), Limit("per_second", 4, least=True), Limit("peak_mb", 1)],
    )
    slow, fast = stage.as_dict()["limits"]  # memory was not measured
    assert slow == {
        "quantity": "seconds",
        "bound": 0.1,
        "least": False,
        "value": 0.2,
        "share": 2.0,
        "reached": False,
    }
    assert (fast["value"], fast["share"], fast["reached"]) == (5.0, 0.8, True)
    printed = as_tables(as_json([stage], TINY, None))
    lines = [" ".join(line.split()) for line in printed.splitlines()]
    assert "| kernel: wall time | at most 100 ms a frame | 200 ms a frame | **no** |" in lines
    assert "| kernel: speed | at least 4 frames/s | 5 frames/s | yes |" in lines


def test_only_the_twins_own_count_is_compared() -> None:
    stage = Measurement("kernel", "frame", 10, [1.0], plain_seconds=[3.0], plain_count=2)
    assert stage.quantities()["times_plain"] == pytest.approx(15.0)


@given(
    power=st.floats(-1, 3),
    factor=st.floats(0.01, 100),
    origin=st.floats(0, 5),
    constant=st.floats(0, 5),
)
def test_exponents_of_powers(power: float, factor: float, origin: float, constant: float) -> None:
    sizes = [10.0, 20.0, 40.0, 80.0, 160.0]
    costs = [constant + factor * (size - origin) ** power for size in sizes]
    assert exponent(sizes, costs, origin, constant) == pytest.approx(power, abs=1e-3)


def test_what_no_exponent_is_found_for() -> None:
    assert exponent([1.0], [2.0]) is None
    assert exponent([1.0, 2.0], [3.0, 5.0], 0.0, 4.0) is None  # nothing left at 1
    curve = Curve("length", "s", origin=0.5, constants={"wall s": 1.0})
    curve.add(1.5, wall_s=3.0, peak_MB=100.0)
    curve.add(2.5, wall_s=5.0, peak_MB=100.0)
    found = curve.exponents()
    assert found["wall s"] == pytest.approx(1.0)
    assert found["peak MB"] == pytest.approx(0.0)


def test_agreement() -> None:
    zeros = np.zeros((10, 10), np.uint8)
    one = zeros.copy()
    one[0, 0] = 1
    assert same((zeros, zeros), (one, one)) == (True, "bit for bit")
    assert same((zeros, zeros), (zeros, one)) == (False, "different")
    assert alike((zeros, zeros)) == (True, "bit for bit")
    assert alike((zeros, one)) == (True, "PSNR 68.1 dB")
    assert alike((zeros, one), (zeros, zeros + 9)) == (False, "PSNR 32.1 dB")
    assert close(zeros, one, 1.0) == (True, "to 1e+00")
    assert close(zeros, one, 0.5) == (False, "to 1e+00")
    assert close(zeros, one[1:], 1e9)[0] is False


def test_choices_that_differ_are_told() -> None:
    features = np.arange(40.0).reshape(20, 2)
    a, b = (plain_texture.choose(features, np.full(2, x), 8, 0.9) for x in (8.2, 30.2))
    assert plain_texture.choice_agrees([a, b], [a, b])[0]
    assert plain_texture.choice_agrees([a, b], [a, a]) == (False, "other frames")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_memory_that_some_work_takes() -> None:
    # In a process of its own: what an older one has freed is used again.
    code = (
        "import numpy as np; from benchmarks.measure import memory_of;"
        "print(memory_of(lambda: np.ones(5_000_000)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) == pytest.approx(40e6, rel=0.1)


def test_costs_of_a_command(tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text("block = b'x' * 100_000_000\nsum(range(3_000_000))\n")
    # What the starting process holds is not counted.
    held = np.ones(50_000_000)
    cost = run_command([sys.executable, str(script)], {})
    del held
    assert cost.seconds > 0
    if cost.cpu_seconds is not None and cost.peak_bytes is not None:
        assert 0 < cost.cpu_seconds < 60
        assert 100e6 < cost.peak_bytes < 200e6


def test_a_command_that_fails_is_told(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        run_command([sys.executable, str(tmp_path / "nothing.py")], {})


def test_frames_in_any_order(small_target: Path) -> None:
    whole = list(plain_media.frames(small_target))
    order = [7, 3, 3, 49, 0]
    found = list(plain_media.frames_at(small_target, order))
    assert same(*zip(found, [whole[n] for n in order], strict=True))[0]


def test_nothing_measured_makes_no_pictures(tmp_path: Path) -> None:
    file = write(as_json([], TINY, None), tmp_path)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".json", ".md"]
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    assert content["stages"] == []
    assert "###" not in as_tables(content)


def test_numbers_and_tables_can_be_read() -> None:
    assert [number(x) for x in (0.012345, 1.5, 99.96, 1234.5)] == ["0.0123", "1.5", "100", "1,234"]
    assert (number(None), number(2.0, "ms")) == ("", "2 ms")
    assert markdown([("a", "bc"), ("def", "g")]).splitlines() == [
        "| a   | bc |",
        "|-----|----|",
        "| def | g  |",
    ]


def test_the_command_helps() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--table FILE" in done.stdout
