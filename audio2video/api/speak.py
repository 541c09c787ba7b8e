"""Speech of a text, by a program that is installed."""

from __future__ import annotations

from pathlib import Path

from ..config import Config
from ..progress import Progress, as_progress
from ..spoken.programs import find_program
from ..spoken.speak import speak_text
from ..storage.workspace import Workspace
from .workspaces import as_workspace


def speak(
    text: str,
    *,
    inp_id: str | None = None,
    voice_program: str | None = None,
    voice_name: str | None = None,
    workspace: Workspace | str | Path | None = None,
    progress: Progress | bool | None = None,
) -> Path:
    """Speak a text with an installed program: espeak-ng, flite or piper.

    Results that this speech is used for say that the voice is synthetic.

    Parameters
    ----------
    text : str
        Up to 20,000 characters; an empty line parts paragraphs.
    inp_id : str, optional
        Name of the speech; its first words and a hash by default.
    voice_program : str, optional
        Name or path of the program; by default the first of these that is installed.
    voice_name : str, optional
        Voice of the program: 'de' or 'en-us+f3' of espeak-ng, 'slt' of flite, a model file of
        piper.
    workspace : Workspace, str or Path, optional
        Where the speech is kept; the user's cache folder by default.
    progress : Progress or bool, optional
        True shows bars and warnings on standard error.

    Returns
    -------
    Path
        A WAV file, ``input/mp3/<inp_id>.wav`` in the workspace. The ``.srt`` file beside it has a
        cue for each word.

    Raises
    ------
    MissingFileError
        No such program is installed.
    Audio2VideoError
        The text can't be spoken, or the program fails.

    Examples
    --------
    >>> import audio2video as a2v
    >>> speech = a2v.speak("Good morning.", voice_program="flite")        # doctest: +SKIP
    >>> result = a2v.dub(speech, "anna.mp4")                              # doctest: +SKIP
    """
    given = {"text": text, "voice_program": voice_program, "voice_name": voice_name}
    config = Config.from_flags(**given, **({} if inp_id is None else {"inp_id": inp_id}))
    return spoken(config, as_workspace(workspace), as_progress(progress))


def spoken(config: Config, workspace: Workspace, progress: Progress) -> Path:
    """Speak the text of a config; gives its speech."""
    inputs = config.inputs
    said, inp_id = inputs.said or "", config.with_media_ids().inputs.inp_id
    program = find_program(inputs.voice_program, inputs.voice_name)
    workspace.create()
    return speak_text(workspace, inp_id, said, program, progress, force=config.machine.force)
