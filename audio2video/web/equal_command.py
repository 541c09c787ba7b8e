"""The command line that makes what a browser asks for."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..errors import Audio2VideoError
from .dub_request import DubRequest, read_options, resolve
from .place import WebPlace


def command(place: WebPlace, request: DubRequest) -> str:
    """Give the command line that makes the same result; of a preview, that of the whole.

    Options that can't be used are left out: what is wrong with them is said elsewhere.
    """
    known = _readable(request.options)
    words = ["audio2video", "run", "--steps", "1", "2", "3", "4"]
    words += ["--workspace", str(place.workspace.root.absolute())]
    if request.hears is not None:
        inputs = resolve(place, replace(request, options=known)).config.inputs
        words += ["--inp_id", inputs.inp_id, "--listen", "True"]
        known.pop("listen", None)
        words += ["--audio", str(place.workspace.input_audio(request.hears))]
        if inputs.voice_audio is not None:
            words += ["--voice_audio", str(inputs.voice_audio)]
    elif request.speech is not None and request.segments:
        # An id would be taken for that of the list of ranges.
        words += ["--audio", str(place.workspace.input_audio(request.speech))]
    elif request.speech is not None:
        words += ["--inp_id", request.speech]
    words += ["--tar_id", request.target]
    if request.segments:
        whole = DubRequest(request.target, request.speech, {}, request.segments)
        segments = resolve(place, whole).segments
        words += ["--segments", str(segments)]
    for flag, value in known.items():
        words += [f"--{flag}", str(value)]
    return shlex.join(words)


def _readable(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give the options that can be used."""
    known: dict[str, Any] = {}
    for flag, value in options.items():
        try:
            known |= read_options({flag: value})
        except Audio2VideoError:
            continue
    return known
