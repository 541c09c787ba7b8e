"""The entry points: every command, and errors turned into one line and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from typing import NoReturn

import click

from .. import __version__
from ..errors import Audio2VideoError, CancelledError
from ..runtime.resource_errors import as_resource_error
from ..runtime.signals import stoppable
from ..runtime.startup import prepare_process
from .animate import animate_command
from .batch import batch_command
from .cache import cache_group
from .dub import dub_command
from .evaluate import evaluate_group
from .faces import faces_command
from .identity import identity_command
from .inspect import inspect_command
from .landmarks import landmarks_command
from .listen import listen_command
from .passes import passes_group, sweep_command
from .run import run_command
from .usage import usage_message
from .verify import verify_command
from .web import web_command

EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

_STOPPED = "{}; what is finished is kept"


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="audio2video")
def main_group() -> None:
    """Make the video of a person saying given speech ("Synthesizing Obama", SIGGRAPH 2017)."""


for _command in (
    dub_command,
    run_command,
    faces_command,
    landmarks_command,
    identity_command,
    inspect_command,
    animate_command,
    listen_command,
    batch_command,
    evaluate_group,
    passes_group,
    sweep_command,
    cache_group,
    verify_command,
    web_command,
):
    main_group.add_command(_command)


def main(args: Sequence[str] | None = None) -> NoReturn:
    """Run the command ``audio2video``."""
    _run(main_group, args)


def main_run(args: Sequence[str] | None = None) -> NoReturn:
    """Run ``python run.py``."""
    _run(run_command, args)


def _run(command: click.Command, args: Sequence[str] | None) -> NoReturn:
    """Run a command; whatever the user can put right becomes one line and exit code 2."""
    prepare_process()
    with ExitStack() as stack:
        request = stack.enter_context(stoppable())
        try:
            code, error = _outcome(command, args)
        except (KeyboardInterrupt, click.Abort, CancelledError):
            code, error = EXIT_INTERRUPTED, _STOPPED.format("interrupted")
        except Exception:
            if not request.number:
                raise
            code, error = request.code, ""
        stack.close()
        if request.number and error is not None:
            # Whatever the request was turned into on its way, as by a module being imported.
            code = request.code
            how = "interrupted" if code == EXIT_INTERRUPTED else "terminated"
            error = _STOPPED.format(how)
        if error is not None:
            with suppress(OSError):  # nobody listens, or the disk that the words go to is full
                click.echo(f"error: {error}", err=True)
    sys.exit(code)


def _outcome(command: click.Command, args: Sequence[str] | None) -> tuple[int, str | None]:
    """Run a command; gives its exit code, and in one line why it failed."""
    try:
        code = command.main(args=args, standalone_mode=False)
    except (CancelledError, click.Abort):
        raise
    except Audio2VideoError as error:
        return EXIT_BAD_INPUT, str(as_resource_error(error) or error)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return EXIT_BAD_INPUT, None
    except click.ClickException as error:
        return EXIT_BAD_INPUT, " ".join(usage_message(error).split())
    except Exception as error:
        shortage = as_resource_error(error)
        if shortage is None:
            raise
        return EXIT_BAD_INPUT, str(shortage)
    return code if isinstance(code, int) else 0, None
