"""The command that lets a painted face speak."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..config import DEFAULT_PASS, Config
from ..errors import OptionError
from ..storage.parsing import as_rate
from ..storage.workspace import Workspace
from .options import FilePath, GroupedCommand, quietly, verbosely, with_options
from .terminal import CONTEXT, Terminal

FLAGS = (
    *("audio", "text", "text_file", "voice_program", "voice_name"),
    *("shapes_rate", "expressiveness", "label", "label_language", "sign_cert"),
    *("sign_key", "timestamp_url", "watermark", "watermark_audio"),
    *("seed", "nthreads"),
)
"""Options of a run that `animate` offers."""


@click.command("animate", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("source", metavar="[FILE.npy|PASS]", default=DEFAULT_PASS)
@click.option(
    "-o",
    "--output",
    type=FilePath(),
    help="video to write (default: <audio>-painted.mp4 in the current folder)",
)
@click.option(
    "--export",
    type=FilePath(),
    multiple=True,
    metavar="FILE",
    help="write viseme, jaw and lip weights too: .csv, .json or .npy; may be given again",
)
@click.option("--no_video", is_flag=True, help="write the weights alone")
@click.option("--rate", default="25", metavar="N|N/M", help="frames per second (default: 25)")
@click.option("--size", type=int, default=512, help="width and height in pixels (default: 512)")
@click.option("--overwrite", is_flag=True, help="replace files that are there")
@click.option("--workspace", type=FilePath(), help="folder with passes of your own")
@with_options(FLAGS)
@quietly()
@verbosely
def animate_command(
    source: str,
    output: Path | None,
    export: tuple[Path, ...],
    no_video: bool,
    rate: str,
    size: int,
    overwrite: bool,
    workspace: Path | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Let a painted face speak: from mouth shapes alone, or from what a pass predicts.

    FILE.npy holds dlib's points 48-67, or all 68, over time, in any unit. The face is nobody's. The
    video is marked synthetic all the same.
    """
    from ..api.animate import animate
    from ..api.workspaces import cache_workspace

    try:
        exact = as_rate(rate)
    except ValueError as error:
        raise OptionError(
            f"--rate {rate!r} is no frame rate", hint="use for example 25 or 30000/1001"
        ) from error
    if no_video and not export:
        raise OptionError("--no_video without --export makes nothing", hint="give --export FILE")
    config = Config.from_flags(**{k: v for k, v in given.items() if v is not None})
    place = cache_workspace() if workspace is None else Workspace(workspace)
    with Terminal(place, quiet=quiet, verbose=verbose) as terminal:
        made = animate(
            source,
            None,
            output,
            export=export,
            rate=exact,
            size=size,
            video=not no_video,
            config=config,
            workspace=workspace,
            overwrite=overwrite,
            progress=terminal.progress,
        )
        terminal.made([*([] if made.path is None else [made.path]), *made.exports], len(made.mouth))
