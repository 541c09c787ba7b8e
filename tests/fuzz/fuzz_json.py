"""The JSON files of ours: records, hashes, the corpus's index, clips and outcomes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from audio2video.progress import Progress
from audio2video.storage.artifacts import (
    build_if_stale,
    check_owners_in,
    is_current,
    made_from,
    record_path,
)
from audio2video.storage.checksums import HASHES, check_hashes
from audio2video.storage.files import content_key, file_hash
from audio2video.storage.workspace import Workspace
from audio2video.training.corpus import feature_kind, read_clip, read_index
from audio2video.training.dataset.fragments import read_outcome
from audio2video.training.dataset.recording import Recording, read_opened

from .harness import Harness, main, refused

CLIP = "a}}00"
IDS = {"inp_id": "a", "tar_id": "b"}


def check(data: bytes, folder: Path) -> None:
    """Read one file as each of them."""
    product = folder / "a.npy"
    product.write_bytes(b"product")
    record_path(product).write_bytes(data)
    is_current(product, {})
    made_from(product)
    with refused():
        check_owners_in(folder, IDS)
    with refused():
        build_if_stale(product, {}, _build, Progress(), owner=IDS)
    (folder / HASHES).write_bytes(data)
    with refused():
        check_hashes(folder, ("a.npy",))
    _corpus(data, Workspace(folder / "workspace"))


def _build(path: Path) -> None:
    path.write_bytes(b"new")


def _corpus(data: bytes, workspace: Workspace) -> None:
    raw = workspace.root / "raw"
    recording = Recording(workspace.root, "a", "a", Path("a.mp4"), "key")
    paths = [
        workspace.root / "reference" / "clips.json",
        raw / "fids" / CLIP / "clip.json",
        raw / "recordings" / "a.json",
        recording.work / "opened.json",
    ]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    features = raw / "mfcc" / "a.npy"
    if not features.is_file():
        features.parent.mkdir(exist_ok=True)
        np.save(features, np.zeros((500, 28), np.float32))
        np.save(paths[1].with_name("mouth.npy"), np.zeros((5, 20, 2), np.float32))
    with refused():
        assert all("/" not in name for name in read_index(workspace))
    with refused():
        feature_kind(workspace)
    with refused():
        read_clip(workspace, CLIP)
    read_outcome(workspace, "a", "key")
    read_opened(recording)


def seeds() -> list[bytes]:
    """One of each, and values of other types in their places."""
    record = {
        "key": content_key({}),
        "sha256": "0" * 64,
        "replaces": None,
        "depends_on": {"retiming": "x"},
        "made_for": IDS,
        "rate": "25",
    }
    clip = {"recording": "a", "speaker": "s", "rate": "30000/1001", "start": 0.5}
    outcome = {"fragments": [CLIP], "seconds": 1.0, "ready_cut": True, "thrown": "", "offset": None}
    opened = {"key": "key", "rate": "25", "frames": 9, "ready_cut": False, "spans": [[0, 9]]}
    contents: list[object] = [
        record,
        {**record, "depends_on": [], "made_for": "a"},
        {"clips": {CLIP: {}}, "features": "published"},
        {"clips": {"../../x}}00": {}}},
        clip,
        {**clip, "rate": "1e999999999", "start": "inf"},
        {"key": "key", "sound": False, "outcome": outcome},
        {"key": "key", "sound": False, "outcome": {**outcome, "fragments": 5}},
        opened,
        {**opened, "spans": [[9, 0]]},
        {"a.npy": file_hash(Path(__file__))},
        [],
    ]
    return [json.dumps(content).encode() for content in contents] + [b"{", b"[" * 2000, b"\xff"]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
