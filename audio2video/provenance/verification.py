"""Verification of a file's marks of synthetic media."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..errors import BadFileError, MissingFileError
from ..media.tags import read_tags
from .container_tags import names_synthetic
from .manifest import ASSERTION
from .signing import SETTINGS
from .sound_watermark import look_for_sound_watermark
from .watermark import FOUND, look_for_watermark
from .watermark_keys import watermark_keys

INTACT, UNMARKED, ALTERED = "intact", "unmarked", "altered"

_ENDS = 1 << 20
"""A manifest that is too damaged to be read is looked for in so many bytes of either end."""

_SYNTHETIC_TYPES = (
    "trainedAlgorithmicMedia",
    "compositeWithTrainedAlgorithmicMedia",
    "algorithmicMedia",
    "compositeSynthetic",
)


@dataclass(frozen=True)
class Verdict:
    """Result of a verification.

    Parameters
    ----------
    file : Path
    state : {'intact', 'unmarked', 'altered'}
        Intact: it is byte for byte what was signed. Altered: it has marks, but not all of them, or
        is not what was signed any more.
    reasons : list of str
        Why it is altered.
    synthetic : bool
        Whether its marks say that it is synthetic, by any tool.
    tags : dict
        Container tags that name it synthetic.
    manifest : dict or None
        What its manifest says: 'made_by', 'signer', 'trusted', 'signed_at', 'time_stamp'
        ('trusted', 'untrusted' or None), 'actions', 'source_types', 'ingredients', and 'synthesis',
        this package's own assertion.
    watermark : dict
        'state': 'found', 'copied', 'traces', 'not found', 'no key' or 'no video'. Of one that was
        found, or copied from another picture, also 'version', 'payload', 'chance' of a false alarm,
        'key' (a name of it), 'scale' and 'mirrored'; of one that was found 'of_manifest': whether
        the manifest names it, None without one. Traces can't be read; neither they nor what was
        copied make a file marked.
    sound_watermark : dict
        The same of the sound: 'no sound' instead of 'no video', no traces, 'speed' and 'pitch'
        instead of 'scale' and 'mirrored'.
    """

    file: Path
    state: str
    reasons: list[str] = field(default_factory=list)
    synthetic: bool = False
    tags: dict[str, str] = field(default_factory=dict)
    manifest: dict[str, Any] | None = None
    watermark: dict[str, Any] = field(default_factory=dict)
    sound_watermark: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {**vars(self), "file": str(self.file)}


def verify(path: Path, anchors: bytes | None = None) -> Verdict:
    """Read the marks of a file, check its signature and hash, and look for watermarks.

    Parameters
    ----------
    path : Path
        Any file.
    anchors : bytes, optional
        Certificates in PEM that are trusted.

    Returns
    -------
    Verdict

    Raises
    ------
    MissingFileError, BadFileError
        There is no such file, it can't be read, or the certificates or the keys of watermarks
        can't be used.
    """
    if not path.is_file():
        raise MissingFileError("file not found", path=path)
    return _with_watermarks(_signed(path, anchors), watermark_keys())


def _with_watermarks(verdict: Verdict, keys: list[bytes]) -> Verdict:
    """Add what picture and sound say; where all else is gone, it is what is left."""
    picture = look_for_watermark(verdict.file, keys)
    sound = look_for_sound_watermark(verdict.file, keys)
    left = []
    for name, found, words in (
        ("watermark", picture, "its watermark"),
        ("sound_watermark", sound, "the watermark in its sound"),
    ):
        if found["state"] == FOUND:
            left.append(words)
            told = _at(verdict.manifest, "synthesis", name).get("payload")
            fits = None if verdict.manifest is None else told == found["payload"]
            found["of_manifest"] = fits
    verdict = replace(verdict, watermark=picture, sound_watermark=sound)
    if not left:
        return verdict
    if verdict.state != UNMARKED:
        return replace(verdict, synthetic=True)
    reason = f"its manifest and container tags are gone; {' and '.join(left)}"
    reasons = [f"{reason} {'is' if len(left) == 1 else 'are'} left"]
    return replace(verdict, state=ALTERED, reasons=reasons, synthetic=True)


def _signed(path: Path, anchors: bytes | None) -> Verdict:
    """Read manifest and container tags."""
    store, problem = _read_store(path, anchors)
    found = read_tags(path)
    tags = {name: text for name, text in (found or {}).items() if names_synthetic(text)}
    if store is not None:
        manifest = _summary(store)
        altered = store.get("validation_state") == "Invalid" or manifest is None
        types = [] if manifest is None else manifest["source_types"]
        return Verdict(
            path,
            ALTERED if altered else INTACT,
            _failures(store) if altered else [],
            bool(tags) or any(one in _SYNTHETIC_TYPES for one in types),
            tags,
            manifest,
        )
    if problem and _mentions_manifest(path):
        return Verdict(path, ALTERED, [f"its manifest can't be read ({problem})"], True, tags)
    if tags:
        return Verdict(path, ALTERED, ["its manifest is gone"], True, tags)
    return Verdict(path, UNMARKED)


def _read_store(path: Path, anchors: bytes | None) -> tuple[dict[str, Any] | None, str | None]:
    """Give all manifests of a file, or why they can't be read; neither if it has none."""
    import c2pa

    settings: dict[str, Any] = {
        "verify": {**SETTINGS["verify"], "verify_trust": anchors is not None}
    }
    if anchors is not None:
        settings["trust"] = {"user_anchors": anchors.decode("ascii", "replace")}
    try:
        context = c2pa.Context(c2pa.Settings.from_dict(settings))
    except c2pa.C2paError as error:
        raise BadFileError(f"the trusted certificates can't be used ({error})") from error
    try:
        with path.open("rb") as file:
            # The format is told by the content: names can be wrong.
            reader = c2pa.Reader.try_create("application/octet-stream", file, context=context)
            if reader is None:
                return None, None
            with reader:
                return _at({"store": json.loads(reader.json())}, "store"), None
    except OSError as error:
        raise BadFileError(f"can't be read ({error.strerror})", path=path) from error
    except (c2pa.C2paError, ValueError) as error:
        return None, " ".join(str(error).split())


