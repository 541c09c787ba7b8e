"""Generate the pages that repeat what the code says: ``python -m tools.generate_reference``.

Writes ``docs/example.toml`` and ``docs/reference/options.md``; with ``--check`` it only compares.
"""

from __future__ import annotations

import sys
from pathlib import Path

from audio2video.config import GROUPS, Config, Option, options_of

DOCS = Path(__file__).resolve().parent.parent / "docs"

SAMPLES = {
    "corpus": '"clips"',
    "speaker": '"portrait.jpg"',
    "audio": '"talk.m4a"',
    "video": '"anna.mov"',
    "landmark_model": '"model.dat"',
    "scheduler": '"tcp://127.0.0.1:8786"',
    "train": "true",
    "train_minutes": "10.0",
    "noise_snr": "0.0",
    "lineU": "79",
    "lineL": "93",
    "consent": '"Anna agreed to this, 2026-11-03"',
    "sign_cert": '"chain.pem"',
    "sign_key": '"key.pem"',
    "nthreads": "2",
}
"""Values of the example file for options that have no default, or one of this machine's own."""

HEAD = """\
# Every option with its default. Copy the lines to change, without the '#', into a file and give it
# with --config FILE; or into target/<tar_id>.toml for one target. With --config, a line such as
# 'steps = [1, 2, 3, 4]' chooses the steps.
"""


def example() -> str:
    """Write the example configuration file."""
    parts = [HEAD]
    for group in GROUPS:
        lines = [f"# --- {group} ---"]
        for option in _of_group(group):
            unit = f" [{option.unit}]" if option.unit else ""
            lines += [f"# {option.help}{unit}", f"# {option.flag} = {_sample(option)}"]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def options_page() -> str:
    """Write the page of all options."""
    parts = [
        "# Options\n",
        "Generated from the code by `python -m tools.generate_reference`. Every option stands on "
        "the command line (`--name value`), in a TOML file (`--config FILE`, "
        "`target/<tar_id>.toml`) and in the columns of a batch. Booleans take a value: "
        "`--retiming False`. From Python: `Config.from_flags(name=value)`.\n",
    ]
    for group in GROUPS:
        rows = ["| option | type | default | bounds | meaning |", "|---|---|---|---|---|"]
        rows += [_row(option) for option in _of_group(group)]
        parts.append(f"## {group}\n\n" + "\n".join(rows) + "\n")
    return "\n".join(parts)


def _of_group(group: str) -> list[Option]:
    return [option for option in options_of(Config).values() if option.group == group]


def _row(option: Option) -> str:
    default = "" if option.default is None else f"`{option.default}`"
    if option.flag == "nthreads":
        default = "one per core"
    if option.choices:
        bounds = ", ".join(option.choices)
    else:
        bounds = "" if option.low is None else f"{option.low:g} to {option.high:g}"
    unit = f" [{option.unit}]" if option.unit else ""
    kind = option.kind.__name__.lower()
    return f"| `--{option.flag}` | {kind} | {default} | {bounds} | {option.help}{unit} |"


def _sample(option: Option) -> str:
    if option.flag in SAMPLES:
        return SAMPLES[option.flag]
    if option.kind is bool:
        return str(option.default).lower()
    return f'"{option.default}"' if option.kind is str else str(option.default)


def pages() -> dict[Path, str]:
    """Give every generated page and its text."""
    return {
        DOCS / "example.toml": example(),
        DOCS / "reference" / "options.md": options_page(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or tell which are out of date."""
    stale = [p for p, text in pages().items() if not p.is_file() or p.read_text("utf-8") != text]
    if "--check" in arguments:
        for path in stale:
            print(f"{path} is out of date: run python -m tools.generate_reference")
        return 1 if stale else 0
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
