"""The programs that can speak a text: found, asked for their version, and called."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..config.sections import VOICE_PROGRAMS
from ..errors import Audio2VideoError, MissingFileError, OptionError
from ..storage.files import file_hash

ESPEAK, FLITE, PIPER = VOICE_PROGRAMS

TIME_LIMIT = 120.0
"""Seconds that a program may take for one text; piper gets them for each of its lines."""

INSTALL = "install espeak-ng or flite (Debian: apt install espeak-ng), or give --audio FILE"

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_+.-]*(/[A-Za-z0-9_+-][A-Za-z0-9_+.-]*)*")
"""A voice's name: nothing that a program could take for an option or an address."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-"),
        "\u2026": "...",
    }
)
"""Typographic signs, as a typewriter has them."""


@dataclass(frozen=True)
class VoiceProgram:
    """A program that speaks.

    Parameters
    ----------
    name : str
        'espeak-ng', 'flite' or 'piper'.
    path : Path
    version : str
        What it says of itself, or else part of its file's hash.
    voice : str or None
        One of its voices; for piper the path of a model. None for its own choice.
    """

    name: str
    path: Path
    version: str
    voice: str | None

    def facts(self) -> dict[str, str | None]:
        """Give what the sound depends on beside the text, as JSON values."""
        voice = self.voice
        if voice is not None and Path(voice).is_file():
            model = Path(voice)
            return {
                "program": self.name,
                "version": self.version,
                "voice": model.name,
                "voice_sha256": file_hash(model),
            }
        return {"program": self.name, "version": self.version, "voice": voice}


def find_program(wanted: str | None, voice: str | None) -> VoiceProgram:
    """Find a program that speaks.

    Parameters
    ----------
    wanted : str, optional
        Its name, or its path; by default the first of `VOICE_PROGRAMS` that is installed (piper
        only where a voice is given: it has none of its own).
    voice : str, optional
        A voice of this program.

    Raises
    ------
    MissingFileError
        It is not installed, or there is none at all, or no such voice.
    OptionError
        It is none of the programs known here, or the voice can't be one.
    """
    if wanted is None:
        names = [name for name in VOICE_PROGRAMS if name != PIPER or voice is not None]
        found = next(((n, p) for n in names if (p := shutil.which(n)) is not None), None)
        if found is None:
            raise MissingFileError("no program that speaks is installed", hint=INSTALL)
        name, place = found
    else:
        name = Path(wanted).name.lower().removesuffix(".exe")
        if name not in VOICE_PROGRAMS:
            raise OptionError(
                f"--voice_program {wanted!r} is not known",
                hint=f"use {', '.join(VOICE_PROGRAMS)}, or the path of one of them",
            )
        there = shutil.which(wanted)
        if there is None:
            raise MissingFileError(f"--voice_program {wanted}: not installed here", hint=INSTALL)
        place = there
    path = Path(place).absolute()
    return VoiceProgram(name, path, _version(path, name), _checked_voice(name, path, voice))


def _checked_voice(name: str, path: Path, voice: str | None) -> str | None:
    if name == PIPER:
        if voice is None:
            raise OptionError("piper has no voice of its own", hint="give --voice_name MODEL.onnx")
        if not Path(voice).is_file():
            raise MissingFileError("piper's voice is not there", path=voice, hint="give its .onnx")
        return str(Path(voice).absolute())
    if voice is None:
        return None
    if name == FLITE and voice.endswith(".flitevox") and Path(voice).is_file():
        return str(Path(voice).absolute())
    if not _NAME.fullmatch(voice):
        raise OptionError(
            f"--voice_name {voice!r} is no name of a voice", hint=f"see what {name} lists"
        )
    if name == FLITE:  # which speaks with another one if it does not know a voice
        listed = _call([str(path), "-lv"], path.parent, "", 20.0, name).stdout
        voices = listed.rpartition(":")[2].split()
        if voice not in voices:
            raise OptionError(
                f"flite has no voice {voice!r}", hint=f"use one of {', '.join(voices)}"
            )
    return voice


