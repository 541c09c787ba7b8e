"""Runs killed at random moments: nothing is damaged, and a plain rerun ends in the right result."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from fault_runs import JOBS, PIPELINE, Stage, kill_at_random, shared_stage

KILLS = 50

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")


@pytest.mark.parametrize("name", PIPELINE)
def test_a_kill_in_every_step(
    tmp_path_factory: pytest.TempPathFactory,
    small_speech: Path,
    small_target: Path,
    tmp_path: Path,
    rng: np.random.Generator,
    name: str,
) -> None:
    stage = shared_stage(
        tmp_path_factory.getbasetemp() / "faults", small_speech, small_target, PIPELINE
    )
    kill_at_random(stage, name, tmp_path / "workspace", rng)


@pytest.fixture(scope="module")
def all_steps(
    tmp_path_factory: pytest.TempPathFactory, small_speech: Path, small_target: Path
) -> Stage:
    """Training and step 0 as well."""
    return shared_stage(tmp_path_factory.getbasetemp() / "all", small_speech, small_target, JOBS)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(KILLS))
def test_a_kill_at_any_moment(all_steps: Stage, tmp_path: Path, number: int) -> None:
    rng = np.random.default_rng([20261121, number])
    kill_at_random(all_steps, JOBS[number % len(JOBS)], tmp_path / "workspace", rng)
