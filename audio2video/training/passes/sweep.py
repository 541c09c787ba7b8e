"""Training the passes of a grid, several at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from ...config import Config
from ...progress import Progress
from ...storage.files import replacing
from ...storage.workspace import Workspace
from ..corpus import read_index
from .grid import Grid, read_grid
from .plots import plot_sweep
from .table import PARTS, Pass, find_passes, pass_rows, read_passes, write_rows
from .worker import Worker


@dataclass(frozen=True)
class Sweep:
    """What became of a grid of passes.

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
    queue = list(passes.items())
    total = sum(config.training.nepochs for config in passes.values())
    epochs: dict[str, int] = {}
    failed: dict[str, str] = {}
    running: dict[Any, Worker] = {}
    progress.update("sweep", 0, total, "epoch")
    try:
        while queue or running:
            while queue and len(running) < processes:
                pass_id, config = queue.pop(0)
                progress.note(f"training pass {pass_id}")
                worker = Worker(workspace, config)
                running[worker.ours] = worker
            for ready in wait(list(running)):
                worker = running[ready]
                news = worker.news()
                if news.epochs is not None:
                    epochs[worker.pass_id] = news.epochs
                if news.warning is not None:
                    progress.warn(f"{worker.pass_id}: {news.warning}")
                if news.error is not None:
                    failed[worker.pass_id] = news.error
                    progress.warn(f"pass {worker.pass_id} failed: {news.error}")
                if news.done or news.error is not None:
                    # Failed or finished before, it takes no more of the time that is left.
                    epochs[worker.pass_id] = passes[worker.pass_id].training.nepochs
                    running.pop(ready).close()
            # A pass that has trained its last epoch still has to be measured and written.
            done = sum(epochs.values()) - (1 if queue or running else 0)
            progress.update("sweep", max(done, 0), total, "epoch")
    finally:
        for worker in running.values():
            worker.close()
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
