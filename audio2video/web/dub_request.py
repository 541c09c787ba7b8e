"""What a browser asks for: checked, and turned into what `dub` takes."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..api.dub import DubPlan, plan_dub
from ..api.listen import listener_id
from ..config import Config, Option, options_of
from ..config.resolve import resolve_config
from ..config.sections import LISTENING, MACHINE, PICTURE, VIDEO
from ..errors import OptionError
from ..storage.files import replacing
from ..storage.workspace import Workspace
from .place import WebPlace

GROUPS = (VIDEO, PICTURE, LISTENING, MACHINE)
"""Headings of the options that a browser may set: those of a result."""

SET_OTHERWISE = (
    *("inp_id", "tar_id", "shapes_rate", "seed"),
    *("force", "text", "voice_program", "voice_name", "timestamp_url", "listener_model"),
)
"""Options that follow from what was chosen or change nothing, or that would replace files, start
programs or have the server call other servers."""

PREVIEW_SECONDS = 3.0

MAX_RANGES = 1000


@dataclass(frozen=True)
class Range:
    """A range of a target in which somebody says something else.

    Parameters
    ----------
    start, end : float
        Seconds of the target.
    speech : str, optional
        Id of what is said; by default the range of the request's own speech.
    speaker : int, optional
        Number of the person.
    """

    start: float
    end: float
    speech: str | None = None
    speaker: int | None = None


@dataclass(frozen=True)
class DubRequest:
    """A result that is asked for.

    Parameters
    ----------
    target : str
        Id of the target.
    speech : str, optional
        Id of the speech.
    options : mapping
        Values by flag.
    segments : tuple of Range
        Empty where all of the target is dubbed.
    preview : bool
        Whether a few seconds are enough.
    hears : str, optional
        Id of what the person listens to while silent; without `speech`, all the time.
    """

    target: str
    speech: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    segments: tuple[Range, ...] = ()
    preview: bool = False
    hears: str | None = None

    @classmethod
    def from_json(cls, value: Any) -> DubRequest:
        """Read what a browser has sent, or what a job's file says.

        Raises
        ------
        OptionError
            It is no request.
        """
        if not isinstance(value, dict):
            raise OptionError("the request must be a JSON object")
        options = value.get("options") or {}
        if not isinstance(options, dict):
            raise OptionError("'options' must be an object of values by name")
        ranges = value.get("segments") or []
        if not isinstance(ranges, list) or len(ranges) > MAX_RANGES:
            raise OptionError(f"'segments' must be a list of up to {MAX_RANGES:,} ranges")
        hears = _text(value, "hears")
        if hears is not None and ranges:
            raise OptionError(
                "who listens can't have parts", hint="leave 'segments' or 'hears' out"
            )
        return cls(
            _text(value, "target", needed=True) or "",
            _text(value, "speech"),
            dict(options),
            tuple(_range(number, one) for number, one in enumerate(ranges, start=1)),
            value.get("preview") is True,
            hears,
        )

    def as_json(self) -> dict[str, Any]:
        """Give plain JSON types, as `from_json` reads them."""
        return {
            "target": self.target,
            "speech": self.speech,
            "options": dict(self.options),
            "segments": [vars(one) for one in self.segments] or None,
            "preview": self.preview,
            "hears": self.hears,
        }


def _text(value: Mapping[str, Any], name: str, *, needed: bool = False) -> str | None:
    found = value.get(name)
    if found is None and not needed:
        return None
    if not isinstance(found, str) or not found:
        raise OptionError(f"'{name}' is missing" if found is None else f"'{name}' must be an id")
    return found


def _range(number: int, value: Any) -> Range:
    if not isinstance(value, dict):
        raise OptionError(f"range {number} must be an object")
    times = [value.get(name) for name in ("start", "end")]
    if not all(_is_number(time) for time in times):
        raise OptionError(f"range {number} needs 'start' and 'end' in seconds")
    speaker = value.get("speaker")
    if speaker is not None and (not isinstance(speaker, int) or isinstance(speaker, bool)):
        raise OptionError(f"range {number}: 'speaker' must be the number of a person")
    start, end = (float(time) for time in times if time is not None)
    return Range(start, end, _text(value, "speech"), speaker)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True)
class Resolved:
    """What `dub` takes for a request.

    Parameters
    ----------
    audio : Path or None
    video : Path
    segments : Path or None
    config : Config
    name : str
        Of the result.
    begins : float
        Second of the target at which a preview of ranges begins.
    """

    audio: Path | None
    video: Path
    segments: Path | None
    config: Config
    name: str
    begins: float = 0.0

    @property
    def preview(self) -> dict[str, Any]:
        """How `dub` is told to make a preview; ranges are shortened instead."""
        if self.segments is not None:
            return {}
        return {"preview": PREVIEW_SECONDS, "preview_from": "auto"}


def settable() -> dict[str, Option]:
    """List the options that a browser may set, by flag.

    Files are not among them: a browser names what is in the workspace, never a path.
    """
    return {
        flag: one
        for flag, one in options_of(Config).items()
        if one.group in GROUPS and one.kind is not Path and flag not in SET_OTHERWISE
    }


def read_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Bring values from a browser to the options' types; None where one is left open.

    Raises
    ------
    OptionError
        An option is unknown or can't be set here, or a value is of another type or out of bounds.
    """
    known, values = settable(), {}
    for flag, value in options.items():
        if flag not in known:
            raise OptionError(f"option {str(flag)[:40]!r} can't be set here")
        one = known[flag]
        if value is None:
            continue
        if isinstance(value, str):
            values[flag] = one.parse(value)
        else:
            values[flag] = one.coerce(value, Path())
        one.check(values[flag])
    return values


