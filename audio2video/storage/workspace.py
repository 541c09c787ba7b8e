"""Where every file lives."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import Audio2VideoError, BadFileError, MissingFileError
from .files import file_hash, read_json, remove, replacing, set_aside, sweep, write_json
from .ids import DEFAULT_ID, same_name

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


NO_SUFFIXES = ("", ".json", ".srt")
"""Names with these are not looked at as the user's media."""

SYNTHETIC_VOICE = "synthetic_voice"
"""Key in the record of a speech: the program and the voice that spoke it."""


@dataclass(frozen=True)
class Brought:
    """A file of the user's in the workspace.

    Parameters
    ----------
    path : Path
    kept : Path, optional
        Where the file lies whose place it has taken.
    """

    path: Path
    kept: Path | None = None


class Workspace:
    """The folders of a project.

    What the user brings is read through links, wherever they lead: speech, videos, pictures, a
    corpus in ``raw/``, a trained pass. Nothing is written through a link that leads out of the
    workspace: a file that is one is replaced by a file, a folder that is one is refused (see
    `inside`). The workspace itself may be a link.

    Parameters
    ----------
    root : Path or str
        The workspace; made on first use.
    """

    def __init__(self, root: Path | str) -> None:
        self.root = Path(root)

    @classmethod
    def at(cls, given: Workspace | Path | str) -> Workspace:
        """Take a folder for the workspace in it."""
        return given if isinstance(given, Workspace) else cls(given)

    def create(self) -> None:
        """Make the folders that are not there yet.

        Raises
        ------
        Audio2VideoError
            The workspace can't be written.
        """
        try:
            for folder in LAYOUT:
                if not self._leads_out(self.root / folder):
                    (self.root / folder).mkdir(parents=True, exist_ok=True)
            if not self._leads_out(self.root / "raw"):
                # Opened like this, a link that leads nowhere is not followed.
                with suppress(FileExistsError), (self.root / "raw" / "links.txt").open("x") as file:
                    file.write("# One address of a video of your corpus a line.\n")
        except OSError as error:
            raise Audio2VideoError(
                f"the workspace can't be written ({error.strerror})",
                path=error.filename or self.root,
                hint="choose another with --workspace DIR",
            ) from error

    def inside(self, *parts: str) -> Path:
        """Give a folder that is to be written into.

        Raises
        ------
        Audio2VideoError
            It leads out of the workspace, through a link.
        """
        folder = self.root.joinpath(*parts)
        if self._leads_out(folder):
            raise Audio2VideoError(
                "leads out of the workspace through a link, where nothing is written",
                path=folder,
                hint="put the folder itself there, or work in another --workspace DIR",
            )
        return folder

    def _leads_out(self, folder: Path) -> bool:
        try:
            return not folder.resolve().is_relative_to(self.root.resolve())
        except (OSError, RuntimeError):  # links in a circle
            return True

    # What the user brings.

    def input_audio(self, inp_id: str) -> Path:
        """Find the input speech: the workspace's own, or the shipped demo speech.

        Raises
        ------
        MissingFileError
            There is none with this id.
        """
        found = _named(self.root / "input" / "mp3", inp_id) or _demo(inp_id, "demo.mp3")
        if found is None:
            raise MissingFileError(
                f"no input speech '{inp_id}'",
                path=self.root / "input" / "mp3",
                hint="put the file there or give --audio FILE",
            )
        return found

    def spoken(self, inp_id: str) -> Path:
        """Speech of a text; the times of its words are in the ``.srt`` of that name.

        Raises
        ------
        Audio2VideoError
            Speech of another kind is there under this id.
        """
        product = self.inside("input", "mp3") / f"{inp_id}.wav"
        there = _named(product.parent, inp_id)
        if there is not None and not (there == product and _is_spoken(there)):
            raise Audio2VideoError(
                f"the id '{inp_id}' already belongs to another file",
                path=there,
                hint="give the text another with --inp_id NAME",
            )
        return product

    def target_video(self, tar_id: str) -> Path:
        """Find the target video: the workspace's own, or the shipped demo video.

        Raises
        ------
        MissingFileError
            There is none with this id.
        """
        found = _named(self.root / "target" / "mp4", tar_id) or _demo(tar_id, "demo.mp4")
        if found is None:
            raise MissingFileError(
                f"no target video '{tar_id}'",
                path=self.root / "target" / "mp4",
                hint="put the file there or give --video FILE",
            )
        return found

    def bring(
        self,
        source: Path,
        folder: str,
        file_id: str,
        *,
        link: bool = False,
        force: bool = False,
    ) -> Brought:
        """Copy a file of the user's into the workspace under an id.

        The same file with another content, exported anew, takes the old one's place.

        Parameters
        ----------
        source : Path
        folder : str
            Of the workspace.
        file_id : str
        link : bool
            Link to the file where the system can, instead of copying it.
        force : bool
            Take the file even if the id is another's.

        Returns
        -------
        Brought

        Raises
        ------
        MissingFileError
            The source is not there.
        Audio2VideoError
            The id is taken by another file: nothing is overwritten.
        """
        if not source.is_file():
            raise MissingFileError("file not found", path=source)
        there, kept = _named(self.root / folder, file_id), None
        if there is not None:
            if there.samefile(source) or file_hash(there) == file_hash(source):
                sweep(_origin_path(there))  # of a run that was killed after it had brought the file
                return Brought(there)
            if not (force or _came_from(there, source)):
                option = "inp_id" if folder.startswith("input") else "tar_id"
                raise Audio2VideoError(
                    f"the id '{file_id}' already belongs to another file",
                    path=there,
                    hint=f"give yours another with --{option} NAME, or take its place with "
                    "--force True",
                )
            kept = set_aside(there)
            remove(_origin_path(there))
        suffix = source.suffix.lower()
        if suffix in NO_SUFFIXES:
            suffix = ".media"
        product = self.inside(folder) / f"{file_id}{suffix}"
        with replacing(product) as temporary:
            if link:
                with suppress(OSError):
                    temporary.symlink_to(source.resolve())
            if not temporary.is_symlink():
                shutil.copyfile(source, temporary)
        origin = {"brought_from": str(source.resolve())}
        write_json(_origin_path(product), origin | synthetic_voice(source))
        return Brought(product, kept)

    def target_options(self, tar_id: str) -> Path:
        """File with a target's own options; it need not be there."""
        return self.root / "target" / f"{tar_id}.toml"

    def proxy(self, tar_id: str, which: str) -> Path | None:
        """Teeth proxy picture the user has put in ``target/proxy``, if any."""
        return _named(self.root / "target" / "proxy", f"{tar_id}_{which}")

    # What the steps make.

    def features(self, inp_id: str) -> Path:
        """Speech features of an input."""
        return self.inside("input", "mfcc") / f"{inp_id}.npy"

    def shapes(self, pass_id: str, inp_id: str) -> Path:
        """Predicted mouth shapes."""
        return self.inside("input", "ldmk", pass_id) / f"{inp_id}.npy"

    def visual(self, pass_id: str, inp_id: str) -> Path:
        """Video of the predicted mouth shapes."""
        return self.inside("input", "visual") / f"{inp_id}-{pass_id}.mp4"

    def training_pass(self, pass_id: str) -> Path:
        """Folder in which a pass is trained."""
        return self.inside("train", pass_id)

    def listener(self) -> Path:
        """File of the trained listener."""
        return self.inside("train", "listener") / "listener.npz"

    def sequences(self) -> Path:
        """Training sequences of the corpus, shared by all passes."""
        return self.inside("train") / "sequences.npz"

    def lags(self, key: str) -> Path:
        """Lags between sound and picture of a corpus's speakers."""
        return self.root / "train" / f"lags-{key[:12]}.json"

    def finished_pass(self, pass_id: str) -> Path | None:
        """Folder of a pass with a network to predict with: the workspace's own or the shipped."""
        for folder in (self.root / "train" / pass_id, shipped() / "passes" / pass_id):
            if (folder / "network.npz").is_file():
                return folder
        return None

    def shape_statistics(self) -> Path:
        """Shape basis and statistics: the workspace's own, or else the shipped."""
        own = self.root / "reference" / "shapes.npz"
        return own if own.is_file() else shipped() / "reference" / "shapes.npz"

    def analysis(self, tar_id: str, key: str) -> Path:
        """Folder of a target's analysis."""
        return self.inside("target", "analysis", f"{tar_id}-{key[:12]}")

    def analyses(self) -> Path:
        """Folder of all analyses."""
        return self.inside("target", "analysis")

    def analysis_lock(self, tar_id: str) -> Path:
        """Lock of who analyses a target, see `audio2video.storage.locks.locked`."""
        return self.analyses() / f".{tar_id}.lock"

    def people(self, tar_id: str, key: str) -> Path:
        """Faces that were found in a video."""
        return self.all_people() / f"{tar_id}-{key[:12]}.npz"

    def all_people(self) -> Path:
        """Folder of the faces that were found in videos."""
        return self.inside("target", "people")

    def people_lock(self, tar_id: str) -> Path:
        """Lock of who finds the faces in a video, see `audio2video.storage.locks.locked`."""
        return self.all_people() / f".{tar_id}.lock"

    def landmarks(self, tar_id: str) -> Path:
        """Folder of the landmarks of a video."""
        return self.inside("output", "landmarks", tar_id)

    def identity(self, name: str) -> Path:
        """Folder of landmarks without identity, named after the first speaker."""
        return self.inside("output", "identity", name)

    def batch_lock(self, tar_id: str) -> Path:
        """Lock of the row of a batch that brings and analyses a target."""
        return self.analyses() / f"..{tar_id}.lock"  # no id begins with a dot

    def batch(self, name: str) -> Path:
        """Results of a batch's rows."""
        return self.inside("output") / f"{name}.json"

    def evaluation(self, name: str) -> Path:
        """Folder of a pass's evaluation on one set of clips."""
        return self.inside("output", "evaluation", name)

    def comparison(self, name: str) -> Path:
        """Plot of passes side by side."""
        return self.inside("output", "passes") / f"{name}.png"

    def sweep(self, name: str) -> Path:
        """Table of a sweep's passes; the plot has the same name."""
        return self.inside("output", "sweeps") / f"{name}.csv"

    def output(self, inp_id: str, tar_id: str) -> Path:
        """Folder of a result."""
        return self.inside("output", f"{inp_id}-{tar_id}")

    def result(self, inp_id: str, tar_id: str) -> Path:
        """Give the path of the result."""
        return self.output(inp_id, tar_id) / f"{inp_id}-{tar_id}.mp4"

    def results(self, tar_id: str) -> list[Path]:
        """Give the finished results whose names end in a target's id."""
        output = self.root / "output"
        if not output.is_dir():
            return []
        named = [folder for folder in output.iterdir() if folder.name.endswith(f"-{tar_id}")]
        paths = [folder / f"{folder.name}.mp4" for folder in sorted(named)]
        return [path for path in paths if path.is_file()]


