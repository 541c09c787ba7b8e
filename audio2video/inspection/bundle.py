"""JavaScript modules put together into one, so that a page on disk needs no other file."""

from __future__ import annotations

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w-]+\.js)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|class|const) (\w+))", re.MULTILINE)
_EITHER = re.compile(r"^(?:import|export)\b", re.MULTILINE)


def bundled(modules: Mapping[str, str], entry: str) -> str:
    """Put modules together, each in a scope of its own, those first that others import.

    Parameters
    ----------
    modules : mapping of str to str
        Text of each module by its file name. They import by ``import { a, b } from "./x.js";``,
        export functions, classes and constants where they declare them, and no two export the same
        name.
    entry : str
        The module that imports all others, directly or not.

    Returns
    -------
    str
        One script whose top level has every exported name.

    Raises
    ------
    ValueError
        The modules are not like that.
    """
    parts: list[str] = []
    seen: dict[str, str] = {}
    for name in _in_order(modules, entry, [], []):
        text = modules[name]
        exported = _EXPORT.findall(text)
        for one in exported:
            if one in seen:
                raise ValueError(f"{name} and {seen[one]} both export {one}")
            seen[one] = name
        for names, source in _IMPORT.findall(text):
            for one in filter(None, (part.strip() for part in names.split(","))):
                if seen.get(one) != source:
                    raise ValueError(f"{name} imports {one}, which {source} does not export")
        body = _EXPORT.sub("", _IMPORT.sub("", text))
        left = _EITHER.search(body)
        if left is not None:
            raise ValueError(f"{name}: not understood: {body[left.start() :].splitlines()[0]}")
        given = ", ".join(exported)
        parts.append(f"const {{ {given} }} = (() => {{\n{body}return {{ {given} }};\n}})();\n")
    return "".join(parts)


def _in_order(
    modules: Mapping[str, str], name: str, done: list[str], open_: list[str]
) -> list[str]:
    if name in open_:
        raise ValueError(f"modules import each other: {' > '.join([*open_, name])}")
    if name not in modules:
        raise ValueError(f"no module {name}")
    if name not in done:
        for _, other in _IMPORT.findall(modules[name]):
            _in_order(modules, other, done, [*open_, name])
        done.append(name)
    return done
