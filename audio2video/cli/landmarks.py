"""The command that finds landmarks in videos."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..config.resolve import resolve_config
from ..errors import OptionError
from ..storage.workspace import Workspace
from .batch import EXIT_SOME_FAILED
from .options import FilePath, GroupedCommand, in_workspace, quietly, verbosely, with_options
from .terminal import CONTEXT, Terminal

BACKENDS = ("dlib", "facemesh")
"""As in `audio2video.face.backend`, which takes a while to import."""


@click.command("landmarks", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("videos", type=FilePath(), metavar="VIDEO|FOLDER|LIST")
@click.option(
    "-o",
    "--output",
    type=FilePath(),
    help="folder to write to; of several videos, each has its own in it "
    "(default: output/landmarks/<name> in the workspace)",
)
@click.option(
    "--backend",
    type=click.Choice(BACKENDS),
    help="what places the points: dlib's model, or MediaPipe's face mesh (default: dlib)",
)
@click.option(
    "--compare",
    is_flag=True,
    help="run all backends instead: time, agreement, jitter, failures, as table and picture",
)
@click.option(
    "--nthreads",
    type=click.IntRange(1, 1024),
    help="videos at once (default: one for each core, up to 8)",
)
@with_options(("steady", "landmark_model", "force"))
@in_workspace()
@quietly()
@verbosely
def landmarks_command(
    videos: Path,
    output: Path | None,
    backend: str | None,
    compare: bool,
    nthreads: int | None,
    workspace: Path,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> int:
    """Find 68 points, box, head pose and confidence of all people, in every frame.

    Of one video, of all in a folder and below, or of those that a text file lists, one path a line.
    Writes landmarks.npz, landmarks.csv and landmarks.mp4 with the points over the video. What is up
    to date is passed over; a video that fails does not stop the others.
    """
    if compare and backend is not None:
        raise OptionError("--compare and --backend can't go together", hint="give one of them")
    from ..batch.landmark_files import landmarks_of_all, plan_videos, videos_in
    from ..batch.run import FAILED
    from ..models.face_models import check_backend
    from ..pipeline.landmarks import LandmarkChoices, make_landmarks

    place = Workspace(workspace)
    config = resolve_config(place, given)
    if compare and config.analysis.landmark_model is not None:
        raise OptionError("--compare is of the packaged models", hint="leave --landmark_model out")
    choices = LandmarkChoices(
        backend or BACKENDS[0],
        config.analysis.landmark_model,
        config.analysis.steady,
        config.machine.force,
    )
    check_backend(choices.backend, choices.landmark_model)
    found = videos_in(videos)
    single = len(found) == 1 and found[0] == videos

    def folder_of(tar_id: str) -> Path:
        if output is None:
            return place.landmarks(tar_id)
        return output if single else output / tar_id

    if compare:
        folder = output if output is not None else place.evaluation("landmarks")
        return _compare(place, found, folder, quiet=quiet, verbose=verbose)
    results = plan_videos(found, folder_of, videos)
    with Terminal(place, quiet=quiet, verbose=verbose) as terminal:
        if single:
            (one,) = results
            make_landmarks(place, one.video, one.tar_id, one.folder, choices, terminal.progress)
            where, failed = one.folder, 0
        else:
            landmarks_of_all(place, results, choices, nthreads, terminal.progress)
            where = output if output is not None else place.inside("output", "landmarks")
            failed = sum(one.state == FAILED for one in results)
            terminal.table(_counts([one.state for one in results]))
    if not quiet:
        click.echo(f"result: {where}")
    return EXIT_SOME_FAILED if failed else 0


def _compare(
    place: Workspace, clips: list[Path], folder: Path, *, quiet: bool, verbose: bool
) -> int:
    from ..evaluation.landmark_backends import compare_backends

    with Terminal(place, quiet=quiet, verbose=verbose) as terminal:
        found = compare_backends(clips, folder, terminal.progress)
        terminal.table(found.table())
        terminal.table(found.agreement_table())
    if not quiet:
        click.echo(f"result: {folder}")
    return EXIT_SOME_FAILED if found.failed else 0


def _counts(states: list[str]) -> list[tuple[str, ...]]:
    kinds = sorted(set(states))
    return [("videos", *kinds), (str(len(states)), *(str(states.count(kind)) for kind in kinds))]
