"""The figures of a stored result as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Rows = Sequence[Sequence[str]]

QUANTITIES = {
    "seconds": "wall time",
    "cpu_seconds": "CPU time",
    "per_second": "speed",
    "peak_mb": "peak memory",
}
"""What limits are set to, in words."""


def as_tables(content: dict[str, Any]) -> str:
    """Lay out all figures.

    Parameters
    ----------
    content : dict
        From `report.as_json`, or read from a stored file.

    Returns
    -------
    str
        Markdown: what was asked for, stages, pipelines, where their time goes, growth, what was
        left out, the machine. Parts that nothing was measured for are missing.
    """
    stages, curves = content["stages"], content["curves"]
    kernels = [stage for stage in stages if stage["unit"] != "second of output"]
    pipelines = [stage for stage in stages if stage["unit"] == "second of output"]
    parts = [
        ("What was asked for", _limits([*stages, *curves])),
        ("Stages", [_stage_heading(), *map(_stage, kernels)] if kernels else []),
        ("Whole pipeline", _pipelines(pipelines)),
        ("Where the time goes: seconds for a second of output", _steps(pipelines)),
        *((f"Growth with {curve['name']}", _curve(curve)) for curve in curves),
    ]
    texts = [f"### {title}\n\n{markdown(rows)}" for title, rows in parts if rows]
    if content["skipped"]:
        texts.append("Not measured: " + "; ".join(content["skipped"]) + ".")
    machine = content["machine"]
    texts.append(
        f"{content['date'][:10]}, {machine['processor']}, {machine['cores']} cores, "
        f"Python {machine['python']}; processes that wanted a core in the minute before: "
        f"{machine['load_before']}, at the end: {machine['load_after']}."
    )
    return "\n\n".join(texts)


def markdown(rows: Rows) -> str:
    """Write a table, the first row being its heading; columns are padded for reading as text."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = [
        "| " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def number(value: float | None, unit: str = "") -> str:
    """Write three digits; nothing for nothing."""
    if value is None:
        return ""
    digits = f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{digits} {unit}".rstrip()


def limit_label(owner: dict[str, Any], limit: dict[str, Any]) -> str:
    """Say what a limit is for."""
    quantity = limit["quantity"]
    return f"{owner['name']}: {QUANTITIES[quantity]}" if quantity in QUANTITIES else quantity


def _with_unit(quantity: str, value: float, unit: str) -> str:
    if quantity in ("seconds", "cpu_seconds"):
        in_seconds = unit in ("second of output", "path", "start")
        shown = number(value, "s") if in_seconds else number(1000 * value, "ms")
        return f"{shown} a {unit}"
    return number(value, {"per_second": f"{unit}s/s", "peak_mb": "MB"}.get(quantity, ""))


def _limits(owners: list[dict[str, Any]]) -> Rows:
    rows = [
        (
            limit_label(owner, limit),
            ("at least " if limit["least"] else "at most ")
            + _with_unit(limit["quantity"], limit["bound"], owner["unit"]),
            _with_unit(limit["quantity"], limit["value"], owner["unit"]),
            "yes" if limit["reached"] else "**no**",
        )
        for owner in owners
        for limit in owner["limits"]
    ]
    return [("what", "asked for", "measured", "reached"), *rows] if rows else []


def _stage_heading() -> Sequence[str]:
    return (
        "stage",
        "wall",
        "CPU",
        "speed",
        "real time",
        "plain twin, wall",
        "CPU of it",
        "same result",
    )


def _stage(stage: dict[str, Any]) -> Sequence[str]:
    found, unit = stage["medians"], stage["unit"]
    agreement = stage["agreement"]
    if stage["equal"] is not None:
        agreement = f"{'yes' if stage['equal'] else '**NO**'}, {agreement}"
    once = stage["facts"].get("times_read_once")
    return (
        stage["name"],
        number(1000 * found["seconds"], "ms") + (f" ({once:.1f} x reading once)" if once else ""),
        number(1000 * found["cpu_seconds"], "ms") if "cpu_seconds" in found else "",
        f"{number(found['per_second'])} {plural(unit)}/s",
        number(found.get("real_time"), "x"),
        number(found.get("times_plain"), "x"),
        number(found.get("times_plain_cpu"), "x"),
        agreement,
    )


def plural(unit: str) -> str:
    """Give the name of several units: 'second of speech' becomes 'seconds of speech'."""
    noun, *rest = unit.split(" ", 1)
    return " ".join([f"{noun}s", *rest])


def _pipelines(stages: list[dict[str, Any]]) -> Rows:
    if not stages:
        return []
    heading = ("run", "output", "wall", "wall a second", "CPU a second", "real time", "peak memory")
    return [
        heading,
        *(
            (
                stage["name"].removeprefix("pipeline, "),
                number(stage["count"], "s"),
                number(stage["medians"]["seconds"] * stage["count"], "s"),
                number(stage["medians"]["seconds"], "s"),
                number(stage["medians"].get("cpu_seconds"), "s"),
                number(stage["medians"]["real_time"], "x"),
                number(stage["medians"].get("peak_mb"), "MB"),
            )
            for stage in stages
        ),
    ]


def _steps(stages: list[dict[str, Any]]) -> Rows:
    stages = [stage for stage in stages if stage["facts"].get("steps")]
    if not stages:
        return []
    names = list(stages[0]["facts"]["steps"])
    rows = [("run", *names, "start-up and rest")]
    for stage in stages:
        steps, count = stage["facts"]["steps"], stage["count"]
        rest = stage["medians"]["seconds"] - sum(steps.values()) / count
        shares = [number(steps[name] / count) for name in names]
        rows.append((stage["name"].removeprefix("pipeline, "), *shares, number(max(rest, 0.0))))
    return rows


def _curve(curve: dict[str, Any]) -> Rows:
    names = list(curve["series"])
    rows = [(curve["unit"], *names)]
    constants = curve["constants"]
    if constants:
        rows.append((number(curve["origin"]), *(number(constants.get(name)) for name in names)))
    rows += [
        (number(size), *(number(curve["series"][name][place]) for name in names))
        for place, size in enumerate(curve["sizes"])
    ]
    rows.append(("**exponent**", *(_power(curve["exponents"][name]) for name in names)))
    return rows


def _power(value: float | None) -> str:
    return "" if value is None else f"**{value:.2f}**"
