"""Build records of artifacts: up-to-date ones are skipped, user changes are kept.

Beside each product lies ``<product>.made.json`` with the key of everything it depends on and the
hash of its content when it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .. import __version__
from ..errors import Audio2VideoError, BadFileError
from ..progress import Progress
from .files import content_key, file_hash, read_json, replacing, set_aside, write_json


def record_path(product: Path) -> Path:
    """Where a product's record lies."""
    return product.with_name(product.name + ".made.json")


def read_record(product: Path) -> dict[str, Any] | None:
    """Record of a product; None if there is none, or it is damaged and so worth nothing."""
    path = record_path(product)
    if not path.is_file():
        return None
    try:
        return read_json(path)
    except BadFileError:
        return None


def is_current(product: Path, depends_on: Mapping[str, Any]) -> bool:
    """Tell whether a product is there, whole, and made from just these things."""
    record = read_record(product)
    return (
        product.is_file()
        and record is not None
        and record.get("key") == content_key(depends_on)
        and record.get("sha256") == file_hash(product)
    )


def made_from(product: Path) -> dict[str, Any]:
    """Give a product's recorded dependencies; empty if unknown."""
    found = (read_record(product) or {}).get("depends_on")
    return found if isinstance(found, dict) else {}


def check_owner(product: Path, owner: Mapping[str, str]) -> None:
    """Make sure that a product is not another's of the same name: a-b with c, and a with b-c.

    Parameters
    ----------
    product : Path
    made_for : mapping
        The ids it is to be made for, by the names of their options.

    Raises
    ------
    Audio2VideoError
        It was made for others; nothing is overwritten.
    """
    before = (read_record(product) or {}).get("made_for")
    if isinstance(before, dict) and before != owner:
        others = ", ".join(f"{name} '{before.get(name)}'" for name in owner)
        raise Audio2VideoError(
            f"belongs to {others}",
            path=product,
            hint=f"choose another {' or '.join(owner)}, or move the folder's files elsewhere",
        )


def check_owners_in(folder: Path, owner: Mapping[str, str]) -> None:
    """Make sure that nothing in a folder is another's, before the work begins: see `check_owner`.

    Raises
    ------
    Audio2VideoError
        Something there was made for other ids.
    """
    suffix = record_path(Path("x")).name.removeprefix("x")
    for record in sorted(folder.glob(f"*{suffix}")):
        check_owner(record.with_name(record.name.removesuffix(suffix)), owner)


def build_if_stale(
    product: Path,
    depends_on: Mapping[str, Any],
    build: Callable[[Path], Mapping[str, Any] | None],
    progress: Progress,
    *,
    force: bool = False,
    outputs: Sequence[Path] = (),
    owner: Mapping[str, str] | None = None,
) -> bool:
    """Make a product unless it is up to date.

    A product that has no record, or another content than its record says, is the user's own work:
    it is used as it is. With `force` it is set aside, never deleted.

    Parameters
    ----------
    product : Path
        File to make.
    depends_on : mapping
        All that the product depends on, as JSON values: options, hashes of inputs.
    build : callable
        Given a temporary path, writes the product there; may return facts to keep in the record.
    progress : Progress
    force : bool
        Make it even if it is up to date.
    beside : sequence of Path
        Files that `build` writes as well: if one is missing, all are made again.
    made_for : mapping, optional
        See `check_owner`.

    Returns
    -------
    bool
        True if it was made now.

    Raises
    ------
    Audio2VideoError
        It was made for other ids, or can't be written.
    """
    if owner is not None:
        check_owner(product, owner)
    if product.is_file() and (not force or _is_users_own(product)):
        if _is_users_own(product):
            if not force:
                progress.warn(
                    f"{product} was changed by hand: used as it is (--force True makes it again)"
                )
                return False
            progress.warn(f"{product} was changed by hand: kept as {set_aside(product).name}")
        elif is_current(product, depends_on) and all(path.is_file() for path in outputs):
            return False
    with replacing(product) as temporary:
        facts = build(temporary)
        record = {
            "key": content_key(depends_on),
            "sha256": file_hash(temporary),
            # The record is in place before the product is. A run killed between the two leaves the
            # old product, which must be known as such and not be taken for the user's own.
            "replaces": file_hash(product) if product.is_file() else None,
            "audio2video": __version__,
            "depends_on": dict(depends_on),
            **({} if owner is None else {"made_for": dict(owner)}),
            **(facts or {}),
        }
        write_json(record_path(product), record)
    return True


def _is_users_own(product: Path) -> bool:
    record = read_record(product)
    return record is None or file_hash(product) not in (
        record.get("sha256"),
        record.get("replaces"),
    )
