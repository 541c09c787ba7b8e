"""Signing of a video with an embedded manifest."""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from ..errors import Audio2VideoError
from ..storage.files import replacing
from .credentials import Credentials
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

    context = c2pa.Context(c2pa.Settings.from_dict(SETTINGS))
    parts = credentials.algorithm.encode(), credentials.chain, credentials.key, None
    try:
        with (
            c2pa.Signer.from_info(c2pa.C2paSignerInfo(*parts)) as signer,
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
    except c2pa.C2paError as error:
        raise Audio2VideoError(
            f"can't be signed ({error})",
            path=path,
            hint="--sign_cert needs a certificate for digital signatures, followed by its issuer's",
        ) from error


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
