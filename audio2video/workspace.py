"""Where every file lives, and how files are written: whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from .errors import Audio2VideoError, BadFileError, MissingFileError

LAYOUT = (
    "raw/mfcc",
    "raw/fids",
    "input/mp3",
    "input/mfcc",
    "input/ldmk",
    "input/visual",
    "target/mp4",
    "target/proxy",
    "reference",
    "train",
    "log",
    "output",
)


class Workspace:
    """The folders of a project.

    Parameters
    ----------
    root : Path
        The workspace; made on first use.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self) -> None:
        """Make the folders that are not there yet.

        Raises
        ------
        Audio2VideoError
            The workspace can't be written.
        """
        try:
            for folder in LAYOUT:
                (self.root / folder).mkdir(parents=True, exist_ok=True)
            links = self.root / "raw" / "links.txt"
            if not links.exists():
                links.write_text("# One address of a video of your corpus a line.\n")
        except OSError as error:
            raise Audio2VideoError(
                f"the workspace can't be written ({error.strerror})",
                path=error.filename or self.root,
                hint="choose another with --workspace DIR",
            ) from error

    # What the user brings.

    def input_audio(self, inp_id: str) -> Path:
        """Find the input speech.

        Raises
        ------
        MissingFileError
            There is none with this id.
        """
        found = _named(self.root / "input" / "mp3", inp_id) or _named(
            shipped() / "input" / "mp3", inp_id
        )
        if found is None:
            raise MissingFileError(
                f"no input speech '{inp_id}'",
                path=self.root / "input" / "mp3",
                hint="put the file there or give --audio FILE",
            )
        return found

    def target_video(self, tar_id: str) -> Path:
        """Find the target video.

        Raises
        ------
        MissingFileError
            There is none with this id.
        """
        found = _named(self.root / "target" / "mp4", tar_id)
        if found is None:
            raise MissingFileError(
                f"no target video '{tar_id}'",
                path=self.root / "target" / "mp4",
                hint="put the file there or give --video FILE",
            )
        return found

    def bring(self, source: Path, folder: str, file_id: str) -> Path:
        """Copy a file of the user's into the workspace under an id.

        Raises
        ------
        MissingFileError
            The source is not there.
        Audio2VideoError
            The id is taken by another file: nothing is overwritten.
        """
        if not source.is_file():
            raise MissingFileError("file not found", path=source)
        there = _named(self.root / folder, file_id)
        if there is not None:
            if there.samefile(source) or file_hash(there) == file_hash(source):
                return there
            raise Audio2VideoError(
                f"the id '{file_id}' already belongs to another file",
                path=there,
                hint="rename your file, or remove that one",
            )
        product = self.root / folder / f"{file_id}{source.suffix.lower()}"
        with replacing(product) as temporary:
            shutil.copyfile(source, temporary)
        return product

    def target_options(self, tar_id: str) -> Path:
        """File with a target's own options; it need not be there."""
        return self.root / "target" / f"{tar_id}.toml"

    def proxy(self, tar_id: str, which: str) -> Path | None:
        """Teeth proxy picture the user has put in ``target/proxy``, if any."""
        return _named(self.root / "target" / "proxy", f"{tar_id}_{which}")

    # What the steps make.

    def features(self, inp_id: str) -> Path:
        """Speech features of an input."""
        return self.root / "input" / "mfcc" / f"{inp_id}.npy"

    def shapes(self, pass_id: str, inp_id: str) -> Path:
        """Predicted mouth shapes."""
        return self.root / "input" / "ldmk" / pass_id / f"{inp_id}.npy"

    def visual(self, pass_id: str, inp_id: str) -> Path:
        """Video of the predicted mouth shapes."""
        return self.root / "input" / "visual" / f"{inp_id}-{pass_id}.mp4"

    def training_pass(self, pass_id: str) -> Path:
        """Folder in which a pass is trained."""
        return self.root / "train" / pass_id

    def finished_pass(self, pass_id: str) -> Path | None:
        """Folder of a pass with a network to predict with: the workspace's own or the shipped."""
        for folder in (self.training_pass(pass_id), shipped() / "train" / pass_id):
            if (folder / "network.npz").is_file():
                return folder
        return None

    def shape_statistics(self) -> Path:
        """Shape basis and statistics: the workspace's own, or else the shipped."""
        own = self.root / "reference" / "shapes.npz"
        return own if own.is_file() else shipped() / "reference" / "shapes.npz"

    def analysis(self, tar_id: str, key: str) -> Path:
        """Folder of a target's analysis."""
        return self.root / "target" / "analysis" / f"{tar_id}-{key[:12]}"

    def output(self, inp_id: str, tar_id: str) -> Path:
        """Folder of a result."""
        return self.root / "output" / f"{inp_id}-{tar_id}"

    def result(self, inp_id: str, tar_id: str) -> Path:
        """Give the path of the result."""
        return self.output(inp_id, tar_id) / f"{inp_id}-{tar_id}.mp4"


