"""Ids, and the names of files that ids are made from."""

from __future__ import annotations

from pathlib import Path

from audio2video.config import InputConfig
from audio2video.errors import OptionError
from audio2video.storage.ids import check_id, folded, id_from_path, is_usable
from audio2video.storage.workspace import Workspace

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Take bytes for an id, and for the name of a file."""
    text = data.decode("utf-8", "surrogateescape")
    workspace = Workspace(folder)
    with refused():
        options = InputConfig(inp_id=text, tar_id=text, pass_id=text)
        for path, depth in (
            (workspace.result(options.inp_id, options.tar_id), 3),
            (workspace.shapes(options.pass_id, options.inp_id), 4),
            (workspace.training_pass(options.pass_id), 2),
            (workspace.target_options(options.tar_id), 2),
            (workspace.analysis_lock(options.tar_id), 3),
        ):
            assert len(path.relative_to(folder).parts) == depth
            assert len(path.name.encode()) <= 255
        assert folded(text) == folded(folded(text))
    if "\0" not in text and Path(text).name:
        brought = id_from_path("demo", Path(text))
        assert is_usable(brought), (text, brought)
        assert id_from_path("demo", Path(text)) == brought
        check_id("inp_id", brought)
        try:
            assert check_id("inp_id", Path(text).stem)
        except OptionError:
            assert brought != Path(text).stem


def seeds() -> list[bytes]:
    """Names that are used, and those that lead elsewhere or mean something else."""
    texts = [
        *("demo", "my clip", "Ünïcode 語", "e\u0301", "-x", "50%", "it's", "x" * 81, "🎬"),
        *("../x", "/etc/passwd", "a/b", "a\\b", "a\0b", ".hidden", "a\nb", "C:x", "..", ""),
        *("con", "NUL.txt", "com1 .x", "a.", "a ", " a", "x.kept-1", "sequences.npz", "a.made"),
        *("\u202egnp.exe", "a\u2028b", "\x85"),
    ]
    return [text.encode() for text in texts] + [b"caf\xe9"]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
