"""Signing of a video with an embedded manifest."""

from __future__ import annotations

import io
import mimetypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config import MarkingConfig
from ..errors import Audio2VideoError
from ..storage.files import replacing
from .credentials import Credentials, signing_credentials
from .manifest import Synthesis, definition

SETTINGS: dict[str, dict[str, Any]] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
    "core": {
        "backing_store_memory_threshold_in_mb": 16,
        "merkle_tree_chunk_size_in_kb": 1024,
        "merkle_tree_max_proofs": 0,
    },
}
"""Settings of C2PA's library: nothing is fetched, a manifest holds no picture of a face, and a file
is hashed in pieces of 1 MiB and kept on disk meanwhile: else up to 512 MiB would be in memory."""

_ANY = "application/octet-stream"


def sign_video(path: Path, title: str, synthesis: Synthesis, credentials: Credentials) -> None:
    """Put a signed manifest into an MP4 file, in place.

    A manifest that the target or the speech already has is kept in it, the target's as its parent.

    Parameters
    ----------
    path : Path
    title : str
        Name under which the file will be known.
    synthesis : Synthesis
    credentials : Credentials

    Raises
    ------
    Audio2VideoError
        It can't be signed with these credentials, or can't be written.
    """
    import c2pa

    with (
        _signing(credentials, path) as (signer, context),
        c2pa.Builder(definition(synthesis, title), context) as builder,
    ):
        if synthesis.target is not None:
            _add(builder, synthesis.target, "parentOf", "target")
        for label, speech in synthesis.speeches():
            _add(builder, speech, "componentOf", label)
        with (
            replacing(path) as temporary,
            path.open("rb") as source,
            temporary.open("w+b") as signed,
        ):
            builder.sign(signer, "video/mp4", source, signed)


def tried_credentials(marking: MarkingConfig) -> Credentials:
    """Give what the options sign with, tried where that is not this package's own, offline.

    Raises
    ------
    Audio2VideoError
        It can't be used, can't be kept, or a time stamp authority gives no time stamp.
    """
    credentials = signing_credentials(marking.sign_cert, marking.sign_key, marking.timestamp_url)
    if marking.sign_cert is not None or marking.timestamp_url is not None:
        rehearse_signing(credentials)
    return credentials


def rehearse_signing(credentials: Credentials) -> None:
    """Sign a picture that nobody keeps: what can't be signed is known before a video is made.

    A time stamp authority is asked, too.

    Parameters
    ----------
    credentials : Credentials

    Raises
    ------
    Audio2VideoError
        Nothing can be signed with them, or the authority gives no time stamp.
    """
    import c2pa
    from PIL import Image

    picture = io.BytesIO()
    Image.new("L", (16, 16)).save(picture, "png")
    picture.seek(0)
    told = {**definition(Synthesis(None, None, MarkingConfig()), "trial"), "format": "image/png"}
    with _signing(credentials, None) as (signer, context), c2pa.Builder(told, context) as builder:
        builder.sign(signer, "image/png", picture, io.BytesIO())


@contextmanager
def _signing(credentials: Credentials, path: Path | None) -> Iterator[tuple[Any, Any]]:
    """Give what C2PA's library signs with; its errors become this package's."""
    import c2pa

    context, url = c2pa.Context(c2pa.Settings.from_dict(SETTINGS)), credentials.timestamp_url
    try:
        parts = credentials.algorithm.encode(), credentials.chain, credentials.key
        asked = None if url is None else url.encode()
        with c2pa.Signer.from_info(c2pa.C2paSignerInfo(*parts, asked)) as signer:
            yield signer, context
    except c2pa.C2paError as error:
        if url is not None and _can_sign(replace(credentials, timestamp_url=None)):
            raise Audio2VideoError(
                f"{url} gives no time stamp ({error})",
                hint="try again later, name another --timestamp_url, or leave it out",
            ) from error
        raise Audio2VideoError(
            f"can't be signed ({error})",
            path=path,
            hint="--sign_cert needs a certificate for digital signatures, followed by its issuer's",
        ) from error


def _can_sign(credentials: Credentials) -> bool:
    try:
        rehearse_signing(credentials)
    except Audio2VideoError:
        return False
    return True


def _add(builder: Any, path: Path, relationship: str, name: str) -> None:
    """Tell of a file that the video was made of, and take over the manifest it has."""
    import c2pa

    told = {"title": path.name, "relationship": relationship, "label": name, "instance_id": name}
    # A file may be something else than its name says: then, and in formats that hold no manifest,
    # it is told of without looking into it.
    for kind in (mimetypes.guess_type(path.name)[0], _ANY):
        if kind is None:
            continue
        try:
            with path.open("rb") as file:
                builder.add_ingredient(told, kind, file)
            return
        except c2pa.C2paError:
            if kind == _ANY:
                raise
