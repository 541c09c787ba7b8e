"""What a verdict on a file's marks says, for people to read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..provenance.verification import Verdict

SPEED_ERROR = 0.015
"""In a few seconds of sound, its speed is not found more exactly."""

STATES = {
    "intact": "marked and intact",
    "unmarked": "not marked",
    "altered": "marked but altered",
}


def told(verdict: Verdict) -> Iterator[str]:
    """Tell what was found, in lines that drive no terminal: what a manifest says is anybody's."""
    for line in _lines(verdict):
        yield "".join(c if c.isprintable() else "?" for c in line)


def _lines(verdict: Verdict) -> Iterator[str]:
    yield f"{verdict.file}: {STATES[verdict.state]}"
    for reason in verdict.reasons:
        yield f"  {reason}"
    if verdict.state == "unmarked":
        yield from _told_by_watermarks(verdict)
        return
    yield f"  synthetic: {'yes' if verdict.synthetic else 'its marks do not say so'}"
    if verdict.manifest is not None:
        yield from _told_by_manifest(verdict.manifest)
    yield f"  container tags: {'say that it is synthetic' if verdict.tags else 'say nothing of it'}"
    yield from _told_by_watermarks(verdict)


def _told_by_watermarks(verdict: Verdict) -> Iterator[str]:
    yield from told_by_watermark(verdict.watermark)
    yield from told_by_watermark(verdict.sound_watermark, "watermark in the sound")


def told_by_watermark(watermark: dict[str, Any], name: str = "watermark") -> Iterator[str]:
    """Tell what was found of one of the watermarks."""
    if watermark.get("state") != "found":
        told = {
            "no key": "no key here to look for it",
            "no video": "no video to look for it in",
            "no sound": "no sound to look for it in",
            "copied": "that of another picture, copied onto this one; it proves nothing",
            "traces": "traces of one, which can't be read and prove nothing",
        }
        yield f"  {name}: {told.get(watermark.get('state', ''), 'not found')}"
        return
    said = f"version {watermark['version']}, payload {watermark['payload']}"
    chance = f"probability of a false alarm at most {watermark['chance']:.1g}"
    yield f"  {name}: found ({said}, {chance})"
    speed = watermark.get("speed", 1.0)
    if abs(speed - 1.0) > SPEED_ERROR:
        pitch = "its pitch with it" if watermark["pitch"] == speed else "at the same pitch"
        yield f"  {name}: played about {speed:.2f} times as fast as it was, {pitch}"
    if watermark["of_manifest"] is not None:
        fits = "is" if watermark["of_manifest"] else "is not"
        yield f"  {name}: {fits} the one that the manifest names"


def _told_by_manifest(manifest: dict[str, Any]) -> Iterator[str]:
    trust = "trusted" if manifest["trusted"] else "nobody vouches for who that is"
    yield f"  made by: {manifest['made_by']}"
    yield f"  signed by: {manifest['signer']} ({trust})"
    if manifest["time_stamp"] is not None:
        vouched = "trusted" if manifest["time_stamp"] == "trusted" else "nobody vouches for whose"
        yield f"  signed at: {manifest['signed_at']} (time stamp, {vouched})"
    yield f"  done: {', '.join(manifest['actions'] + manifest['source_types'])}"
    for one in manifest["ingredients"]:
        history = {None: "no manifest of its own", True: "its manifest is kept"}
        told = history.get(one["intact"], "its manifest is kept, but did not fit it any more")
        yield f"  {one['relationship']}: {one['title']} ({told})"
    if manifest["synthesis"] is not None:
        yield f"  consent: {manifest['synthesis'].get('consent')}"
        yield f"  visible label: {manifest['synthesis'].get('visible_label')}"
        yield from _told_voices(manifest["synthesis"].get("synthetic_voices"))
        yield f"  pass: {manifest['synthesis'].get('pass')}"


def _told_voices(voices: object) -> Iterator[str]:
    from ..provenance.manifest import voice_words

    # Anybody may have written the manifest.
    for voice in voices if isinstance(voices, list) else []:
        if isinstance(voice, dict):
            yield f"  synthetic voice: {voice_words(voice)}"
