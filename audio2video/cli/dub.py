"""The plain command: two files in, one video out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..config.resolve import resolve_config
from ..storage.workspace import Workspace
from .options import FilePath, GroupedCommand, making_video, with_options
from .terminal import CONTEXT, Terminal

FLAGS = (
    "text",
    "text_file",
    "voice_program",
    "voice_name",
    "voice_audio",
    "segments",
    "load_shapes",
    "shapes_rate",
    "pass_id",
    "face",
    "face_at",
    "teeth",
    "lineU",
    "lineL",
    "frameU",
    "frameL",
    "retiming",
    "fit",
    "keep_audio",
    "label",
    "label_language",
    "consent",
    "sign_cert",
    "sign_key",
    "timestamp_url",
    "watermark",
    "watermark_audio",
    "nthreads",
)
"""Options of a run that `dub` offers; all others may stand in --config."""


class PreviewStart(click.ParamType):  # type: ignore[type-arg, unused-ignore]
    """A moment of the speech, or 'auto'."""

    name = "seconds"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float | str:
        """Read a number or the word."""
        if value == "auto":
            return "auto"
        try:
            return float(value)
        except ValueError:
            self.fail(f"must be a number of seconds or auto, not {value!r}", param, ctx)


@click.command("dub", cls=GroupedCommand, context_settings=CONTEXT)
@click.argument("audio", type=FilePath(), required=False)
@click.argument("video", type=FilePath(), required=False, metavar="VIDEO")
@click.option("--preview", type=float, metavar="SECONDS", help="dub only so much of the speech")
@click.option(
    "--preview_from",
    type=PreviewStart(),
    metavar="SECONDS|auto",
    help="where in the speech --preview begins; auto is where most is said (default: 0)",
)
@click.option("--dry_run", is_flag=True, help="say what would be made and how long it would take")
@making_video("<audio>-<video>.mp4")
@with_options(FLAGS)
def dub_command(
    audio: Path | None,
    video: Path | None,
    output: Path | None,
    preview: float | None,
    preview_from: float | str | None,
    dry_run: bool,
    overwrite: bool,
    config: Path | None,
    workspace: Path | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Make the video of the person in VIDEO saying AUDIO.

    With --segments only ranges of it. AUDIO may be left out if these name files of their own, and
    with --text. Make videos only of people who have agreed to it. The result is marked synthetic.
    """
    from ..api.dub import dub, plan_dub
    from ..api.workspaces import cache_workspace

    place = cache_workspace() if workspace is None else Workspace(workspace)
    if audio is None:
        raise click.UsageError("Missing argument 'AUDIO'.")
    if video is None:
        inputs = resolve_config(place, given, config).inputs
        if inputs.segments is None and not inputs.is_text:
            raise click.UsageError("Missing argument 'VIDEO'.")
        video = audio
        audio = None
    settings = resolve_config(place, {**given, "video": video}, config)
    if preview_from is not None and preview is None:
        raise click.UsageError("--preview_from needs --preview.")
    if dry_run:
        plan = plan_dub(
            audio,
            video,
            output,
            config=settings,
            workspace=place,
            preview=preview,
            preview_from=preview_from or 0.0,
            overwrite=overwrite,
        )
        click.echo(
            f"would make {plan.path}: {plan.frames} frames of {plan.width}x{plan.height} at "
            f"{float(plan.rate):.5g} frames/s, {float(plan.frames / plan.rate):.1f} s\n"
            f"from the speech {plan.audio}, the target {plan.video} and the pass {plan.pass_id}\n"
            f"in about {plan.seconds:.0f} s"
        )
        return
    with Terminal(place, quiet=quiet, verbose=verbose) as terminal:
        result = dub(
            audio,
            video,
            output,
            config=settings,
            workspace=place,
            preview=preview,
            preview_from=preview_from or 0.0,
            overwrite=overwrite,
            progress=terminal.progress,
        )
        terminal.keep_speaker(given, settings.replace(video=video))
        terminal.dubbed(result)
