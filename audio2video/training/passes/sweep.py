"""Training the passes of a grid, several at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...config import Config
from ...progress import Progress
from ...runtime.extras import require
from ...runtime.workers import Call, WorkerMessage, WorkerPool, failure_text
from ...storage.files import replacing
from ...storage.workspace import Workspace
from ..corpus import read_index
from .grid import Grid, read_grid
from .plots import plot_sweep
from .table import PARTS, Pass, find_passes, pass_rows, read_passes, write_rows
from .training_worker import train_in_worker


@dataclass(frozen=True)
class Sweep:
    """Result of training a grid of passes.

    Parameters
    ----------
    name : str
    passes : list of Pass
        Those that are there, whole or begun.
    failed : dict
        By pass id, why it could not be trained.
    table, plot : Path, optional
        CSV of all passes, and their error against each axis; None where no pass is there.
    """

    name: str
    passes: list[Pass]
    failed: dict[str, str]
    table: Path | None = None
    plot: Path | None = None


def run_sweep(
    workspace: Workspace, path: Path, processes: int, progress: Progress | None = None
) -> Sweep:
    """Train all passes of a grid that are not trained yet.

    A pass begun by an earlier run goes on where it was. One that fails is told of and does not stop
    the others.

    Parameters
    ----------
    workspace : Workspace
    path : Path
        TOML file, see `audio2video.training.passes.grid.read_grid`.
    processes : int
        Passes trained at once, each with one thread.
    progress : Progress, optional

    Returns
    -------
    Sweep

    Raises
    ------
    Audio2VideoError
        The file can't be used, or there is no prepared corpus; nothing was trained then.
    """
    progress = progress or Progress()
    grid = read_grid(path)
    require("training", "tensorflow")
    read_index(workspace)
    workspace.create()
    failed = _train_all(workspace, grid.passes, processes, progress)
    there = {one.pass_id for one in read_passes(workspace)}
    passes = find_passes(workspace, [i for i in grid.passes if i in there])
    if not passes:
        return Sweep(grid.name, passes, failed)
    return Sweep(grid.name, passes, failed, *_write(workspace, grid, passes))


def _train_all(
    workspace: Workspace, passes: Mapping[str, Config], processes: int, progress: Progress
) -> dict[str, str]:
    """Train passes in processes of their own; returns why some failed."""
    total = sum(config.training.nepochs for config in passes.values())
    epochs: dict[str, int] = {}
    failed: dict[str, str] = {}
    left = len(passes)

    def beat() -> None:
        # A pass that has trained its last epoch still has to be measured and written.
        progress.update("sweep", max(sum(epochs.values()) - bool(left), 0), total, "epoch")

    def on_message(call: Call, message: WorkerMessage) -> None:
        if message.count is not None:
            epochs[call.tag] = message.count
        if message.warning is not None:
            progress.warn(f"{call.tag}: {message.warning}")

    def may_start(call: Call, running: list[Call]) -> bool:
        progress.note(f"training pass {call.tag}")
        return True

    calls = deque(
        Call(train_in_worker, (workspace.root, config), pass_id, reports=True)
        for pass_id, config in passes.items()
    )
    beat()
    with WorkerPool(processes, reuse=False) as pool:
        for call, value in pool.run(calls, beat, on_message, may_start):
            error = failure_text(value)
            if error is not None:
                failed[call.tag] = error
                progress.warn(f"pass {call.tag} failed: {error}")
            # Failed or finished before, it takes no more of the time that is left.
            epochs[call.tag] = passes[call.tag].training.nepochs
            left -= 1
            beat()
    return failed


def _write(workspace: Workspace, grid: Grid, passes: list[Pass]) -> tuple[Path, Path]:
    table = workspace.sweep(grid.name)
    with replacing(table) as temporary:
        write_rows(pass_rows(passes), temporary)
    plot = table.with_suffix(".png")
    axes = {name: [grid.passes[one.pass_id].flags()[name] for one in passes] for name in grid.axes}
    errors = {part: [one.measure(part, "mse") for one in passes] for part in PARTS}
    with replacing(plot) as temporary:
        plot_sweep(axes, errors, temporary)
    return table, plot