def shipped() -> Path:
    """Folder of the pass, reference data and speech that travel with the package."""
    package = Path(__file__).resolve().parent
    installed = package / "shipped"
    # In a checkout they lie in their own folders beside the package.
    return installed if installed.is_dir() else package.parent


def _named(folder: Path, file_id: str) -> Path | None:
    """Find the one file in a folder whose name without its last suffix is the id."""
    if not folder.is_dir():
        return None
    found = sorted(
        p
        for p in folder.iterdir()
        if p.stem == file_id and p.suffix not in ("", ".json") and not p.name.startswith(".")
    )
    if len(found) > 1:
        names = ", ".join(p.name for p in found)
        raise Audio2VideoError(
            f"more than one file '{file_id}' ({names})", path=folder, hint="keep one of them"
        )
    return found[0] if found else None


# Whole or not at all.


@contextmanager
def replacing(product: Path) -> Iterator[Path]:
    """Write a file or folder under a temporary name; it takes its place when all went well.

    Parameters
    ----------
    product : Path
        What is to be there in the end.

    Yields
    ------
    Path
        Temporary path beside it, with the same suffix; write there.

    Raises
    ------
    Audio2VideoError
        The place can't be written or the disk is full.
    """
    temporary = temporary_beside(product)
    try:
        product.parent.mkdir(parents=True, exist_ok=True)
        sweep(product)
        yield temporary
        if product.is_dir() and temporary.is_dir():
            shutil.rmtree(product)
        temporary.replace(product)
    except OSError as error:
        raise Audio2VideoError(
            f"can't be written ({error.strerror or error})",
            path=product,
            hint="check the folder's permissions and the space on the disk",
        ) from error
    finally:
        _remove(temporary)


def temporary_beside(product: Path) -> Path:
    """Name for a file that is to become a product: hidden, of this process, with its suffix."""
    return product.with_name(f".{_stub(product)}.tmp-{os.getpid()}{product.suffix}")


def _stub(product: Path) -> str:
    """Stem of a product, or a stand-in for one that leaves no room for more."""
    stem = product.stem
    return stem if len(stem.encode()) <= 160 else hashlib.sha256(stem.encode()).hexdigest()[:16]


def sweep(product: Path) -> None:
    """Remove what killed runs left of this product under temporary names."""
    # A temporary file may have a temporary file of its own, hence the first star.
    for left in product.parent.glob(f".*{_glob_escape(_stub(product))}.tmp-*"):
        pid = left.name.rpartition(".tmp-")[2].split(".")[0]
        if pid.isdigit() and not _alive(int(pid)):
            _remove(left)


def _glob_escape(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON file, whole or not at all."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    BadFileError
        It is not one.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadFileError("can't be read as JSON", path=path, hint="remove it") from error
    if not isinstance(content, dict):
        raise BadFileError("not a JSON object", path=path, hint="remove it")
    return content


# Content.


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    stat = path.stat()
    return _file_hash(str(path.resolve()), stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=256)
def _file_hash(path: str, size: int, mtime_ns: int) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:  # noqa: PTH123
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def content_key(parts: Mapping[str, Any]) -> str:
    """Key that is equal only for equal parts, in hexadecimal."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
