"""A finished result with its inputs, read back and checked against each other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..config import DEFAULT_PASS, InputConfig
from ..errors import BadFileError
from ..media.video import Box, VideoInfo, probe_video
from ..models.pass_files import find_network, load_network
from ..pipeline.job import Job
from ..pipeline.schedule import read_retiming
from ..retiming.retime import Retiming
from ..storage.arrays import check_shape, read_arrays
from ..storage.artifacts import made_from, read_record
from ..storage.files import file_hash, read_json
from ..target.analysis import MADE_BY as TEXTURE_MADE_BY
from ..target.analysis import TargetAnalysis

REPORT = "report.json"
REMAKE = "run steps 2 to 4 again"


@dataclass(frozen=True)
class Result:
    """A result and its inputs.

    Parameters
    ----------
    info : VideoInfo
        Of the finished video.
    target : TargetAnalysis
    timing : Retiming
    mouth : ndarray of float64, shape (N, 20, 2)
        Predicted mouth shapes on the target's face, rectified.
    jaw : ndarray of float64, shape (N, 17, 2)
        Jaw lines that go with them, rectified.
    label : (x0, y0, x1, y1) or None
        Where its visible label lies, if it has one.
    """

    info: VideoInfo
    target: TargetAnalysis
    timing: Retiming
    mouth: NDArray[np.float64]
    jaw: NDArray[np.float64]
    label: Box | None

    def __len__(self) -> int:
        """Frames that can be measured."""
        return min(self.info.frames, len(self.timing.frames), len(self.mouth))


def playback_of(folder: Path) -> dict[str, Any]:
    """Read from a result's report who was chosen to speak, and how the target was laid under it.

    Parameters
    ----------
    folder : Path
        Of the result.

    Returns
    -------
    dict
        Values by flag; empty if nothing was chosen, or there is no report.
    """
    said = _options_of(folder)
    kinds = {"face": int, "face_at": str, "retiming": str, "fit": str, "keep_audio": float}
    return {flag: said[flag] for flag in kinds if isinstance(said.get(flag), kinds[flag])}


def refuse_ranges(folder: Path) -> None:
    """Refuse a result of which only ranges are dubbed.

    Raises
    ------
    BadFileError
        Its report names ranges: its speech is that of the target elsewhere.
    """
    if _options_of(folder).get("segments") is not None:
        raise BadFileError(
            "made with --segments: such results are not measured",
            path=folder / REPORT,
            hint="dub the same speech without --segments to measure it",
        )


def _options_of(folder: Path) -> dict[str, Any]:
    """Read the options in a result's report; none if there is no report."""
    said = read_json(folder / REPORT).get("options") if (folder / REPORT).is_file() else None
    return said if isinstance(said, dict) else {}


def pass_of(job: Job, given: str | None) -> str:
    """Name the pass that a result's mouth shapes came from.

    Parameters
    ----------
    job : Job
        Of their speech and target; warned if the report names a pass that has changed since.
    given : str or None
        What the user says; None leaves it to the result's report.

    Raises
    ------
    Audio2VideoError
        The user says another pass than the right one.
    """
    pass_id = given
    if pass_id is None:
        said = _options_of(job.folder).get("pass_id")
        pass_id = said if isinstance(said, str) else DEFAULT_PASS
    else:
        InputConfig(pass_id=pass_id)  # checks the id
        load_network(find_network(job.workspace, pass_id).parent)
    textures = job.textures_path
    network = made_from(textures).get("network")
    found = job.workspace.finished_pass(InputConfig(pass_id=pass_id).pass_id)
    if network is not None and (found is None or file_hash(found / "network.npz") != network):
        problem = f"not made with pass '{pass_id}' as it is now"
        if given is not None:
            raise BadFileError(
                problem, path=textures, hint=f"leave out --pass_id, or {REMAKE} with it"
            )
        job.progress.warn(f"{textures}: {problem}")
    return pass_id


def read_result(job: Job, path: Path) -> Result:
    """Read a result's inputs and check that it was made from them.

    Parameters
    ----------
    job : Job
        Of its speech and target; warned if the result was changed by hand, or the target analysed
        again.
    path : Path
        The result.

    Raises
    ------
    Audio2VideoError
        Something is missing or damaged, or the result was made of something else.
    """
    info = probe_video(path)
    target = job.target
    size, wanted = (info.width, info.height), (target.info.width, target.info.height)
    if size != wanted:
        raise BadFileError(
            f"{size[0]}x{size[1]} pixels, the target has {wanted[0]}x{wanted[1]}",
            path=path,
            hint="run steps 1 to 4 again",
        )
    timing = read_retiming(job)
    lines = job.textures_path.with_suffix(".npz")
    arrays = read_arrays(lines, ("mouth", "jaw"), made_by=TEXTURE_MADE_BY)
    again = f"{TEXTURE_MADE_BY} makes it again with --force True"
    check_shape(arrays["mouth"], (None, 20, 2), lines, again)
    check_shape(arrays["jaw"], (len(arrays["mouth"]), 17, 2), lines, again)
    made_of = made_from(path)
    record = read_record(path)
    if record is None or record.get("sha256") != file_hash(path):
        job.progress.warn(f"{path}: not as step 4 (composite) made it; measured as it is")
    for key, file in (
        ("lines", lines),
        ("retiming", job.retiming_path),
        ("audio", job.audio.path),
    ):
        if made_of.get(key, file_hash(file)) != file_hash(file):
            raise BadFileError(f"not made from {file.name} as it is now", path=path, hint=REMAKE)
    if made_of.get("target", target.key) != target.key:
        job.progress.warn(
            f"{path}: made from another analysis of the target (its video, --landmark_model or "
            "this program was another)"
        )
    return Result(info, target, timing, arrays["mouth"], arrays["jaw"], _label_box(record))


def _label_box(record: dict[str, Any] | None) -> Box | None:
    """Read where step 4 put the label, from the result's record."""
    match (record or {}).get("label"):
        case {"box": [int(x0), int(y0), int(x1), int(y1)], "frames": int(frames)} if frames > 0:
            return x0, y0, x1, y1
    return None
