"""The tutorial notebook: it runs, and uses public names only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT

import audio2video

NOTEBOOK = nbformat.read(ROOT / "docs" / "tutorial.ipynb", as_version=4)
CODE = [cell for cell in NOTEBOOK.cells if cell.cell_type == "code"]


def test_it_is_valid_and_has_no_outputs() -> None:
    nbformat.validate(NOTEBOOK)
    assert not any(cell.outputs or cell.execution_count for cell in CODE)


def test_it_uses_public_names_only() -> None:
    for cell in CODE:
        ast.parse(cell.source)
        assert set(re.findall(r"\ba2v\.(\w+)", cell.source)) <= set(audio2video.__all__)
        assert not re.search(r"from audio2video\b|import audio2video\.", cell.source)


@pytest.mark.slow
def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nbclient import NotebookClient

    for folder in ("CACHE", "CONFIG"):
        monkeypatch.setenv(f"XDG_{folder}_HOME", str(tmp_path / folder.lower()))
    client = NotebookClient(NOTEBOOK, timeout=600, resources={"metadata": {"path": str(tmp_path)}})
    client.execute()
    assert {path.name for path in tmp_path.glob("*.mp4")} == {"demo.mp4", "stages.mp4", "wide.mp4"}
    plots = [out for cell in CODE for out in cell.outputs if "image/png" in out.get("data", {})]
    assert len(plots) == 7
