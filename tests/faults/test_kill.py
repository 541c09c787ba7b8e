"""Runs killed at random moments: nothing is damaged, and a plain rerun ends in the right result."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from fault_runs import JOBS, PIPELINE, Stage, kill_at_random

KILLS = 50

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


@pytest.mark.parametrize("name", PIPELINE)
def test_a_kill_in_every_step(
    stage: Stage,
    tmp_path: Path,
    rng: np.random.Generator,
    name: str,
) -> None:
    kill_at_random(stage, name, tmp_path / "workspace", rng)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_a_kill_at_any_moment(all_steps: Stage, tmp_path: Path, number: int) -> None:
    rng = np.random.default_rng([20261121, number])
    kill_at_random(all_steps, JOBS[number % len(JOBS)], tmp_path / "workspace", rng)
