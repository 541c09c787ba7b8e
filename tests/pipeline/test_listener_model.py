"""Which listener is taken: one that was trained, where it learned something, or the rule."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from audio2video.config import Config
from audio2video.errors import MissingFileError
from audio2video.pipeline.listener import listener_model
from audio2video.storage.artifacts import record_path
from audio2video.storage.workspace import Workspace


def chosen(workspace: Workspace, asked: str) -> Path | None:
    config = Config().replace(listener_model=asked)
    return listener_model(cast(Any, SimpleNamespace(config=config, workspace=workspace)))


@pytest.mark.parametrize(("held_out", "used"), [(2.0, True), (3.66, False), (2.92, False)])
def test_one_that_learned_nothing_is_not_used_unless_it_is_named(
    tmp_path: Path, held_out: float, *, used: bool
) -> None:
    workspace = Workspace(tmp_path)
    own = workspace.listener()
    assert chosen(workspace, "auto") is None
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_bytes(b"network")
    record = {"held_out_loss": held_out, "unigram_loss": 2.92}
    record_path(own).write_text(json.dumps(record))
    assert chosen(workspace, "auto") == (own if used else None)
    assert chosen(workspace, str(own)) == own
    assert chosen(workspace, "rule") is None


def test_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError) as error:
        chosen(Workspace(tmp_path), str(tmp_path / "none.npz"))
    assert str(error.value).endswith(
        "trained listener not found; --steps 0 --dyadic DIR trains one"
    )
