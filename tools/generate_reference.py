"""Generate the reference pages from the code: ``python -m tools.generate_reference``.

Writes ``docs/example.toml`` and the pages of options, commands, constants and the Python API in
``docs/reference/``. With ``--check`` it writes nothing and exits with 1 if a page is out of date.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import click

import audio2video
from audio2video.cli.main import main_group
from audio2video.cli.options import GroupedOption
from audio2video.config import GROUPS, Config, Option, options_of

from .docstrings import escaped, markdown, signature, summary

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"

GENERATED = "Generated from the code by `python -m tools.generate_reference`."

API = {
    "One video": (
        *("dub", "plan_dub", "speak", "find_faces", "inspect_run"),
        *("animate", "Animation", "listen"),
        *("DubResult", "DubPlan", "FoundFace", "Inspection"),
    ),
    "Stages": (
        *("speech_samples", "speech_features", "speech_activity"),
        *("load_pass", "predict_mouth", "analyse_target", "retime"),
        *("synthesise_texture", "composite", "save_video"),
    ),
    "Data between stages": (
        *("MouthTrack", "Predictor", "TargetAnalysis", "Retiming", "TextureSequence"),
    ),
    "Landmarks": (
        *("find_landmarks", "read_speakers", "remove_identity", "save_identity"),
        *("LandmarkTable", "SpeakerPoints", "IdentityRemoval"),
    ),
    "Training": ("prepare_corpus", "train", "TrainingResult"),
    "Evaluation and verification": (
        *("evaluate_lipsync", "evaluate_output", "evaluate_reenact", "verify"),
        *("LipsyncEvaluation", "OutputEvaluation", "ReenactEvaluation", "Verdict"),
    ),
    "Configuration, workspace, progress": (
        *("Config", "Workspace", "Progress", "demo_speech", "demo_video"),
    ),
    "Errors": (
        *("Audio2VideoError", "BadFileError", "CancelledError"),
        *("MissingFileError", "MostlyUnchangedError", "NoFaceError", "OptionError"),
    ),
}
"""Headings of the API page and their names, in the order of a reader's first use."""

TUNABLE = (
    "speech",
    "mouth",
    "face",
    "target",
    "texture",
    "retiming",
    "listening",
    "compositing",
    "watermark",
    "training",
)
"""Packages whose constants are listed."""

