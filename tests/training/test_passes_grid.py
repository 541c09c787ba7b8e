"""The file of a sweep: what it may hold, and what is refused before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError, OptionError
from audio2video.storage.ids import MAX_ID_BYTES, check_id
from audio2video.training.passes.grid import MAX_PASSES, Grid, pass_name, read_grid


def grid_of(tmp_path: Path, text: str, name: str = "trial") -> Grid:
    path = tmp_path / f"{name}.toml"
    path.write_text(text)
    return read_grid(path)


def test_all_combinations(tmp_path: Path) -> None:
    grid = grid_of(tmp_path, "step-delay = [5, 20]\nnlayers = [1, 2, 3]\nlr = 0.002\n")
    assert grid.name == "trial"
    assert grid.axes == {"step_delay": [5, 20], "nlayers": [1, 2, 3]}
    assert list(grid.passes)[:2] == ["trial-step_delay5-nlayers1", "trial-step_delay5-nlayers2"]
    assert len(grid.passes) == 6
    for pass_id, options in grid.passes.items():
        assert options.inputs.pass_id == pass_id
        assert (
            f"step_delay{options.training.network.step_delay}-nlayers{options.training.network.nlayers}"
            in pass_id
        )
        assert (options.training.lr, options.machine.nthreads, options.lipsync.train) == (
            0.002,
            1,
            True,
        )
    assert grid.passes["trial-step_delay20-nlayers3"].training.network.step_delay == 20


def test_names_are_readable(tmp_path: Path) -> None:
    grid = grid_of(
        tmp_path,
        'name = "n"\nlr = [0.001, 1e-4, 1]\nnoise_snr = ["none", 5]\noutp_norm = [true, false]\n',
    )
    assert "n-lr0.001-noise_snrnone-outp_normTrue" in grid.passes
    assert "n-lr1-noise_snr5-outp_normFalse" in grid.passes
    assert "n-lr0.0001-noise_snr5-outp_normTrue" in grid.passes
    assert grid.passes["n-lr1-noise_snrnone-outp_normTrue"].training.augmentation.noise_snr is None
    assert grid.passes["n-lr1-noise_snr5-outp_normTrue"].training.augmentation.noise_snr == 5.0


def test_long_names_are_cut_and_stay_the_same() -> None:
    point = dict.fromkeys(("step_delay", "dim_hidden", "batch_size", "seq_len", "seed"), 12345)
    first, again = pass_name("trial", point), pass_name("trial", dict(point))
    assert first == again
    assert len(first.encode()) <= MAX_ID_BYTES
    assert first.startswith("trial-")
    assert first != pass_name("trial", {**point, "seed": 12346})
    check_id("pass_id", first)
    exact = pass_name("t" * (MAX_ID_BYTES - len("-seed1")), {"seed": 1})
    assert exact.endswith("-seed1")


@pytest.mark.parametrize(
    ("text", "kind", "says"),
    [
        ("lr = [0.1", BadFileError, "not valid TOML"),
        ("", OptionError, "no option has a list of values"),
        ("lr = 0.1", OptionError, "no option has a list of values"),
        ("leyers = [1, 2]", OptionError, "unknown option 'leyers'"),
        ("leyers = 1\nlr = [0.1]", OptionError, "unknown option 'leyers'"),
        ("inp_id = ['a', 'b']", OptionError, "option 'inp_id' can't be set in a sweep"),
        ("pass_id = 'a'\nlr = [0.1]", OptionError, "option 'pass_id' can't be set in a sweep"),
        ("nthreads = 2\nlr = [0.1]", OptionError, "option 'nthreads' can't be set in a sweep"),
        ("e_savef = [1, 2]", OptionError, "option 'e_savef' can't be set in a sweep"),
        ("nlayers = ['one']", OptionError, "'nlayers' needs a value of type int, got 'one'"),
        ("nlayers = [1, true]", OptionError, "'nlayers' needs a value of type int, got True"),
        ("nlayers = [[1], [2]]", OptionError, "'nlayers' needs a value of type int, got [1]"),
        ("nlayers = ['none']", OptionError, "'nlayers' needs a value of type int, got 'none'"),
        ("nlayers = 'x'\nlr = [0.1]", OptionError, "'nlayers' needs a value of type int"),
        ("[nlayers]\na = 1\n", OptionError, "'nlayers' needs a value of type int"),
        ("nlayers = []", OptionError, "the list of 'nlayers' is empty"),
        ("lr = [0.1, 0.1]", OptionError, "the list of 'lr' names a value twice"),
        ("lr = [1, 1.0]", OptionError, "the list of 'lr' names a value twice"),
        ("nlayers = [1, 99]", OptionError, "--nlayers 99 is out of bounds; use 1 to 32"),
        ("keep_prob = nan\nlr = [0.1]", OptionError, "--keep_prob nan is out of bounds"),
        ("network = ['lstm', 'oracle']", OptionError, "--network 'oracle' is not known"),
        ("step_delay = [1]\nstep-delay = [2]", OptionError, "option 'step_delay' is given twice"),
        ("step_delay = 1\nstep-delay = [2]", OptionError, "option 'step_delay' is given twice"),
        ("step_delay = 1\nstep-delay = 2\nlr=[1]", OptionError, "'step_delay' is given twice"),
        ("name = 3\nlr = [0.1]", OptionError, "'name' needs a text, got 3"),
        ("name = ['a']\nlr = [0.1]", OptionError, "'name' needs a text, got ['a']"),
        ("name = '../x'\nlr = [0.1]", OptionError, "'../x' is not usable as a file name"),
        (f"name = '{'n' * 41}'\nlr = [0.1]", OptionError, "'name' is longer than 40 bytes"),
        (
            f"seed = {list(range(40))}\nstep_delay = {list(range(40))}",
            OptionError,
            f"1600 passes are more than {MAX_PASSES}",
        ),
    ],
)
def test_what_is_refused(
    tmp_path: Path, text: str, kind: type[Audio2VideoError], says: str
) -> None:
    with pytest.raises(kind) as caught:
        grid_of(tmp_path, text)
    assert says in str(caught.value)
    assert "trial.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="sweep file not found"):
        read_grid(tmp_path / "nothing.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFileError, match="not valid TOML"):
        read_grid(tmp_path / "binary.toml")