def _version(path: Path, name: str) -> str:
    if name != PIPER:  # which has no such option in its later versions, and takes seconds to start
        done = _call([str(path), "--version"], path.parent, "", 20.0, name)
        found = re.search(r"\d+\.\d[\w.-]*", f"{done.stdout} {done.stderr}")
        if found is not None:
            return found[0]
    return f"file {file_hash(path)[:12]}"


def speak_lines(program: VoiceProgram, lines: Sequence[str], folder: Path) -> Iterator[Path]:
    """Speak lines of text, each by itself.

    Parameters
    ----------
    program : VoiceProgram
    lines : sequence of str
        Without line ends.
    folder : Path
        An empty one, for its files.

    Yields
    ------
    Path
        A sound file for each line, in their order.

    Raises
    ------
    Audio2VideoError
        The program fails, or takes too long.
    """
    if program.name == PIPER:
        yield from _piper(program, lines, folder)
        return
    for number, line in enumerate(lines):
        product = folder / f"{number}.wav"
        if program.name == FLITE:
            # The text is in a file of our own name, so that nothing in it is read as an option.
            text = folder / f"{number}.txt"
            text.write_text(_english(line), encoding="ascii")
            voice = [] if program.voice is None else ["-voice", program.voice]
            words = [*voice, "-f", text.name, "-o", product.name]
            given = ""
        else:
            voice = [] if program.voice is None else ["-v", program.voice]
            words = [*voice, "-b", "1", "--stdin", "-w", product.name]
            given = line.replace("[[", "[ [")  # which begins phonemes
        _checked(program, words, folder, given, TIME_LIMIT)
        yield _there(program, product)


def _piper(program: VoiceProgram, lines: Sequence[str], folder: Path) -> Iterator[Path]:
    """Speak all lines by one call: loading a voice takes seconds."""
    out = folder / "spoken"
    out.mkdir()
    words = ["--model", str(program.voice), "--output_dir", out.name]
    text = "".join(f"{line}\n" for line in lines)
    _checked(program, words, folder, text, TIME_LIMIT * max(1, len(lines)))
    # Each file is named for the moment at which it was made.
    made = sorted(out.glob("*.wav"), key=lambda path: (len(path.stem), path.stem))
    if len(made) != len(lines):
        raise Audio2VideoError(
            f"piper made {len(made)} sounds of {len(lines)} lines", path=program.path
        )
    yield from made


def _checked(
    program: VoiceProgram, words: Sequence[str], folder: Path, text: str, limit: float
) -> None:
    done = _call([str(program.path), *words], folder, text, limit, program.name)
    if done.returncode != 0:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        why = "".join(c if c.isprintable() else " " for c in said[-1])[:200] if said else ""
        raise Audio2VideoError(
            f"{program.name} can't speak the text ({why or f'exit code {done.returncode}'})",
            hint="check --voice_name" if program.voice is not None else None,
        )


def _call(
    command: Sequence[str], folder: Path, text: str, limit: float, name: str
) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            list(command),
            input=text,
            capture_output=True,
            cwd=folder,
            encoding="utf-8",
            errors="replace",
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise Audio2VideoError(
            f"{name} has not finished after {limit:.0f} s", path=command[0]
        ) from error
    except OSError as error:
        raise Audio2VideoError(
            f"{name} can't be started ({error.strerror or error})", path=command[0]
        ) from error


def _there(program: VoiceProgram, product: Path) -> Path:
    if not product.is_file():
        raise Audio2VideoError(f"{program.name} made no sound", path=program.path)
    return product


def _english(line: str) -> str:
    """Write a line in ASCII, which is all that flite reads: it speaks English alone."""
    plain = unicodedata.normalize("NFKD", line.translate(_PLAIN))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    strange = sorted({c for c in plain if not c.isascii()})
    if any(c.isalpha() for c in strange):
        raise OptionError(
            f"flite speaks English only, and can't read {''.join(strange)[:10]!r}",
            hint="use --voice_program espeak-ng",
        )
    return "".join(c for c in plain if c.isascii())
