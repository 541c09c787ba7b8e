"""The rules of the house: who may import whom."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

# From the top of the house to the ground; a room may use those below it, and itself.
ROOMS = (
    ("__main__",),
    ("__init__",),
    ("cli",),
    ("web",),
    ("batch",),
    ("api",),
    ("inspection",),
    ("evaluation",),
    ("pipeline",),
    ("training",),
    ("target",),
    ("spoken",),
    ("provenance",),
    ("models",),
    ("presenter",),
    ("watermark",),
    ("compositing",),
    ("listening",),
    ("retiming",),
    ("texture",),
    ("mouth",),
    ("face",),
    ("speech",),
    ("media",),
    ("config",),
    ("storage",),
    ("runtime",),
    ("progress",),
    ("errors",),
    ("numerics",),
    ("_typing",),
)
LEVEL = {room: level for level, rooms in enumerate(ROOMS) for room in rooms}
ALGORITHMS = (
    "presenter",
    "mouth",
    "texture",
    "retiming",
    "listening",
    "compositing",
    "watermark",
    "face",
    "speech",
)
FILES = sorted((ROOT / "audio2video").rglob("*.py"))


def room_of(path: Path) -> str:
    first = path.relative_to(ROOT / "audio2video").parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Absolute names of all modules that a file imports, and whether at its top level."""
    package = ("audio2video", *path.relative_to(ROOT / "audio2video").parts[:-1])
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            base += node.module.split(".") if node.module else []
            name = ".".join(base)
            if name == "audio2video":  # from .. import x
                for alias in node.names:
                    yield f"audio2video.{alias.name}", id(node) in top
            else:
                yield name, id(node) in top


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    here = LEVEL[room_of(path)]
    for name, _ in imports(path):
        parts = name.split(".")
        if parts[0] == "audio2video" and len(parts) > 1 and not parts[1].startswith("__"):
            assert LEVEL[parts[1]] >= here, f"{path} imports {name}"


@pytest.mark.parametrize(
    ("library", "only"),
    [
        ("dlib", {"face/detection.py", "face/identity.py", "models/face_models.py"}),
        ("distributed", {"training/dataset/cluster.py"}),
        ("scenedetect", {"training/dataset/shots.py"}),
        ("yt_dlp", {"training/dataset/download.py"}),
        ("tensorflow", {"training/trainer.py"}),
        ("av", {"media/"}),
        ("c2pa", {"provenance/"}),
        ("cryptography", {"provenance/"}),
        ("click", {"cli/"}),
        ("tqdm", {"progress.py"}),
        ("starlette", {"web/"}),
        ("uvicorn", {"web/"}),
        ("matplotlib", {"media/figures.py"}),
    ],
)
def test_libraries_have_one_home(library: str, only: set[str]) -> None:
    for path in FILES:
        place = path.relative_to(ROOT / "audio2video").as_posix()
        for name, _ in imports(path):
            if name.split(".")[0] == library:
                assert any(place.startswith(home) for home in only), f"{place} imports {library}"


def calls_of(path: Path) -> set[str]:
    """Names of the functions that a file calls."""
    return {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def file_of(name: str) -> Path | None:
    """File of a module of the package."""
    place = ROOT.joinpath(*name.split("."))
    return next((p for p in (place.with_suffix(".py"), place / "__init__.py") if p.is_file()), None)


def reached_from(rooms: tuple[str, ...]) -> set[Path]:
    """All files of these rooms, and all that they import, directly or through others."""
    reached: set[Path] = set()
    waiting = [path for path in FILES if room_of(path) in rooms]
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            found = (file_of(n) for n, _ in imports(path) if n.startswith("audio2video."))
            waiting += [other for other in found if other is not None]
    return reached


def test_only_the_command_line_prints() -> None:
    for path in FILES:
        if room_of(path) != "cli":
            assert "print" not in calls_of(path), path


def test_algorithms_touch_no_files_not_even_through_helpers() -> None:
    keeps_machine_code = ROOT / "audio2video" / "runtime" / "kernels.py"
    for path in reached_from(ALGORITHMS) - {keeps_machine_code}:
        assert "open" not in calls_of(path), path
        modules = {name.split(".")[0] for name, _ in imports(path)}
        assert not modules & {"io", "os", "pathlib", "shutil", "tempfile"}, path
