"""One call from a speaker's sound and a listener's video to clips of that person listening."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from ..config import Config
from ..errors import MissingFileError, OptionError
from ..progress import Progress, as_progress
from ..storage.ids import id_from_path
from ..storage.workspace import Workspace
from .dub import DubResult, dub

MOST_TAKES = 100


def listen(
    audio: str | Path,
    video: str | Path,
    output: str | Path | None = None,
    *,
    takes: int = 1,
    config: Config | None = None,
    workspace: Workspace | str | Path | None = None,
    overwrite: bool = False,
    progress: Progress | bool | None = None,
) -> tuple[DubResult, ...]:
    """Make clips of the person in `video` listening to `audio`.

    Each is as long as the speech, put together of the person's own footage: calm where nothing is
    to be done, with nods where a published rule asks for a sign of listening, and with the mouth
    closed. It is marked as synthetic like any other result. Show only people who have agreed to it.

    Parameters
    ----------
    audio : str or Path
        What the person listens to: a sound file, or a video with sound.
    video : str or Path
        Video of the person, who may talk in it.
    output : str or Path, optional
        MP4 file to write; ``<audio>-listener-<video>.mp4`` in the current folder by default. With
        several takes each gets its number before the suffix.
    takes : int
        How many different clips to make, from `config`'s take on.
    config : Config, optional
        Everything else. With its `voice_audio` the person says that in between: of the same length
        as `audio`, and silent where the person listens.
    workspace : Workspace, str or Path, optional
        Where intermediate products are kept; a temporary folder by default.
    overwrite : bool
        Replace files that are there.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    tuple of DubResult
        One for each take.

    Raises
    ------
    OptionError
        An output is there already, is one of the inputs, or is no MP4 file.
    Audio2VideoError
        An input is missing or can't be used; nothing is written then.

    Examples
    --------
    >>> import audio2video as a2v
    >>> clips = a2v.listen(a2v.demo_speech(), a2v.demo_video(), "listener.mp4")  # doctest: +SKIP
    >>> clips[0].path.name                                                       # doctest: +SKIP
    'listener.mp4'
    """
    if not 1 <= takes <= MOST_TAKES:
        raise OptionError(f"{takes} takes can't be made", hint=f"use 1 to {MOST_TAKES}")
    settings, tell = (config or Config()).replace(listen=True), as_progress(progress)
    heard = id_from_path(settings.inputs.inp_id, Path(audio))
    shown = id_from_path(settings.inputs.tar_id, Path(video))
    first = settings.listening.take
    products = listener_products(
        Path(output or f"{heard}-listener-{shown}.mp4"), range(first, first + takes)
    )
    for product in products:
        if product.exists() and not overwrite:
            raise OptionError(
                "is there already", path=product, hint="choose another output, or overwrite it"
            )
    if not Path(audio).is_file():
        raise MissingFileError("audio file not found", path=Path(audio))
    results = []
    with ExitStack() as stack:
        place = workspace
        if place is None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="audio2video-"))
            place = Workspace(Path(folder) / "workspace")
        for take, product in zip(range(first, first + takes), products, strict=True):
            made = dub(
                audio,
                video,
                product,
                config=settings.replace(take=take, inp_id=listener_id(heard, take)),
                workspace=place,
                overwrite=overwrite,
                progress=tell,
            )
            kept = made if workspace is not None else replace(made, sheet=None, report=None)
            results.append(kept if workspace is not None else replace(kept, shapes=()))
    return tuple(results)


def listener_id(heard: str, take: int) -> str:
    """Give the id of a speech as one who listens hears it: no dub of the same speech is touched."""
    return f"{heard}-listener{take}"


def listener_products(output: Path, takes: range) -> list[Path]:
    """Give the files of several takes: the output itself, or numbered ones."""
    if len(takes) == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{take}{output.suffix}") for take in takes]
