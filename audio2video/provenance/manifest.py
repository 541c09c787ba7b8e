"""Contents of the C2PA manifest: claims of an edit that puts new speech into a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..config import MarkingConfig
from ..storage.files import content_key, file_hash
from ..storage.workspace import SYNTHETIC_VOICE, synthetic_voice
from ..watermark import sound_pattern
from ..watermark.code import HASH_DIGITS, VERSION, Payload
from .container_tags import STATEMENT

ASSERTION = "org.audio2video.synthesis"
"""Label of the assertion that is this package's own."""

SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
"""IPTC's name for what is partly made by a trained algorithm."""

NO_CONSENT = "no statement was given"


@dataclass(frozen=True)
class Synthesis:
    """Inputs and settings of a synthetic video, for its manifest.

    Parameters
    ----------
    target : Path or None
        The video that was edited; None where the picture is painted.
    speech : Path or None
        The sound that was put under it; None for a target that is rebuilt from itself.
    marking : MarkingConfig
        How it is marked, and who agreed to what. A mark in a sound is asserted where there is one.
    pass_id : str or None
        The trained configuration that predicted the mouth; None if nothing did.
    network : Path or None
        File of its network.
    statement : str
        What is synthetic about it.
    kept_sound : float or None
        Level in dB at which the target's own sound is heard beside the speech; None if it is not.
    more_speech : tuple of Path
        Further sounds that were put under it.
    segments : tuple of mapping
        Ranges of the target that were edited, as JSON values; none for all of it.
    """

    target: Path | None
    speech: Path | None
    marking: MarkingConfig
    pass_id: str | None = None
    network: Path | None = None
    statement: str = STATEMENT
    kept_sound: float | None = None
    more_speech: tuple[Path, ...] = ()
    segments: tuple[Mapping[str, Any], ...] = ()

    def speeches(self) -> list[tuple[str, Path]]:
        """Give all sounds that were put under it, each with the label of its ingredient."""
        every = ([] if self.speech is None else [self.speech]) + list(self.more_speech)
        return [(f"speech{k}" if k > 1 else "speech", one) for k, one in enumerate(every, start=1)]

    @property
    def voice(self) -> str | None:
        """Which programs spoke its speech, for people to read; None if none did."""
        told = [voice_words(one) for one in self._other_facts().get("synthetic_voices", [])]
        return ", ".join(dict.fromkeys(told)) or None

    @property
    def payload(self) -> Payload:
        """What a watermark says: the first digits of a hash of all other facts."""
        return Payload(VERSION, int(content_key(self._other_facts())[:HASH_DIGITS], 16))

    def facts(self) -> dict[str, Any]:
        """Content of this package's own assertion, as JSON values."""
        facts, payload = self._other_facts(), self.payload
        if self.marking.watermark:
            facts["watermark"] = {"version": VERSION, "payload": str(payload)}
        if self.marking.watermark_audio:
            said = sound_pattern.number_words(sound_pattern.sound_number(payload))
            facts["sound_watermark"] = {"version": sound_pattern.VERSION, "payload": said}
        return facts

    def _other_facts(self) -> dict[str, Any]:
        label = self.marking.label
        found = (synthetic_voice(path) for _, path in self.speeches())
        voices = [told for one in found if (told := one.get(SYNTHETIC_VOICE)) is not None]
        return {
            "statement": self.statement,
            "audio2video": __version__,
            "consent": self.marking.consent or NO_CONSENT,
            "visible_label": label,
            **({} if label == "none" else {"label_language": self.marking.label_language}),
            "target": _file(self.target),
            "speech": _file(self.speech),
            **({"synthetic_voices": voices} if voices else {}),
            "target_sound_db": self.kept_sound,
            **({"segments": [dict(one) for one in self.segments]} if self.segments else {}),
            "pass": self.pass_id,
            "network": _file(self.network),
        }


def definition(synthesis: Synthesis, title: str) -> dict[str, Any]:
    """Give the manifest, without its ingredients, in the form that C2PA's library takes."""
    agent = {"name": "audio2video", "version": __version__}
    painted = synthesis.target is None
    actions: list[dict[str, Any]] = [
        {
            "action": "c2pa.created" if painted else "c2pa.edited",
            "digitalSourceType": SOURCE_TYPE,
            "softwareAgent": agent,
            "description": synthesis.statement,
        },
    ]
    if not painted:
        actions.insert(0, {"action": "c2pa.opened", "parameters": {"ingredientIds": ["target"]}})
    for label, _ in synthesis.speeches():
        actions.append({"action": "c2pa.placed", "parameters": {"ingredientIds": [label]}})
    return {
        "claim_generator_info": [agent],
        "title": title,
        "format": "video/mp4",
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": actions}},
            {"label": ASSERTION, "data": synthesis.facts()},
        ],
    }


def voice_words(voice: Mapping[str, Any]) -> str:
    """Name the program and the voice that spoke, for people to read."""
    name = f"{voice.get('program')} {voice.get('version')}"
    return name if voice.get("voice") is None else f"{name}, voice {voice['voice']}"


def _file(path: Path | None) -> dict[str, str] | None:
    return None if path is None else {"name": path.name, "sha256": file_hash(path)}
