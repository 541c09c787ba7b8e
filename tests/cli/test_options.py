"""How the command takes its options."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT

from audio2video.cli import main as cli
from audio2video.config import Config, options_of
from audio2video.pipeline import run as pipeline


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run the command up to the pipeline; gives the steps and options that arrive there."""

    def run(*args: str) -> tuple[list[int], Config]:
        seen: list[tuple[list[int], Config]] = []

        def record(workspace: Any, steps: list[int], options: Config, progress: Any) -> list[Any]:
            seen.append((list(steps), options))
            return []

        monkeypatch.setattr(pipeline, "run", record)
        done = CliRunner().invoke(cli.run_command, ["--workspace", str(tmp_path), *args])
        assert done.exit_code == 0, done.output
        return seen[0]

    return run


@pytest.mark.parametrize(
    ("words", "steps"),
    [
        ("--steps 1 2 3 4", [1, 2, 3, 4]),
        ("--steps 2-4", [2, 3, 4]),
        ("--steps 1 --steps 3", [1, 3]),
        ("--steps=0", [0]),
        ("--steps 1,3 4", [1, 3, 4]),
        ("--steps 0 2-3 --inp_id 5", [0, 2, 3]),
        ("--seed 7 --steps 4", [4]),
    ],
)
def test_steps(given: Any, words: str, steps: list[int]) -> None:
    assert given(*words.split())[0] == steps


def test_defaults_run_the_demo(given: Any) -> None:
    options = given("--steps", "1")[1]
    assert options == Config.from_flags()
    assert (options.inputs.inp_id, options.inputs.tar_id, options.inputs.pass_id) == (
        "demo",
        "demo",
        "talkers",
    )
    assert options.lipsync.train is None


@pytest.mark.parametrize("option", options_of(Config))
def test_every_option_in_both_spellings(given: Any, option: str) -> None:
    value = {bool: "True", int: "50", float: "0.3", str: "name", Path: "file"}[
        options_of(Config)[option].kind
    ]
    if option in ("keep_prob", "vr", "lr", "dr", "alpha", "test_share"):
        value = "0.3"
    if option == "frozen_layers":
        value = "5"
    if option == "shapes_rate":
        value = "30.5"
    if option in ("nlayers", "noise_snr"):
        value = "2" if option == "nlayers" else "2.0"
    if option == "timestamp_url":
        value = "https://time.example/tsa"
    if option == "face_at":
        value = "640,360"
    choices = options_of(Config)[option].choices
    if choices:
        value = choices[-1]
    for spelling in (option, option.replace("_", "-")):
        options = given("--steps", "1", f"--{spelling}", value)[1]
        assert str(options.flags()[option]) == value


@pytest.mark.parametrize("word", ["False", "false", "0", "no"])
def test_false_is_false(given: Any, word: str) -> None:
    options = given("--steps", "1", "--train", word, "--retiming", word, "--predict", word)[1]
    assert options.lipsync.train is False
    assert options.retiming.retiming == "off"  # as it was spelt when it was a boolean
    assert options.lipsync.predict is False


def test_files_and_their_order(given: Any, tmp_path: Path) -> None:
    config, argspath = tmp_path / "a.toml", tmp_path / "b.toml"
    config.write_text("alpha = 0.5\ndim-hidden = 10\nnlayers = 2\nlineU = 1\nseed = 1\n")
    argspath.write_text("dim_hidden = 20\nlineU = 2\nseed = 2\n")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "face.toml").write_text("lineU = 3\nseed = 3\n")
    options = given(
        *("--steps", "1", "--tar_id", "face", "--config", str(config)),
        *("--argspath", str(argspath), "--seed", "4"),
    )[1]
    assert options.texture.alpha == 0.5
    assert options.training.network.nlayers == 2
    assert options.training.network.dim_hidden == 20
    assert options.texture.upper_line == 3
    assert options.training.seed == 4


def test_help_names_every_option_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['run.py', '--help']\n"
        "from audio2video.cli.main import main_run\n"
        "try: main_run()\n"
        "except SystemExit as end: assert not end.code\n"
        "heavy = {'numpy', 'cv2', 'dlib', 'av', 'numba', 'tensorflow', 'matplotlib', 'scipy'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "HEAVY []" in done.stdout
    for flag in options_of(Config):
        assert f"--{flag}" in done.stdout


def test_console_script_and_module_are_the_same_command() -> None:
    script = Path(sys.executable).parent / "audio2video"
    commands = [[sys.executable, "-m", "audio2video", "run", "--help"]]
    if script.is_file():
        commands.append([str(script), "run", "--help"])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
        assert "--steps" in done.stdout