SAMPLES = {
    "corpus": '"clips"',
    "speaker": '"portrait.jpg"',
    "voice_audio": '"vocal.wav"',
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
    "keep_audio": "-12.0",
    "segments": '"film.srt"',
    "text": '"Good morning."',
    "text_file": '"speech.txt"',
    "voice_program": '"espeak-ng"',
    "voice_name": '"en-us+f3"',
    "load_shapes": '"mouths.npy"',
    "shapes_rate": "60.0",
    "patience": "20",
    "readout": "0.15",
    "speaker_code": "1.0",
    "frameU": "120",
    "frameL": "240",
    "face": "2",
    "speaker_video": '"speaker.mp4"',
    "dyadic": '"conversations"',
    "face_at": '"640,360,2.5"',
    "init_from": '"talkers"',
    "split_file": '"split.json"',
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
        f"{GENERATED} Every option stands on "
        "the command line (`--name value`), in a TOML file (`--config FILE`, "
        "`target/<tar_id>.toml`) and in the columns of a batch. Booleans take a value: "
        "`--teeth False`. From Python: `Config.from_flags(name=value)`.\n",
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
    return f"| `--{option.flag}` | {kind} | {default} | {bounds} | {escaped(option.help)}{unit} |"


def _sample(option: Option) -> str:
    if option.flag in SAMPLES:
        return SAMPLES[option.flag]
    if option.kind is bool:
        return str(option.default).lower()
    return f'"{option.default}"' if option.kind is str else str(option.default)


def api_page() -> str:
    """Write the page of the Python API."""
    parts = [
        "# Python API\n",
        f"{GENERATED} `import audio2video as a2v` takes milliseconds: heavy libraries are imported "
        "at first use. The [tutorial](../tutorial.ipynb) shows the functions at work.\n",
    ]
    for heading in (*API, "Other names"):
        names = _in_all(API.get(heading) or _ungrouped())
        if names:
            parts.append(f"## {heading}\n")
            parts += [_symbol(name, getattr(audio2video, name)) for name in names]
    return "\n".join(parts)


def _in_all(names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in audio2video.__all__]


def _ungrouped() -> tuple[str, ...]:
    """List the public functions and classes under no heading yet."""
    grouped = {name for names in API.values() for name in names}
    others = [name for name in audio2video.__all__ if name not in grouped]
    return tuple(name for name in others if callable(getattr(audio2video, name, None)))


def _symbol(name: str, found: Any) -> str:
    text = markdown(inspect.getdoc(found) or "")
    if not inspect.isclass(found):
        return f"### {name}\n\n```python\n{signature(f'a2v.{name}', found)}\n```\n\n{text}\n"
    base = found.__mro__[1].__name__
    parent = f"({base})" if base not in ("object", "Section") else ""
    members = "".join(_member(*each) for each in _members(found))
    methods = f"\n| member | meaning |\n|---|---|\n{members}" if members else ""
    return f"### {name}\n\n```python\nclass a2v.{name}{parent}\n```\n\n{text}\n{methods}"


def _members(found: type) -> Iterator[tuple[str, Any]]:
    """Yield the documented public methods and properties, in the order of their definition."""
    for base in found.__mro__:
        if base.__module__.startswith("audio2video"):
            for name, value in vars(base).items():
                value = getattr(value, "__func__", value)
                if not name.startswith("_") and (
                    isinstance(value, property) or inspect.isfunction(value)
                ):
                    yield name, value


def _member(name: str, value: Any) -> str:
    call = name if isinstance(value, property) else signature(name, value).replace("\n", " ")
    call = call.replace("|", "\\|")
    return f"| `{call}` | {escaped(summary(inspect.getdoc(value) or ''))} |\n"


def commands_page() -> str:
    """Write the page of all commands."""
    head = (
        f"{GENERATED} `python run.py` is `audio2video run`. Options of the configuration are "
        "listed by name here and explained in [Options](options.md). Every command has `--help`.\n"
    )
    return "\n".join(["# Commands\n", head, *_commands(main_group, "audio2video")])


def _commands(command: click.Command, name: str) -> Iterator[str]:
    context = click.Context(command, info_name=name)
    if isinstance(command, click.Group):
        yield f"## {name}\n\n{_help(command)}\n{_own_options(command)}"
        for child, member in command.commands.items():
            yield from _commands(member, f"{name} {child}")
        return
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    yield f"## {name}\n\n```\n{usage}\n```\n\n{_help(command)}\n{_own_options(command)}"


def _help(command: click.Command) -> str:
    return escaped(inspect.cleandoc(command.help or ""))


def _own_options(command: click.Command) -> str:
    rows, shared = [], []
    for param in command.params:
        if isinstance(param, GroupedOption):
            shared.append(f"`--{param.name}`")
        elif isinstance(param, click.Option) and not param.hidden:
            text = escaped(param.help or "") + _bounds(param.type)
            rows.append(f"| `{', '.join(param.opts)}{_value(param)}` | {text} |")
    table = "\n| option | meaning |\n|---|---|\n" + "\n".join(rows) + "\n" if rows else ""
    known = f"\nOptions of the configuration: {', '.join(shared)}.\n" if shared else ""
    return table + known


def _value(param: click.Option) -> str:
    if param.is_flag:
        return ""
    if isinstance(param.type, click.Choice):
        return " " + "\\|".join(param.type.choices)
    return " " + (param.metavar or param.type.name.split()[0].upper())


def _bounds(kind: object) -> str:
    ranges = (click.IntRange, click.FloatRange)
    return f" [{kind.min:g} to {kind.max:g}]" if isinstance(kind, ranges) else ""


def constants_page() -> str:
    """Write the page of the algorithms' constants."""
    parts = [
        "# Constants\n",
        f"{GENERATED} Public constants of the algorithms, with the value and the comment that "
        "stand in the code.\n",
    ]
    for package in TUNABLE:
        rows = []
        for path in sorted((ROOT / "audio2video" / package).rglob("*.py")):
            module = path.relative_to(ROOT / "audio2video").as_posix()
            rows += [f"| `{n}` | {module} | `{v}` | {t} |" for n, v, t in _constants(path)]
        if rows:
            table = "\n".join(
                ["| constant | module | value | meaning |", "|---|---|---|---|", *rows]
            )
            parts.append(f"## {package}\n\n{table}\n")
    return "\n".join(parts)


def _constants(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the documented constants of a module: name, value, meaning."""
    body = ast.parse(path.read_text(encoding="utf-8")).body
    for statement, after in pairwise(body):
        if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
            continue
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if not isinstance(target, ast.Name) or not target.id.isupper() or target.id[0] == "_":
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
            value = ast.unparse(statement.value)
            if len(value) <= 60:
                yield (
                    target.id,
                    value.replace("|", "\\|"),
                    escaped(" ".join(str(after.value.value).split())),
                )


def pages() -> dict[Path, str]:
    """Give every generated page and its text."""
    reference = DOCS / "reference"
    return {
        DOCS / "example.toml": example(),
        reference / "options.md": options_page(),
        reference / "commands.md": commands_page(),
        reference / "api.md": api_page(),
        reference / "constants.md": constants_page(),
    }


def main(arguments: list[str]) -> int:
    """Write the pages, or report those that are out of date."""
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
