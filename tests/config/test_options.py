"""Config: bounds, ids, and configuration files, whatever is in them."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audio2video.config import GROUPS, Config, Option, options_of
from audio2video.config.files import read_options_file
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError, OptionError
from audio2video.storage.ids import MAX_ID_BYTES, check_id

OPTIONS = options_of(Config)
BOUNDED = [option for option in OPTIONS.values() if option.low is not None]
IN_TMP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, text: str) -> dict[str, Any]:
    path = folder / "options.toml"
    path.write_text(text, encoding="utf-8")
    return read_options_file(path)


@pytest.mark.parametrize("option", OPTIONS.values(), ids=OPTIONS)
def test_every_option_has_help_and_a_default_of_its_type(option: Option) -> None:
    assert option.help.strip()
    assert option.group in GROUPS
    assert option.optional if option.default is None else type(option.default) is option.kind


def test_a_value_must_be_one_of_the_choices() -> None:
    assert Config.from_flags(network="conv").training.network.network == "conv"
    with pytest.raises(OptionError, match="'oracle' is not known; use one of lstm, bilstm, conv"):
        Config.from_flags(network="oracle")


def test_the_types_are_plain_ones() -> None:
    types = {flag: (option.kind, option.optional) for flag, option in OPTIONS.items()}
    assert {kind for kind, _ in types.values()} == {str, int, float, bool, Path}
    assert types["train"] == (bool, True)
    assert types["lr"] == (float, False)
    assert types["corpus"] == (Path, True)


@pytest.mark.parametrize("option", BOUNDED, ids=lambda option: option.flag)
def test_bounds_belong_to_the_range_and_nothing_beyond_them(option: Option) -> None:
    low, high, kind, flag = option.low, option.high, option.kind, option.flag
    assert low is not None
    assert high is not None
    for value in (low, high):
        assert Config.from_flags(**{flag: kind(value)}).flags()[flag] == value
    outside = [low - 1, high + 1]
    if kind is float:
        outside += [math.nextafter(low, -math.inf), math.nextafter(high, math.inf)]
        outside += [math.nan, math.inf, -math.inf]
    for value in outside:
        with pytest.raises(OptionError) as caught:
            Config.from_flags(**{flag: value})
        assert caught.value.problem == f"--{flag} {value} is out of bounds"
        assert caught.value.hint == f"use {low} to {high}"


def test_a_very_large_integer_is_out_of_bounds() -> None:
    with pytest.raises(OptionError, match="out of bounds"):
        Config.from_flags(nlayers=10**400)


@pytest.mark.parametrize(
    "name", ["demo", "my clip", "Ünïcode 語", "a.b-c_d", "x" * MAX_ID_BYTES, "50%", "it's", "-"]
)
def test_ids_that_are_plain_file_names(name: str) -> None:
    assert check_id("inp_id", name) == name
    assert Config.from_flags(inp_id=name, tar_id=name, pass_id=name).inputs.tar_id == name


@pytest.mark.parametrize(
    "name",
    [
        *("", ".", "..", "../x", "/etc/passwd", "a/b", "a\\b", "a\0b", ".hidden", "a\nb", "C:x"),
        *(
            "x" * (MAX_ID_BYTES + 1),
            "語" * (MAX_ID_BYTES // 3 + 1),
            'a"b',
            "a*",
            "a?",
            "<a>",
            "a|b",
            "\x1f",
        ),
    ],
)
@pytest.mark.parametrize("option", ["inp_id", "tar_id", "pass_id"])
def test_ids_that_are_not(option: str, name: str) -> None:
    with pytest.raises(OptionError) as caught:
        Config.from_flags(**{option: name})
    assert caught.value.problem == f"--{option} {name!r} is not usable as a file name"
    assert "not starting with a dot" in str(caught.value)


def test_an_id_of_bytes_that_are_no_text() -> None:
    # This is how Python hands over a command-line argument that is not valid UTF-8.
    with pytest.raises(OptionError, match="not usable as a file name"):
        Config.from_flags(inp_id=b"caf\xe9".decode("utf-8", "surrogateescape"))


@given(st.text(max_size=130).filter(lambda t: not any(0xD800 <= ord(c) < 0xE000 for c in t)))
def test_an_id_never_leaves_its_folder(text: str) -> None:
    try:
        check_id("inp_id", text)
    except OptionError:
        return
    path = Path("folder") / f"{text}.wav"
    assert path.parent == Path("folder")
    assert path.stem == text


def test_as_dict_is_json_and_gives_the_same_options() -> None:
    options = Config.from_flags(inp_id="語", corpus=Path("a/b"), alpha=0.5, train=False)
    values = json.loads(json.dumps(options.flags()))
    assert list(values) == list(OPTIONS)
    assert values["corpus"] == str(Path("a/b"))
    assert Config.from_flags(**{**values, "corpus": Path(values["corpus"])}) == options


def test_a_file_of_all_kinds_of_values(tmp_path: Path) -> None:
    text = (
        'inp_id = "語"\nnlayers = 2\nlr = 0.01\ntest-share = 0\nforce = true\n'
        'corpus = "clips"\naudio = "/abs/x.wav"\n'
    )
    values = read(tmp_path, text)
    assert values == {
        "inp_id": "語",
        "nlayers": 2,
        "lr": 0.01,
        "test_share": 0.0,
        "force": True,
        "corpus": tmp_path / "clips",
        "audio": Path("/abs/x.wav"),
    }
    assert isinstance(values["test_share"], float)
    Config.from_flags(**values)


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        ("colour = 1", OptionError, "unknown option 'colour'; see --help for all names"),
        ("[picture]\nnlayers = 1", OptionError, "unknown option 'picture'"),
        ("[network]\nnlayers = 1", OptionError, "'network' needs a value of type str, got {"),
        ("nlayers = true", OptionError, "'nlayers' needs a value of type int, got True"),
        ("nlayers = 1.0", OptionError, "'nlayers' needs a value of type int, got 1.0"),
        ("lr = true", OptionError, "'lr' needs a value of type float, got True"),
        ('lr = "x"', OptionError, "'lr' needs a value of type float, got 'x'"),
        ('force = "False"', OptionError, "'force' needs a value of type bool, got 'False'"),
        ("force = 0", OptionError, "'force' needs a value of type bool, got 0"),
        ("inp_id = 3", OptionError, "'inp_id' needs a value of type str, got 3"),
        ("corpus = 3", OptionError, "'corpus' needs a value of type Path, got 3"),
        ("alpha = [0.5]", OptionError, "'alpha' needs a value of type float, got [0.5]"),
        ("alpha", BadFileError, "not valid TOML ("),
        ("alpha = 1\nalpha = 1", BadFileError, "not valid TOML ("),
        ("\udcff", BadFileError, "not valid TOML ("),
    ],
)
def test_what_is_wrong_with_a_file(
    tmp_path: Path, text: str, kind: type[Audio2VideoError], line: str
) -> None:
    path = tmp_path / "options.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(kind) as caught:
        read_options_file(path)
    assert caught.value.path == path
    assert line in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(MissingFileError, match="configuration file not found"):
            read_options_file(path)


def _fuzz(folder: Path, content: bytes) -> None:
    path = folder / "options.toml"
    path.write_bytes(content)
    with suppress(Audio2VideoError):
        Config.from_flags(**read_options_file(path))


@IN_TMP
@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "replace")))
@example(b'"a\\nb" = 1')
def test_any_content_gives_options_or_an_error_of_ours(tmp_path: Path, content: bytes) -> None:
    _fuzz(tmp_path, content)


_VALUES = (
    st.integers().map(str)
    | st.floats().map(str)
    | st.sampled_from(["true", "false", "1979-05-27", "[]", "{}", "[1, 2]", "{a = 1}", "0x10"])
    | st.text().map(json.dumps)
)


@IN_TMP
@given(st.dictionaries(st.sampled_from(list(OPTIONS)), _VALUES, max_size=3))
def test_any_values_give_options_or_an_error_of_ours(
    tmp_path: Path, values: dict[str, str]
) -> None:
    _fuzz(tmp_path, "\n".join(f"{k} = {v}" for k, v in values.items()).encode())


@pytest.mark.parametrize(
    "text", ["alpha = " + "[" * 100_000, "nlayers = " + "1" * 5000, "alpha = " + "1" * 400]
)
def test_values_that_are_too_much_for_the_parser(tmp_path: Path, text: str) -> None:
    with pytest.raises(Audio2VideoError):
        read(tmp_path, text)


def test_an_option_given_in_both_spellings(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="given twice"):
        read(tmp_path, "dim-hidden = 1\ndim_hidden = 2\n")


def test_the_example_file_holds_every_option(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "example.toml").read_text()
    # Taken out of their comments all lines are valid, and all options are there with their help.
    values = read(tmp_path, "\n".join(re.findall(r"^# (\w+ = .*)$", text, re.MULTILINE)))
    assert values.keys() == OPTIONS.keys()
    for flag, option in OPTIONS.items():
        if option.default is not None and flag != "nthreads":
            assert values[flag] == option.default
