"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator that gives every test the same numbers each time."""
    return np.random.default_rng(20170730)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real footage; tests that need it say so when it is not there."""
    folder = Path(os.environ.get("AUDIO2VIDEO_SHARED", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"real footage not found in {folder} (set AUDIO2VIDEO_SHARED)")
    return folder
