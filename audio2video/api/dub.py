"""One call from two files to a video, and a plan of that call."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from ..config import Config
from ..errors import MostlyUnchangedError, OptionError
from ..media.audio import probe_audio
from ..media.video import probe_video
from ..models.pass_files import find_network
from ..pipeline.job import Job, result_frames
from ..pipeline.run import run
from ..pipeline.step import VIDEO_STEPS
from ..progress import Progress
from ..storage.files import replacing
from ..storage.ids import id_from_path
from ..storage.workspace import Workspace
from .preview import write_beginning
from .workspaces import as_workspace, remove_unused


@dataclass(frozen=True)
class DubResult:
    """A finished video with its statistics.

    Parameters
    ----------
    path : Path
        The video.
    frames : int
    rate : Fraction
        Frames per second.
    synthesised : int
        Frames with a synthesised mouth.
    passed_through : mapping of str to int
        Frames of the target left as they are, by reason: 'no usable face', 'another person',
        'mouth covered'. Reasons without a frame are left out.
    seconds : mapping of str to float
        Time spent in each step, by its name.
    warnings : tuple of str
    notices : tuple of str
        What is routine, and yet to be read.
    sheet : Path or None
        Contact sheet; None where no workspace was given to keep it in.
    report : Path or None
        The run's ``report.json``; None where no workspace was given to keep it in.
    """

    path: Path
    frames: int
    rate: Fraction
    synthesised: int
    passed_through: Mapping[str, int] = field(default_factory=dict)
    seconds: Mapping[str, float] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    sheet: Path | None = None
    report: Path | None = None

    @property
    def duration(self) -> Fraction:
        """Seconds of video."""
        return Fraction(self.frames) / self.rate


@dataclass(frozen=True)
class DubPlan:
    """A preview of a `dub` call: output, size, length and estimated time.

    Parameters
    ----------
    path : Path
        The video.
    audio, video : Path
    pass_id : str
    frames : int
    rate : Fraction
        Frames per second.
    width, height : int
        Pixels.
    seconds : float
        Rough estimate of the time it takes on this machine, without an earlier analysis.
    """

    path: Path
    audio: Path
    video: Path
    pass_id: str
    frames: int
    rate: Fraction
    width: int
    height: int
    seconds: float


def dub(
    audio: str | Path,
    video: str | Path,
    output: str | Path | None = None,
    *,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    preview: float | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> DubResult:
    """Make the video of the person in `video` saying `audio`.

    The result is marked as synthetic: signed manifest, container tags and visible label. Make
    videos only of people who have agreed to it.

    Parameters
    ----------
    audio : str or Path
        Speech: a sound file, or a video with sound.
    video : str or Path
        Video of one person talking.
    output : str or Path, optional
        MP4 file to write; ``<audio>-<video>.mp4`` in the current folder by default.
    config : Config, optional
        Everything else; its inputs are those given here.
    workspace : Workspace, str or Path, optional
        Where intermediate products are kept; without one, a temporary folder is used and only the
        result stays.
    preview : float, optional
        Seconds of speech to dub, from its beginning; all of it by default.
    overwrite : bool
        Replace an `output` that is there.
    progress : Progress, optional

    Returns
    -------
    DubResult

    Raises
    ------
    OptionError
        `output` is there already, is one of the inputs, or is no MP4 file.
    MostlyUnchangedError
        Most frames of the result are the target's own; `output` is written all the same.
    Audio2VideoError
        An input is missing or can't be used; nothing is written then.

    Examples
    --------
    >>> import audio2video as a2v
    >>> result = a2v.dub(a2v.demo_speech(), a2v.demo_video(), "demo.mp4")  # doctest: +SKIP
    >>> result.synthesised == result.frames                                # doctest: +SKIP
    True
    """
    sound, target, product = Path(audio), Path(video), _product(audio, video, output)
    _check_product(product, (sound, target), overwrite=overwrite)
    progress = progress or Progress()
    with _workspace(workspace) as (place, kept):
        settings = (config or Config()).replace(video=target)
        if preview is not None:
            place.create()
            folder, voice = place.inside("input"), settings.inputs.voice_audio
            sound = write_beginning(sound, preview, folder)
            if voice is not None:
                settings = settings.replace(voice_audio=write_beginning(voice, preview, folder))
        settings = settings.replace(audio=sound)
        job = Job(place, settings.with_media_ids(), progress)
        try:
            reports = run(place, VIDEO_STEPS, settings, progress, link=not kept)
        except MostlyUnchangedError as error:
            _copy_result(job, product)
            raise MostlyUnchangedError(error.problem, path=product, hint=error.hint) from error
        _copy_result(job, product)
        frames = reports[-1].frames
        assert frames is not None
        return DubResult(
            product,
            frames.frames,
            job.rate,
            frames.synthesised,
            frames.passed_through,
            {report.name: report.seconds for report in reports},
            tuple(progress.warnings),
            tuple(progress.notices),
            job.folder / "sheet.png" if kept else None,
            job.folder / "report.json" if kept else None,
        )


def plan_dub(
    audio: str | Path,
    video: str | Path,
    output: str | Path | None = None,
    *,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    preview: float | None = None,
    overwrite: bool = False,
) -> DubPlan:
    """Describe the result of a `dub` call and estimate its run time; nothing is written.

    Parameters
    ----------
    audio, video, output, config, workspace, preview, overwrite
        As for `dub`.

    Returns
    -------
    DubPlan

    Raises
    ------
    Audio2VideoError
        `dub` would refuse: an input can't be used, or the output is there already.
    """
    sound, target, product = Path(audio), Path(video), _product(audio, video, output)
    _check_product(product, (sound, target), overwrite=overwrite)
    pass_id = (config or Config()).inputs.pass_id
    find_network(as_workspace(workspace or Path()), pass_id)
    speech, info = probe_audio(sound), probe_video(target)
    frames = result_frames(speech, info, (config or Config()).length_fit)
    if preview is not None:
        frames = max(1, min(frames, round(Fraction(preview) * info.rate)))
    seconds = _estimate(frames, info.frames, info.width * info.height)
    return DubPlan(
        product, sound, target, pass_id, frames, info.rate, info.width, info.height, seconds
    )


def _estimate(frames: int, target_frames: int, pixels: int) -> float:
    """Estimate the run time from measurements on two cores (docs/reports/performance.md)."""
    share = 2 / max(1, min(os.cpu_count() or 1, 8))
    each = 0.013 + 0.0065 * pixels / 1e6
    return 4 + share * (frames * each + target_frames * 0.011)


def _copy_result(job: Job, product: Path) -> None:
    with replacing(product) as temporary:
        shutil.copyfile(job.workspace.result(job.inp_id, job.tar_id), temporary)


def _product(audio: str | Path, video: str | Path, output: str | Path | None) -> Path:
    name = f"{id_from_path('demo', Path(audio))}-{id_from_path('demo', Path(video))}.mp4"
    return Path(name) if output is None else Path(output)


def _check_product(product: Path, inputs: tuple[Path, ...], *, overwrite: bool) -> None:
    if product.suffix.lower() != ".mp4":
        raise OptionError("the output must be an MP4 file", path=product, hint="end it in .mp4")
    if not product.exists():
        return
    if any(used.exists() and product.samefile(used) for used in inputs):
        raise OptionError("the output is one of the inputs", path=product, hint="choose another")
    if not overwrite:
        raise OptionError(
            "is there already", path=product, hint="choose another output, or overwrite it"
        )


@contextmanager
def _workspace(given: Workspace | str | Path | None) -> Iterator[tuple[Workspace, bool]]:
    """Give the workspace, and whether it is kept."""
    if given is not None:
        place = as_workspace(given)
        remove_unused(place)
        yield place, True
        return
    with tempfile.TemporaryDirectory(prefix="audio2video-") as folder:
        yield Workspace(Path(folder) / "workspace"), False
