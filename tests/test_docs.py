"""The documents: relative links resolve, command lines parse, the picture is complete."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest
from conftest import ROOT

from audio2video.cli.main import main_group
from audio2video.cli.run import run_command

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), ROOT / "benchmarks" / "README.md"])
NOTEBOOK = DOCS / "tutorial.ipynb"

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STARTS = ("audio2video ", "python run.py")
"""Command lines of this program."""


def label(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """Anchors that GitHub gives the headings of a page."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def sources() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        yield page, FENCE.sub("", page.read_text(encoding="utf-8"))
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    yield NOTEBOOK, "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


@pytest.mark.parametrize(("page", "text"), [pytest.param(*s, id=label(s[0])) for s in sources()])
def test_relative_links_resolve(page: Path, text: str) -> None:
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{label(page)}: {link}"
        if anchor:
            assert anchor in anchors(target), f"{label(page)}: {link}"


def command_lines() -> Iterator[tuple[str, list[str]]]:
    """Command lines of this program in fenced blocks, with the page they stand in."""
    for page in PAGES:
        for _, block in FENCE.findall(page.read_text(encoding="utf-8")):
            for line in re.sub(r"\\\n\s*", "", block).splitlines():
                words = shlex.split(line, comments=True) if line.startswith(STARTS) else []
                if words and "[OPTIONS]" not in words and "COMMAND" not in words:
                    yield label(page), words


@pytest.mark.parametrize(("page", "words"), list(command_lines()))
def test_command_lines_parse(page: str, words: list[str]) -> None:
    command: click.Command = main_group
    if words[0] == "python":
        command, words = run_command, words[2:]
    else:
        words = words[1:]
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command, words = command.commands[words[0]], words[1:]
    with suppress(click.exceptions.Exit):  # --help and --version
        command.make_context(page, words)


def test_the_picture_shows_every_package() -> None:
    picture = (DOCS / "images" / "architecture.svg").read_text(encoding="utf-8")
    packages = {path.parent.name for path in (ROOT / "audio2video").glob("*/__init__.py")}
    missing = {name for name in packages if f">{name}</text>" not in picture}
    assert missing <= {"demo", "assets"}
