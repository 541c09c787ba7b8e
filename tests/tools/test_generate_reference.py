"""The generated reference pages agree with the code."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

import audio2video
from audio2video.cli.main import main_group
from tools.docstrings import escaped, markdown, signature
from tools.generate_reference import API, DOCS, main, pages

COMMANDS = (DOCS / "reference" / "commands.md").read_text(encoding="utf-8")


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    for child, command in group.commands.items():
        yield f"{name} {child}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {child}")


def test_all_pages_are_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0, capsys.readouterr().out


def test_a_page_that_differs_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = DOCS / "reference" / "options.md"
    monkeypatch.setattr("tools.generate_reference.pages", lambda: {path: "another text"})
    assert main(["--check"]) == 1
    assert "options.md is out of date" in capsys.readouterr().out


@pytest.mark.parametrize(("name", "command"), list(commands(main_group, "audio2video")))
def test_the_page_names_every_command_and_option(name: str, command: click.Command) -> None:
    assert f"## {name}\n" in COMMANDS
    section = COMMANDS.split(f"## {name}\n")[1].split("\n## ")[0]
    for param in command.params:
        if isinstance(param, click.Option):
            for flag in param.opts:
                assert f"`{flag}" in section or f", {flag}" in section, flag


def test_the_api_page_has_every_public_function_and_class() -> None:
    page = pages()[DOCS / "reference" / "api.md"]
    for name in audio2video.__all__:
        if callable(getattr(audio2video, name, None)):
            assert f"### {name}\n" in page, name


def test_api_headings_name_public_names() -> None:
    for names in API.values():
        assert set(names) <= set(audio2video.__all__)


def test_a_docstring_becomes_markdown() -> None:
    text = """Do a thing.

    With <care>.

    Parameters
    ----------
    path : str or Path
        A file, `<stem>.mp4`,
        or a <folder>.
    rate : int

    Examples
    --------
    >>> do(1)  # doctest: +SKIP
    2
    """
    assert markdown(text) == (
        "Do a thing.\n\nWith &lt;care>.\n\n**Parameters**\n\n"
        "- `path` (str or Path): A file, `<stem>.mp4`, or a &lt;folder>.\n"
        "- `rate` (int)\n\n**Examples**\n\n```python\n>>> do(1)\n2\n```"
    )


def test_code_spans_stay_as_they_are() -> None:
    assert escaped("`a|b` | ``<c>`` <d>") == "`a|b` &#124; ``<c>`` &lt;d>"


def test_a_long_signature_has_one_parameter_a_line() -> None:
    def function(one: int, *, two: str = "x" * 80) -> None: ...

    assert signature("f", function).splitlines()[:3] == ["f(", "    one: int,", "    *,"]


def test_the_page_of_constants_has_values_and_meanings() -> None:
    page = pages()[DOCS / "reference" / "constants.md"]
    assert re.search(r"\| `\w+` \| texture/warp.py \| `[\d.e-]+` \| \w+", page)
