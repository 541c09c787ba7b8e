"""The command that shows a person listening."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..config.resolve import resolve_config
from ..storage.workspace import Workspace
from .options import FilePath, GroupedCommand, making_video, with_options
from .terminal import CONTEXT, Terminal

FLAGS = (
    *("voice_audio", "pass_id", "face", "face_at", "retiming"),
    *("take", "liveliness", "listener_sound", "listener_model", "speaker_video"),
    *("label", "label_language", "consent", "sign_cert", "sign_key", "timestamp_url"),
    *("watermark", "watermark_audio", "seed", "nthreads"),
)
"""Options of a run that `listen` offers; all others may stand in --config."""


@click.command("listen", cls=GroupedCommand, context_settings=CONTEXT)
@click.option("--audio", type=FilePath(), required=True, help="speech that is listened to")
@click.option("--video", type=FilePath(), required=True, help="video of the listener")
@click.option("--takes", type=int, default=1, help="different clips to make (default: 1)")
@making_video("<audio>-listener-<video>.mp4")
@with_options(FLAGS)
def listen_command(
    audio: Path,
    video: Path,
    output: Path | None,
    takes: int,
    overwrite: bool,
    config: Path | None,
    workspace: Path | None,
    quiet: bool,
    verbose: bool,
    **given: Any,
) -> None:
    """Make the video of the person in VIDEO listening to AUDIO, with the mouth closed.

    It is put together of the person's own footage, as long as the speech. With --voice_audio the
    person says that in between. Make videos only of people who have agreed to it. The result is
    marked synthetic.
    """
    from ..api.listen import listen
    from ..api.workspaces import cache_workspace

    place = cache_workspace() if workspace is None else Workspace(workspace)
    settings = resolve_config(place, {**given, "video": video}, config)
    with Terminal(place, quiet=quiet, verbose=verbose) as terminal:
        results = listen(
            audio,
            video,
            output,
            takes=takes,
            config=settings,
            workspace=place,
            overwrite=overwrite,
            progress=terminal.progress,
        )
        terminal.keep_speaker(given, settings.replace(video=video))
        for result in results:
            terminal.dubbed(result)