def _origin_path(there: Path) -> Path:
    """Where it is noted which file of the user's another is a copy of."""
    return there.with_name(f"{there.name}.made.json")


def synthetic_voice(speech: Path) -> dict[str, Any]:
    """Give the part of a speech's record that says which program spoke it; empty if none did."""
    try:
        told = read_json(_origin_path(speech)).get(SYNTHETIC_VOICE)
    except BadFileError:
        return {}
    return {SYNTHETIC_VOICE: told} if isinstance(told, dict) else {}


def _is_spoken(speech: Path) -> bool:
    """Tell whether a speech was made here of a text, and not brought."""
    try:
        record = read_json(_origin_path(speech))
    except BadFileError:
        return False
    return SYNTHETIC_VOICE in record and "brought_from" not in record


def _came_from(there: Path, source: Path) -> bool:
    """Tell whether a file is an earlier state of another, perhaps exported to another format."""
    try:
        origin = Path(str(read_json(_origin_path(there)).get("brought_from")))
    except BadFileError:
        return False
    found = source.resolve()
    return found.parent == origin.parent and same_name(found.stem, origin.stem)


def shipped() -> Path:
    """Folder of the passes, reference data, demo speech and demo video in the package."""
    return Path(__file__).resolve().parent.parent / "assets"


def _demo(file_id: str, name: str) -> Path | None:
    """Give a shipped demo file if the id is the demo's."""
    return shipped() / name if same_name(file_id, DEFAULT_ID) else None


def _named(folder: Path, file_id: str) -> Path | None:
    """Find the one file in a folder whose name without its last suffix is the id."""
    if not folder.is_dir():
        return None
    found = sorted(
        p
        for p in folder.iterdir()
        if same_name(p.stem, file_id) and p.suffix not in NO_SUFFIXES and not p.name.startswith(".")
    )
    if len(found) > 1:
        names = ", ".join(p.name for p in found)
        raise Audio2VideoError(
            f"more than one file '{file_id}' ({names})", path=folder, hint="keep one of them"
        )
    return found[0] if found else None
