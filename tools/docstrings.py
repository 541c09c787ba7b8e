"""Render numpydoc docstrings and signatures as Markdown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

LISTS = ("Parameters", "Attributes", "Returns", "Yields", "Raises", "Warns")
"""Sections whose entries are a header line and an indented description."""
WIDTH = 96
"""Longest signature on one line."""


def signature(name: str, function: Any) -> str:
    """Write the signature of a function, one parameter per line where it is long."""
    found = inspect.signature(function)
    parts, previous = [], None
    for parameter in found.parameters.values():
        if parameter.name in ("self", "cls"):
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and previous is not parameter.KEYWORD_ONLY:
            parts.append("*")
        parts.append(_parameter(parameter))
        previous = parameter.kind
    returns = (
        "" if found.return_annotation is found.empty else f" -> {_type(found.return_annotation)}"
    )
    line = f"{name}({', '.join(parts)}){returns}"
    if len(line) <= WIDTH:
        return line
    return "\n".join([f"{name}(", *(f"    {part}," for part in parts), f"){returns}"])


def _parameter(parameter: inspect.Parameter) -> str:
    kinds: dict[Any, str] = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
    stars = kinds.get(parameter.kind, "")
    text = f"{stars}{parameter.name}"
    if parameter.annotation is not parameter.empty:
        text += f": {_type(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        text += f" = {parameter.default!r}"
    return text


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else str(inspect.formatannotation(annotation))


def markdown(docstring: str) -> str:
    """Render a numpydoc docstring as Markdown.

    Parameters
    ----------
    docstring : str

    Returns
    -------
    str
        Paragraphs, one list per section of parameters, and fenced examples.
    """
    parts = []
    for title, lines in _sections(inspect.cleandoc(docstring).splitlines()):
        body = _fenced(lines) if title not in LISTS else [_entry(*each) for each in _entries(lines)]
        text = "\n".join(body).strip("\n")
        parts.append(f"**{title}**\n\n{text}" if title else text)
    return "\n\n".join(part for part in parts if part)


def escaped(text: str) -> str:
    """Escape angle brackets and bars outside code spans, which Markdown would drop."""
    parts = re.split(r"(``.+?``|`[^`]+`)", text)
    parts[::2] = [
        re.sub(r"[<|]", lambda m: {"<": "&lt;", "|": "&#124;"}[m[0]], p) for p in parts[::2]
    ]
    return "".join(parts)


def summary(docstring: str) -> str:
    """Give the first paragraph of a docstring on one line."""
    return " ".join(inspect.cleandoc(docstring).split("\n\n")[0].split())


def _sections(lines: list[str]) -> Iterator[tuple[str, list[str]]]:
    title, body, k = "", list[str](), 0
    while k < len(lines):
        if k + 1 < len(lines) and lines[k] and re.fullmatch("-{3,}", lines[k + 1]):
            yield title, body
            title, body, k = lines[k], [], k + 2
        else:
            body.append(lines[k])
            k += 1
    yield title, body


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    header, words = "", list[str]()
    for line in lines:
        if line and not line.startswith(" "):
            if header:
                yield header, " ".join(words)
            header, words = line, []
        elif line.strip():
            words.append(line.strip())
    if header:
        yield header, " ".join(words)


def _entry(header: str, text: str) -> str:
    name, _, kind = header.partition(" : ")
    term = f"`{name}`" + (f" ({kind})" if kind else "")
    return f"- {term}: {escaped(text)}" if text else f"- {term}"


def _fenced(lines: list[str]) -> list[str]:
    """Put doctest blocks into fences, without their directives, and escape the rest."""
    out, inside = list[str](), False
    for line in lines:
        if line.startswith(">>>") and not inside:
            out.append("```python")
            inside = True
        elif inside and not line.strip():
            out.append("```")
            inside = False
        line = re.sub(r"\s*# doctest:.*", "", line)
        out.append(line if inside else escaped(line))
    return [*out, "```"] if inside else out