def resolve(place: WebPlace, request: DubRequest) -> Resolved:
    """Find the files of a request and put its options together, as the command line does.

    Raises
    ------
    Audio2VideoError
        A file is not there, or an option can't be used.
    """
    workspace = place.workspace
    video = workspace.target_video(request.target)
    audio = None if request.speech is None else workspace.input_audio(request.speech)
    options = read_options(request.options)
    segments, begins = None, 0.0
    if request.segments:
        ranges = request.segments
        if request.preview:
            ranges = (_shortened(max(ranges, key=lambda one: one.end - one.start)),)
            begins = ranges[0].start
        segments = _write_segments(place, ranges, request.speech or "dialogue")
    given = {"tar_id": request.target, **options, **_listening(workspace, request)}
    config = resolve_config(workspace, given)
    name = request.speech if segments is None else segments.stem
    if request.hears is not None:
        audio, name = workspace.input_audio(request.hears), f"{name or request.hears}-listener"
        config = config.replace(inp_id=listener_id(request.hears, config.listening.take))
    return Resolved(audio, video, segments, config, f"{name}-{request.target}", begins)


def _listening(workspace: Workspace, request: DubRequest) -> dict[str, Any]:
    """Give the options of one who listens: what is said is then the voice in between."""
    if request.hears is None:
        return {}
    if request.speech is None:
        return {"listen": True}
    return {"listen": True, "voice_audio": workspace.input_audio(request.speech)}


def _shortened(one: Range) -> Range:
    return Range(one.start, min(one.end, one.start + PREVIEW_SECONDS), one.speech, one.speaker)


def _write_segments(place: WebPlace, ranges: tuple[Range, ...], name: str) -> Path:
    """Write ranges to a file that is named for its content, so that equal ones share it."""
    folder, entries = place.segments, []
    for one in ranges:
        entry: dict[str, Any] = {"start": one.start, "end": one.end}
        if one.speech is not None:
            said = place.workspace.input_audio(one.speech)
            # Relative: the workspace may be moved.
            entry["audio"] = os.path.relpath(said.absolute(), folder.absolute())
        if one.speaker is not None:
            entry["speaker"] = one.speaker
        entries.append(entry)
    content = json.dumps(entries, indent=2)
    digest = hashlib.sha256(content.encode()).hexdigest()[:8]
    path = folder / f"{name[:60]}-{digest}.json"
    if not path.is_file():
        with replacing(path) as temporary:
            temporary.write_text(content, encoding="utf-8")
    return path


def plan(place: WebPlace, resolved: Resolved, request: DubRequest) -> DubPlan:
    """Describe the result of a request, or say why there can't be one; nothing is made.

    Raises
    ------
    Audio2VideoError
        `dub` would refuse.
    """
    return plan_dub(
        resolved.audio,
        resolved.video,
        f"{resolved.name}.mp4",
        segments=resolved.segments,
        config=resolved.config,
        workspace=place.workspace,
        overwrite=True,
        **(resolved.preview if request.preview else {}),
    )