def _summary(store: dict[str, Any]) -> dict[str, Any] | None:
    """Tell what the active manifest says; any tool may have written it, and anything in it."""
    manifest = _at(store, "manifests", store.get("active_manifest"))
    if not manifest:
        return None
    assertions = _dicts(manifest.get("assertions"))
    actions = [
        action
        for one in assertions
        if str(one.get("label")).startswith("c2pa.actions")
        for action in _dicts(_at(one, "data").get("actions"))
    ]
    types = [str(one["digitalSourceType"]) for one in actions if one.get("digitalSourceType")]
    own = [_at(one, "data") for one in assertions if one.get("label") == ASSERTION]
    signature = _at(manifest, "signature_info")
    maker = next(iter(_dicts(manifest.get("claim_generator_info"))), {})
    named = [str(maker[key]) for key in ("name", "version") if maker.get(key)]
    return {
        "title": manifest.get("title"),
        "made_by": " ".join(named) or str(manifest.get("claim_generator")),
        "signer": signature.get("common_name") or signature.get("issuer"),
        "trusted": store.get("validation_state") == "Trusted",
        "signed_at": signature.get("time"),
        "time_stamp": _time_stamp(store),
        "actions": [str(one.get("action")) for one in actions],
        "source_types": [one.rpartition("/")[2] for one in types],
        "ingredients": [_ingredient(one, store) for one in _dicts(manifest.get("ingredients"))],
        "synthesis": own[0] if own else None,
    }


def _time_stamp(store: dict[str, Any]) -> str | None:
    """Tell whether somebody trusted says when it was signed: 'trusted', 'untrusted' or None."""
    results = _at(store, "validation_results", "activeManifest")
    every = [one for kind in results.values() for one in _dicts(kind)]
    codes = {str(one.get("code")) for one in every}
    if "timeStamp.validated" not in codes:
        return None
    return "trusted" if "timeStamp.trusted" in codes else "untrusted"


def _ingredient(ingredient: dict[str, Any], store: dict[str, Any]) -> dict[str, Any]:
    own = ingredient.get("active_manifest")
    failures = _codes(_at(ingredient, "validation_results", "activeManifest"))
    return {
        "title": ingredient.get("title"),
        "relationship": ingredient.get("relationship"),
        "manifest": own if _at(store, "manifests", own) else None,
        "intact": None if own is None else not failures,
    }


def _failures(store: dict[str, Any]) -> list[str]:
    told = _codes(_at(store, "validation_results", "activeManifest"))
    return told or ["it is not what was signed"]


def _codes(results: dict[str, Any]) -> list[str]:
    """List the failures of a validation that are more than an unknown signer."""
    return [
        ": ".join(str(one[key]) for key in ("code", "explanation") if one.get(key))
        for one in _dicts(results.get("failure"))
        if not _is_trust(str(one.get("code")))
    ]


def _at(content: Any, *names: object) -> dict[str, Any]:
    """Go down into JSON objects; an empty one if there is none at that place."""
    for name in names:
        found = isinstance(content, dict) and isinstance(name, str)
        content = content.get(name) if found else None
    return content if isinstance(content, dict) else {}


def _dicts(content: Any) -> list[dict[str, Any]]:
    """Give the objects of a JSON list; none if it is no list."""
    return [one for one in content if isinstance(one, dict)] if isinstance(content, list) else []


def _is_trust(code: str) -> bool:
    """Whether a failure says only that nobody vouches for the signer."""
    return code.startswith("signingCredential.untrusted")


def _mentions_manifest(path: Path) -> bool:
    """Tell whether a file that can't be parsed holds what looks like a manifest."""
    with path.open("rb") as file:
        start = file.read(_ENDS)
        file.seek(max(0, path.stat().st_size - _ENDS))
        return b"c2pa" in start or b"c2pa" in file.read(_ENDS)
