"""One call from two files to a video, and a plan of that call."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

from ..config import Config
from ..config.segments import read_segments
from ..errors import MissingFileError, MostlyUnchangedError, OptionError
from ..media.audio import probe_audio
from ..media.video import probe_video
from ..models.pass_files import find_network
from ..pipeline.before import write_before
from ..pipeline.job import NO_TRACK, Job
from ..pipeline.lengths import result_frames
from ..pipeline.run import run
from ..pipeline.segments import plan_segments
from ..pipeline.step import VIDEO_STEPS
from ..progress import Progress, as_progress
from ..storage.files import read_json, replacing
from ..storage.ids import id_from_path
from ..storage.workspace import Workspace
from .preview import AUTO, preview_start, write_part
from .speak import spoken
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
        'mouth covered', 'outside the segments'. Reasons without a frame are left out.
    seconds : mapping of str to float
        Time spent in each step, by its name.
    warnings : tuple of str
    notices : tuple of str
        What is routine, and yet to be read.
    sheet : Path or None
        Contact sheet; None where no workspace was given to keep it in.
    report : Path or None
        The run's ``report.json``; None where no workspace was given to keep it in.
    shapes : tuple of Path
        Predicted mouth shapes, a file for each person who speaks; empty where no workspace was
        given to keep them in.
    timeline : tuple of (int, int, str)
        First frame, the one behind the last, and what they are: 'synthesised', or one of the
        reasons above.
    begins : float
        Second of the speech at which it begins: of a preview, where that was.
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
    shapes: tuple[Path, ...] = ()
    timeline: tuple[tuple[int, int, str], ...] = ()
    begins: float = 0.0

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
    audio: str | Path | None,
    video: str | Path,
    output: str | Path | None = None,
    *,
    segments: str | Path | None = None,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    preview: float | None = None,
    preview_from: float | str = 0.0,
    overwrite: bool = False,
    before: str | Path | None = None,
    progress: Progress | bool | None = None,
) -> DubResult:
    """Make the video of the person in `video` saying `audio`.

    The result is marked as synthetic: signed manifest, container tags and visible label. Make
    videos only of people who have agreed to it.

    Parameters
    ----------
    audio : str or Path or None
        Speech: a sound file, or a video with sound. None where `segments` name all that is said,
        or where `config` holds a text.
    video : str or Path
        Video of one person talking.
    output : str or Path, optional
        MP4 file to write; ``<audio>-<video>.mp4`` in the current folder by default.
    segments : str or Path, optional
        SRT or JSON file with the ranges of `video` to dub; all else stays as it is. By default that
        of `config`.
    config : Config, optional
        Everything else; its inputs are those given here.
    workspace : Workspace, str or Path, optional
        Where intermediate products are kept; without one, a temporary folder is used and only the
        result stays.
    preview : float, optional
        Seconds of speech to dub; all of it by default. Not with `segments`.
    preview_from : float or 'auto'
        Second of the speech at which the preview begins; 'auto' is where most is said.
    overwrite : bool
        Replace an `output` that is there.
    before : str or Path, optional
        MP4 file to write beside it: the target as it plays under the result, to compare with.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    DubResult

    Raises
    ------
    OptionError
        `output` is there already, is one of the inputs, or is no MP4 file; or there is nothing to
        say.
    MostlyUnchangedError
        Most frames of the result are the target's own; all files are written all the same.
    Audio2VideoError
        An input is missing or can't be used; nothing is written then.

    Examples
    --------
    >>> import audio2video as a2v
    >>> result = a2v.dub(a2v.demo_speech(), a2v.demo_video(), "demo.mp4")  # doctest: +SKIP
    >>> result.synthesised == result.frames                                # doctest: +SKIP
    True
    """
    settings = _with_inputs(config, audio, video, segments, preview)
    sound = settings.inputs.audio
    product = _product(settings, output)
    _check_product(product, settings, overwrite=overwrite)
    tell = as_progress(progress)
    with _workspace(workspace) as (place, kept):
        begin = 0.0
        if settings.inputs.is_text:
            sound = spoken(settings, place, tell)
            settings = settings.replace(audio=sound, text=None, text_file=None)
        if preview is not None and sound is not None:
            if settings.length_fit == "silence":  # to the target's end is no preview
                settings = settings.replace(fit="freeze" if settings.plays_in_own_time else "auto")
            place.create()
            folder, voice = place.inside("input"), settings.inputs.voice_audio
            begin = preview_start(voice or sound, preview, preview_from)
            sound = write_part(sound, begin, preview, folder)
            if voice is not None:
                settings = settings.replace(voice_audio=write_part(voice, begin, preview, folder))
        settings = settings.replace(audio=sound)
        job = Job(place, settings.with_media_ids(), tell)
        failure: MostlyUnchangedError | None = None
        try:
            run(place, VIDEO_STEPS, settings, tell, link=not kept)
        except MostlyUnchangedError as error:
            failure = error
        _copy_result(job, product)
        if before is not None:
            write_before(job, Path(before))
        result = _told(job, product, tell, begin, kept=kept)
        if failure is not None:
            raise MostlyUnchangedError(
                failure.problem, path=product, hint=failure.hint, result=result
            ) from failure
        return result


def _told(job: Job, product: Path, progress: Progress, begins: float, *, kept: bool) -> DubResult:
    """Give what the report of a run says."""
    steps = read_json(job.folder / "report.json")["steps"]
    facts = next(facts for name, facts in steps.items() if "timeline" in facts)
    return DubResult(
        product,
        facts["output_frames"],
        job.rate,
        facts["synthesised_frames"],
        facts["passed_through"],
        {name.partition(" ")[2]: step["seconds"] for name, step in steps.items()},
        tuple(progress.warnings),
        tuple(progress.notices),
        job.folder / "sheet.png" if kept else None,
        job.folder / "report.json" if kept else None,
        tuple(one.shapes_path for one in job.speakers) if kept else (),
        tuple((first, last, what) for first, last, what in facts["timeline"]),
        begins,
    )


def plan_dub(
    audio: str | Path | None,
    video: str | Path,
    output: str | Path | None = None,
    *,
    segments: str | Path | None = None,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    preview: float | None = None,
    preview_from: float | str = 0.0,
    overwrite: bool = False,
) -> DubPlan:
    """Describe the result of a `dub` call and estimate its run time; nothing is written.

    Parameters
    ----------
    audio, video, output, segments, config, workspace, preview, preview_from, overwrite
        As for `dub`.

    Returns
    -------
    DubPlan

    Raises
    ------
    Audio2VideoError
        `dub` would refuse: an input can't be used, or the output is there already.
    """
    settings = _with_inputs(config, audio, video, segments, preview)
    if settings.inputs.is_text:
        with tempfile.TemporaryDirectory(prefix="audio2video-") as folder:
            sound = spoken(settings, Workspace(folder), Progress())
            made = settings.replace(audio=sound, text=None, text_file=None)
            product = _product(settings, output)
            plan = plan_dub(
                sound,
                video,
                product,
                config=made,
                workspace=workspace,
                preview=preview,
                preview_from=preview_from,
                overwrite=overwrite,
            )
            return replace(plan, audio=Path(sound.name))
    inputs, target = settings.inputs, Path(video)
    product = _product(settings, output)
    _check_product(product, settings, overwrite=overwrite)
    find_network(as_workspace(workspace or Path()), inputs.pass_id)
    info, said = probe_video(target), inputs.audio or inputs.segments or Path()
    if inputs.segments is not None:
        ranges = plan_segments(
            read_segments(inputs.segments),
            inputs.segments,
            info,
            lambda: (probe_audio(said), probe_audio(inputs.voice_audio or said)),
            cut=settings.retiming.fit == "cut",
        )
        frames, asked = info.frames, ranges.asked
    else:
        frames = asked = result_frames(probe_audio(said), info, settings.length_fit)
    if preview is not None:
        if preview_from != AUTO:
            preview_start(said, preview, preview_from)
        frames = asked = max(1, min(frames, round(Fraction(preview) * info.rate)))
    seconds = _estimate(asked, frames, info.frames, info.width * info.height)
    return DubPlan(
        product, said, target, inputs.pass_id, frames, info.rate, info.width, info.height, seconds
    )


def _estimate(asked: int, frames: int, target_frames: int, pixels: int) -> float:
    """Estimate the run time from measurements on two cores (docs/reports/performance.md).

    Frames that are not asked for are only decoded and encoded.
    """
    share = 2 / max(1, min(os.cpu_count() or 1, 8))
    each, plain = 0.013 + 0.0065 * pixels / 1e6, 0.0045 * pixels / 1e6
    return 4 + share * (asked * each + (frames - asked) * plain + target_frames * 0.011)


def _copy_result(job: Job, product: Path) -> None:
    with replacing(product) as temporary:
        shutil.copyfile(job.workspace.result(job.inp_id, job.tar_id), temporary)


def _with_inputs(
    config: Config | None,
    audio: str | Path | None,
    video: str | Path,
    segments: str | Path | None,
    preview: float | None,
) -> Config:
    """Put what is given into a config."""
    given: dict[str, Path] = {"video": Path(video)}
    if audio is not None:
        given["audio"] = Path(audio)
    if segments is not None:
        given["segments"] = Path(segments)
    settings = (config or Config()).replace(**given)
    inputs = settings.inputs
    if inputs.segments is None:
        if inputs.audio is None and not inputs.is_text:
            raise OptionError(
                "there is nothing to say", hint="give the speech, --text or --segments"
            )
        return settings
    if preview is not None:
        raise OptionError(
            "--preview can't go with --segments", hint="leave one of them out, or shorten the list"
        )
    silent = next((one for one in read_segments(inputs.segments) if one.audio is None), None)
    if inputs.audio is None and silent is not None:
        raise MissingFileError(
            f"{silent.place}: no sound for this range", path=inputs.segments, hint=NO_TRACK
        )
    return settings


def _product(config: Config, output: str | Path | None) -> Path:
    if output is not None:
        return Path(output)
    inputs = config.inputs
    said = inputs.audio or inputs.segments
    name = config.with_media_ids().inputs.inp_id if said is None else id_from_path("demo", said)
    return Path(f"{name}-{id_from_path('demo', inputs.video)}.mp4")


def _check_product(product: Path, config: Config, *, overwrite: bool) -> None:
    if product.suffix.lower() != ".mp4":
        raise OptionError("the output must be an MP4 file", path=product, hint="end it in .mp4")
    if not product.exists():
        return
    inputs = config.inputs
    used = [inputs.audio, inputs.video, inputs.voice_audio, inputs.segments]
    if inputs.segments is not None:
        used += [one.audio for one in read_segments(inputs.segments)]
    if any(one is not None and one.exists() and product.samefile(one) for one in used):
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
