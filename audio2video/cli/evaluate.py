"""The commands that measure a pass and a result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from ..config import DEFAULT_PASS, CompositingConfig, TextureConfig, options_of
from ..config.resolve import resolve_config
from ..errors import OptionError
from ..storage.ids import DEFAULT_ID, check_id
from ..storage.workspace import Workspace
from .options import FilePath, in_workspace, quietly, with_options
from .terminal import CONTEXT, Terminal

NOISES = ("white", "pink", "babble")
"""As in `audio2video.speech.noise`, which takes a while to import."""

SPLITS = ("test", "validation", "training")


@click.group("evaluate", context_settings=CONTEXT)
def evaluate_group() -> None:
    """Measure results against real video. Prints one JSON object."""


@evaluate_group.command("lipsync", context_settings=CONTEXT)
@click.option("--pass_id", default=DEFAULT_PASS, help=f"pass to measure (default: {DEFAULT_PASS})")
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default=None,
    help="which of the pass's clips to measure on (default: test)",
)
@click.option(
    "--clips",
    type=FilePath(),
    help="folder of talking-head videos to measure on instead",
)
@click.option("--snr", type=float, help="add noise to the sound, at this ratio first [dB]")
@click.option("--noise_kind", type=click.Choice(NOISES), help="kind of noise (default: white)")
@click.option(
    "--landmark_model",
    type=FilePath(),
    help="dlib 68-point model to use for --clips instead of the packaged one",
)
@click.option(
    "--phones",
    type=FilePath(),
    help="CSV file of phones (clip,start,end,phone) to measure the mouth by phone",
)
@click.option(
    "--table",
    is_flag=True,
    help="print the table of errors in the space of shape coefficients instead",
)
@in_workspace()
@quietly("the JSON and errors")
def evaluate_lipsync_command(
    pass_id: str,
    split: str | None,
    clips: Path | None,
    snr: float | None,
    noise_kind: str | None,
    landmark_model: Path | None,
    phones: Path | None,
    table: bool,
    workspace: Path,
    quiet: bool,
) -> None:
    """Measure how well a pass's mouth shapes follow true ones.

    Beside the network stand the mean shape, a linear regression, and the truth through the shape
    basis, which no network on it can beat. Plots and the JSON go to output/evaluation/.
    """
    if snr is not None and not -60 <= snr <= 100:
        raise OptionError(f"--snr {snr} is out of bounds", hint="use -60 to 100")
    if noise_kind is not None and snr is None:
        raise OptionError("--noise_kind says nothing without --snr", hint="give --snr DB")
    if clips is not None and split is not None:
        raise OptionError("--split and --clips can't go together", hint="give one of them")
    check_id("pass_id", pass_id)
    if table:
        _coefficient_table(
            Workspace(workspace), pass_id, (split, clips, snr, landmark_model, phones), quiet=quiet
        )
        return
    from ..evaluation.lipsync import Question, evaluate_lipsync
    from ..evaluation.samples import Noise

    noise = None if snr is None else Noise(noise_kind or "white", snr)
    question = Question(pass_id, split or "test", clips, noise, landmark_model, phones)
    with Terminal(Workspace(workspace), quiet=quiet, verbose=False) as terminal:
        result = evaluate_lipsync(Workspace(workspace), question, terminal.progress)
    click.echo(json.dumps(result.as_dict(), indent=2, sort_keys=True))


def _coefficient_table(
    place: Workspace, pass_id: str, others: tuple[object, ...], *, quiet: bool
) -> None:
    if any(one is not None for one in others):
        raise OptionError(
            "--table measures the validation and test clips of the pass",
            hint="leave out --split, --clips, --snr, --landmark_model and --phones",
        )
    from ..evaluation.coefficient_table import measure_coefficients

    with Terminal(place, quiet=quiet, verbose=False) as terminal:
        result = measure_coefficients(place, pass_id, terminal.progress)
    click.echo(result.text())


REENACT_OPTIONS = (
    "tar_id",
    "video",
    "landmark_model",
    "nthreads",
    "seed",
    "face",
    "face_at",
    "steady",
    *options_of(TextureConfig),
    *options_of(CompositingConfig),
)


@evaluate_group.command("reenact", context_settings=CONTEXT)
@click.option(
    "--exclude",
    type=float,
    default=0.5,
    help="use only frames further than this from the one to rebuild [s] (default: 0.5)",
)
@with_options(REENACT_OPTIONS)
@in_workspace()
@quietly("the JSON and errors")
def evaluate_reenact_command(exclude: float, workspace: Path, quiet: bool, **given: Any) -> None:
    """Rebuild a target from itself and compare it with the truth.

    Each frame gets its own mouth shape back, made of frames further away. Videos, a blind test with
    its key, a plot and the JSON go to output/evaluation/<tar_id>-reenact/.
    """
    if not 0 <= exclude <= 3600:
        raise OptionError(f"--exclude {exclude} is out of bounds", hint="use 0 to 3600")
    place = Workspace(workspace)
    config = resolve_config(place, given)
    from ..evaluation.reenact import evaluate_reenact
    from ..pipeline.run import import_target

    with Terminal(place, quiet=quiet, verbose=False) as terminal:
        config = import_target(place, config, terminal.progress)
        result = evaluate_reenact(place, config, exclude, terminal.progress)
    click.echo(json.dumps(result.as_dict(), indent=2, sort_keys=True))


@evaluate_group.command("output", context_settings=CONTEXT)
@click.option("--inp_id", default=DEFAULT_ID, help=f"its speech (default: {DEFAULT_ID})")
@click.option("--tar_id", default=DEFAULT_ID, help=f"its target (default: {DEFAULT_ID})")
@click.option("--pass_id", help="pass that made its mouth shapes (default: as its report says)")
@click.option(
    "--landmark_model",
    type=FilePath(),
    help="dlib 68-point model that it was made with, instead of the packaged one",
)
@in_workspace()
@quietly("the JSON and errors")
def evaluate_output_command(
    inp_id: str,
    tar_id: str,
    pass_id: str | None,
    landmark_model: Path | None,
    workspace: Path,
    quiet: bool,
) -> None:
    """Measure a finished result.

    Lips against voice and prediction, the mouth in silence, frozen frames, durations, and what
    changed outside the face. Plots and the JSON go to output/<inp_id>-<tar_id>/evaluation/.
    """
    from ..evaluation.output import evaluate_output

    place = Workspace(workspace)
    with Terminal(place, quiet=quiet, verbose=False) as terminal:
        result = evaluate_output(
            place,
            inp_id,
            tar_id,
            pass_id=pass_id,
            landmark_model=landmark_model,
            progress=terminal.progress,
        )
    click.echo(json.dumps(result.as_dict(), indent=2, sort_keys=True))
