"""Making the inputs, running the real command on them, and judging what it did."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import audio2video as a2v
from audio2video.media.audio import read_audio, write_wav
from audio2video.media.video import VideoReader, VideoWriter, probe_video
from audio2video.storage.workspace import Workspace

from .cases import BEHIND, LEAVES, PLAIN, REFUSED, WARNED, Case
from .drawing import Film, Picture, Plane

ROOT = Path(__file__).resolve().parents[2]

SECONDS = 2.4
"""Of speech."""

TORN = 8.0
"""Mean change, in grey levels, of what is in front, above which it was not left alone."""

TORN_APART = "torn"

SYNTHESISED = re.compile(r"(\d+) of (\d+) frames synthesised")


@dataclass(frozen=True)
class Outcome:
    """What the command made of an input.

    Parameters
    ----------
    kind : str
        'plain', 'behind it', 'leaves', 'refused', 'warned', or what went wrong.
    detail : str
        Frames, the message, and how much was changed of what is in front, in grey levels.
    silent : bool
        It failed, and did not say so.
    """

    kind: str
    detail: str
    silent: bool


@cache
def footage(data: Path, stem: str, cache_folder: Path) -> Film:
    """Read the first frames of a target, with their landmarks."""
    path = data / "targets" / f"{stem}.mp4"
    workspace = Workspace(cache_folder)
    target = a2v.analyse_target(path, workspace=workspace)
    count = min(120, len(target.track))
    with VideoReader(path) as reader:
        pictures = [frame.rgb() for frame in reader.read(range(count))]
    marks = target.track.landmarks[:count].astype(np.float64)
    return Film(pictures, marks, float(target.info.rate))


def make_target(
    case: Case, data: Path, folder: Path, film: Film
) -> tuple[Path, list[Picture], list[Plane]]:
    """Write the video of an input; what it shows, and where something was drawn."""
    path, special = folder / "target.mp4", case.target_is
    if special == "text":
        path.write_text("This is not a video.\n")
        return path, [], []
    if special == "missing":
        return path, [], []
    if special == "no face":
        return data / "bad" / "no_face.mp4", [], []
    changed = [case.change(film, k) for k in range(min(case.frames, len(film.pictures)))]
    pictures, masks = [one for one, _ in changed], [two for _, two in changed]
    if special in ("pair", "cut"):
        other = footage(data, "weekly_5s", folder.parent / "clean").pictures[: len(pictures)]
        height, width = pictures[0].shape[:2]
        others = [cv2.resize(p[:, 80:560], (height, height)).astype(np.uint8) for p in other]
        if special == "pair":
            pictures = [np.hstack(two) for two in zip(pictures, others, strict=True)]
        else:
            half = len(pictures) // 2
            pictures = pictures[:half] + [cv2.resize(p, (width, height)) for p in others[half:]]
            pictures = [np.asarray(p, np.uint8) for p in pictures]
        masks = [np.zeros(p.shape[:2], np.uint8) for p in pictures]
    height, width = pictures[0].shape[:2]
    rate = probe_video(data / "targets" / f"{case.target}.mp4").rate
    with VideoWriter(path, width, height, rate) as writer:
        for picture in pictures:
            writer.write(np.ascontiguousarray(picture))
    return path, pictures, masks


def make_sound(case: Case, data: Path, folder: Path) -> Path:
    """Write what is heard."""
    rate = 16000
    speech = read_audio(data / "input" / "statement_9s.wav", rate)[: round(SECONDS * rate)]
    rng = np.random.default_rng(7)
    heard: dict[str, Callable[[], NDArray[np.floating]]] = {
        "speech": lambda: speech,
        "silence": lambda: np.zeros_like(speech),
        "noise": lambda: 0.1 * rng.standard_normal(len(speech)),
        "quiet": lambda: 0.01 * speech,
        "inverted": lambda: np.stack([speech, -speech], axis=1),
    }
    path = folder / "speech.wav"
    write_wav(path, np.asarray(heard[case.sound](), np.float32), rate)
    return path


def run_case(case: Case, data: Path, folder: Path, root: Path = ROOT) -> Outcome:
    """Make an input, run steps 1 to 4 on it, and judge.

    Parameters
    ----------
    case : Case
    data : Path
        The folder of footage.
    folder : Path
        For everything that is written.
    root : Path
        Checkout whose code is run.
    """
    place = folder / re.sub(r"\W+", "-", f"{case.kind} {case.name}")
    place.mkdir(parents=True, exist_ok=True)
    film = footage(data, case.target, folder / "clean")
    video, pictures, masks = make_target(case, data, place, film)
    command = (
        *(sys.executable, str(root / "run.py"), "--workspace", str(place / "workspace")),
        *("--steps", "1", "2", "3", "4", "--retiming", "False", "--label", "none"),
        *("--audio", str(make_sound(case, data, place)), "--video", str(video)),
    )
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(command, capture_output=True, text=True, cwd=place, env=environment)
    result = next((place / "workspace" / "output").glob("*/*-*.mp4"), None)
    torn = _torn(result, pictures, masks) if result is not None and done.returncode == 0 else 0.0
    return judge(case, done.returncode, done.stdout, done.stderr, torn)


def judge(case: Case, code: int, out: str, err: str, torn: float) -> Outcome:
    """Tell what happened from what the command said.

    Parameters
    ----------
    case : Case
    code : int
        Exit code.
    out, err : str
        What it wrote.
    torn : float
        Mean change of what is in front of the face, in grey levels.
    """
    lines = err.splitlines()
    warnings = [line for line in lines if line.startswith("warning: ") and "consent" not in line]
    errors = [line for line in lines if line.startswith("error: ")]
    found = SYNTHESISED.search(out)
    counted = "" if found is None else f"{found[1]} of {found[2]} frames"
    changed = f", object changed by {torn:.1f}" if torn else ""
    if code == 2 and len(errors) == 1 and "Traceback" not in err:
        kind, detail = REFUSED, re.sub(r"^error: (/\S+: )?", "", errors[0]).split("; ")[0]
    elif code != 0:
        return Outcome(f"exit code {code}", lines[-1] if lines else "", True)
    elif any("is in front of the face" in line for line in warnings):
        kind, detail = BEHIND, counted + changed
    elif torn > TORN:
        return Outcome(TORN_APART, counted + changed, not warnings)
    elif found is not None and found[1] != found[2]:
        kind, detail = LEAVES, counted + changed
    elif warnings:
        kind, detail = WARNED, counted
    else:
        kind, detail = PLAIN, counted + changed
    return Outcome(kind, detail, kind not in case.expected and kind == PLAIN)


def as_table(rows: Sequence[tuple[Case, Sequence[Outcome]]], names: Sequence[str]) -> str:
    """Write Markdown: a row for each case, a column for each checkout."""
    head = ["kind", "input", "expected", *names]
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    for case, outcomes in rows:
        cells = [
            f"{one.kind}{f' ({one.detail})' if one.detail else ''}{' **!**' if one.silent else ''}"
            for one in outcomes
        ]
        expected = " or ".join(case.expected)
        lines.append(f"| {' | '.join([case.kind, case.name, expected, *cells])} |")
    return "\n".join(lines) + "\n"


def _torn(result: Path, pictures: Sequence[Picture], masks: Sequence[Plane]) -> float:
    """Mean change of what was drawn, well inside it, over frames that show it."""
    changes = []
    inner = np.ones((3, 3), np.uint8)
    with VideoReader(result) as reader:
        for frame, own, mask in zip(reader.read(), pictures, masks, strict=False):
            inside = cv2.erode(mask, inner) > 0
            if inside.any():
                apart = np.abs(frame.rgb().astype(float) - own).mean(axis=2)
                # Only what lies before the mouth may be changed at all.
                changes.append(float(np.quantile(apart[inside], 0.95)))
    return float(np.mean(changes)) if changes else 0.0
