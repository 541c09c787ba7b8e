"""What a mistyped command line is answered."""

from __future__ import annotations

import pytest

from audio2video.cli import main as cli


def answer(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as caught:
        cli.main(list(args))
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    return line


@pytest.mark.parametrize(
    ("option", "meant"),
    [("--retimng", "--retiming"), ("--pass-idd", "--pass_id"), ("--lineu", "--lineU")],
)
def test_a_typing_mistake_suggests_the_option(
    capsys: pytest.CaptureFixture[str], option: str, meant: str
) -> None:
    assert f"Did you mean {meant}" in answer(capsys, "run", option, "x")


def test_nothing_is_suggested_that_is_nothing_like_it(capsys: pytest.CaptureFixture[str]) -> None:
    line = answer(capsys, "run", "--dry-run")
    assert line.startswith("error: No such option: --dry")
    assert "Did you mean" not in line


def test_a_boolean_without_its_value(capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(capsys, "run", "--teeth").endswith("needs a value: True or False.")


@pytest.mark.parametrize("value", ["maybe", "--teeth"])
def test_a_boolean_with_another_value(capsys: pytest.CaptureFixture[str], value: str) -> None:
    line = answer(capsys, "run", "--coherence", value)
    assert "must be True or False" in line


@pytest.mark.parametrize("option", ["--audio", "--video"])
def test_what_has_no_name_is_told_its_place(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    line = answer(capsys, "dub", option, "x.wav")
    assert line.startswith(f"error: No such option: {option}. It is written without a name: ")
    assert line.endswith("dub AUDIO VIDEO")
