"""The commands that list and remove caches."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import OptionError
from ..storage.ids import check_id
from ..storage.workspace import Workspace
from .options import in_workspace
from .terminal import CONTEXT, Terminal

if TYPE_CHECKING:
    from ..storage.cache import Cached


@click.group("cache", context_settings=CONTEXT, invoke_without_command=True)
@in_workspace(None)
@click.option("--json", "as_json", is_flag=True, help="print one JSON object instead of a table")
@click.pass_context
def cache_group(context: click.Context, workspace: Path | None, as_json: bool) -> None:
    """List the workspace's caches and their sizes."""
    context.obj = workspace or Path()
    if context.invoked_subcommand is not None:
        return
    from ..storage.cache import find_cached

    place = Workspace(context.obj)
    found = find_cached(place)
    if as_json:
        caches = [one.as_dict() for one in found]
        total = {"bytes": sum(one.size for one in found), "caches": caches}
        click.echo(json.dumps(total, indent=2, sort_keys=True))
        return
    with Terminal(place, quiet=False, verbose=False) as terminal:
        terminal.table(_table(found))
    click.echo(f"{_count(found)} in {place.root}")


@cache_group.command("clear", context_settings=CONTEXT)
@click.option("--older", type=float, metavar="DAYS", help="only what was last used longer ago")
@click.option("--tar_id", help="only what belongs to this target")
@click.option("--yes", is_flag=True, help="do not ask")
@in_workspace(None)
@click.pass_context
def clear_command(
    context: click.Context,
    older: float | None,
    tar_id: str | None,
    yes: bool,
    workspace: Path | None,
) -> None:
    """Remove caches; they are rebuilt when needed.

    Nothing else is ever removed. A run that goes on meanwhile is not disturbed.
    """
    if older is not None and not 0 <= older <= 36500:
        raise OptionError(f"--older {older} is out of bounds", hint="use 0 to 36500")
    if tar_id is not None:
        check_id("tar_id", tar_id)
    from ..storage.cache import choose, find_cached, remove

    place = Workspace(workspace or context.obj)
    chosen = choose(find_cached(place), older, tar_id)
    if not chosen:
        click.echo("nothing to remove")
        return
    if not yes:
        if not sys.stdin.isatty():
            raise OptionError(
                f"refusing to remove {_count(chosen)} without confirmation",
                hint="use --yes",
            )
        with Terminal(place, quiet=False, verbose=False) as terminal:
            terminal.table(_table(chosen))
        if not click.confirm(f"Remove {_count(chosen)}?"):
            click.echo("nothing was removed")
            return
    removed, kept = remove(place, chosen)
    click.echo(f"removed {_count(removed)}")
    for one in kept:
        click.echo(f"warning: {one.path}: in use; kept", err=True)


def _count(caches: Iterable[Cached]) -> str:
    sizes = [one.size for one in caches]
    return f"{len(sizes)} cache{'' if len(sizes) == 1 else 's'}, {_size(sum(sizes))}"


def _size(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _table(caches: Iterable[Cached]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [
        ("kind", "target", "video", "key", "frames", "size", "made", "last used")
    ]
    for one in caches:
        rows.append(
            (
                one.kind,
                one.tar_id or "",
                _video(one),
                one.key or "",
                "" if one.frames is None else str(one.frames),
                _size(one.size),
                datetime.fromtimestamp(one.made).strftime("%Y-%m-%d %H:%M"),
                _ago(one.used),
            )
        )
    return rows if len(rows) > 1 else []


def _video(one: Cached) -> str:
    """Name the video that a cache is of; landmarks are found in videos of any folder."""
    if one.source is not None:
        return one.source.name
    return "" if one.tar_id is None or one.kind == "people" else "gone"


def _ago(moment: float) -> str:
    days = (time.time() - moment) / 86400
    return "today" if days < 1 else f"{int(days)} day{'' if days < 2 else 's'} ago"
