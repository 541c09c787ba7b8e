"""The command that serves the page."""

from __future__ import annotations

import math
import os
import webbrowser
from contextlib import suppress
from pathlib import Path

import click

from ..errors import BadFileError
from ..runtime.extras import require
from ..storage.limits import read_limited
from .options import FilePath, in_workspace
from .terminal import CONTEXT

PASSWORD_VARIABLE = "AUDIO2VIDEO_PASSWORD"
MAX_PASSWORD_BYTES = 1000
MAX_GIB = 1024


@click.command("web", context_settings=CONTEXT)
@in_workspace()
@click.option("--host", default="127.0.0.1", show_default=True, help="address to listen at")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8517,
    show_default=True,
    help="port to listen at; 0 for any that is free",
)
@click.option(
    "--password_file",
    type=FilePath(),
    help="file with the password that opens the page, which any --host but this machine's own "
    f"demands; or set {PASSWORD_VARIABLE}",
)
@click.option("--name", "names", multiple=True, help="further host name that the server goes by")
@click.option(
    "--jobs", type=click.IntRange(1, 16), default=1, show_default=True, help="results at once"
)
@click.option(
    "--max_upload",
    type=click.FloatRange(0.001, MAX_GIB),
    default=8.0,
    show_default=True,
    metavar="GIB",
    help="largest file that may be uploaded",
)
@click.option("--no_browser", is_flag=True, help="only print the address")
def web_command(
    workspace: Path,
    host: str,
    port: int,
    password_file: Path | None,
    names: tuple[str, ...],
    jobs: int,
    max_upload: float,
    no_browser: bool,
) -> None:
    """Serve a page for this workspace: drop in two files and watch.

    Prints its address, and opens it. Jobs are kept in the workspace: they go on when the page is
    closed, and when the server is started again. Ctrl-C ends it.
    """
    if not math.isfinite(max_upload):
        raise click.UsageError(f"--max_upload must be a number of GiB, not {max_upload}.")
    require("the page", "starlette", "uvicorn", "sse_starlette")
    from ..web.serve import serve

    def ready(address: str) -> None:
        click.echo(f"serving {workspace.absolute()} at {address}")
        if not no_browser:
            with suppress(webbrowser.Error, OSError):
                webbrowser.open(address)

    serve(
        workspace,
        host=host,
        port=port,
        password=_password(password_file),
        at_once=jobs,
        max_upload=round(max_upload * 2**30),
        names=names,
        on_ready=ready,
        on_note=lambda text: click.echo(text, err=True),
    )


def _password(path: Path | None) -> str | None:
    if path is None:
        return os.environ.get(PASSWORD_VARIABLE) or None
    try:
        return read_limited(path, MAX_PASSWORD_BYTES).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise BadFileError("the password is no UTF-8 text", path=path) from error
