"""The command that reads the marks of a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..storage.limits import read_limited
from .options import FilePath
from .terminal import CONTEXT

if TYPE_CHECKING:
    from ..provenance.verification import Verdict

EXIT_UNMARKED, EXIT_ALTERED = 1, 3
MAX_ANCHOR_BYTES = 16 << 20

SPEED_ERROR = 0.015
"""In a few seconds of sound, its speed is not found more exactly."""


@click.command("verify", context_settings=CONTEXT)
@click.argument("file", type=FilePath())
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@click.option(
    "--trust",
    type=FilePath(),
    help="certificates (PEM) of those whom you trust, to be told whether one of them signed it",
)
def verify_command(file: Path, as_json: bool, trust: Path | None) -> None:
    """Read the marks of any file: whether it is synthetic, who says so, whether it was changed.

    Exits with 0 if it is marked and intact, 1 if it is not marked, 3 if it is marked but was
    altered, and 2 if it can't be read.
    """
    from ..provenance.verification import ALTERED, UNMARKED, verify

    anchors = None if trust is None else read_limited(trust, MAX_ANCHOR_BYTES)
    verdict = verify(file, anchors)
    if as_json:
        click.echo(json.dumps(verdict.as_dict(), indent=2, sort_keys=True))
    else:
        # At once: a reader that has seen enough (`| head -1`) must not change the exit code. What a
        # manifest says is anybody's, and must not drive the terminal.
        lines = ["".join(c if c.isprintable() else "?" for c in line) for line in _told(verdict)]
        click.echo("\n".join(lines))
    sys.exit({UNMARKED: EXIT_UNMARKED, ALTERED: EXIT_ALTERED}.get(verdict.state, 0))


def _told(verdict: Verdict) -> Iterator[str]:
    said = {
        "intact": "marked and intact",
        "unmarked": "not marked",
        "altered": "marked but altered",
    }
    yield f"{verdict.file}: {said[verdict.state]}"
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
    yield from _told_by_watermark(verdict.watermark)
    yield from _told_by_watermark(verdict.sound_watermark, "watermark in the sound")


def _told_by_watermark(watermark: dict[str, Any], name: str = "watermark") -> Iterator[str]:
    if watermark.get("state") != "found":
        told = {
            "no key": "no key here to look for it",
            "no video": "no video to look for it in",
            "no sound": "no sound to look for it in",
        }
        yield f"  {name}: {told.get(watermark.get('state', ''), 'not found')}"
        return
    payload = watermark["payload"] or "can't be read"
    chance = f"probability of a false alarm at most {watermark['chance']:.1g}"
    yield f"  {name}: found (version {watermark['version']}, payload {payload}, {chance})"
    speed = watermark.get("speed", 1.0)
    if abs(speed - 1.0) > SPEED_ERROR:
        pitch = "its pitch with it" if watermark["pitch"] == speed else "at the same pitch"
        yield f"  {name}: played about {speed:.2f} times as fast as it was, {pitch}"
    if watermark["of_manifest"] is not None and watermark["payload"] is not None:
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
