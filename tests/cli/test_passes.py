"""Listing, comparing and sweeping passes through the real command."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT
from corpus_maker import write_corpus
from waiting import wait_until

from audio2video.cli import main as cli
from audio2video.media.figures import as_label
from audio2video.training.passes.plots import plot_passes

GRID = """
step-delay = [2, 6]
nepochs = 4
dim_hidden = 8
batch_size = 2
e_savef = 1
lr = 0.01
"""
IDS = ("trial-step_delay2", "trial-step_delay6")


def command(*args: str | Path) -> list[str]:
    return [sys.executable, "-m", "audio2video", *map(str, args)]


def run(*args: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, cwd=ROOT, timeout=600)


def write_grid(folder: Path, text: str = GRID) -> Path:
    path = folder / "trial.toml"
    path.write_text(text)
    return path


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace after a sweep, and what the command printed."""
    folder = tmp_path_factory.mktemp("swept")
    workspace = folder / "workspace"
    write_corpus(workspace)
    done = run("sweep", write_grid(folder), "--workspace", workspace, "--nthreads", "2")
    assert done.returncode == 0, done.stderr
    return workspace, done.stdout


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    write_corpus(tmp_path / "workspace")
    return tmp_path / "workspace"


def test_a_sweep_trains_its_grid(swept: tuple[Path, str]) -> None:
    workspace, printed = swept
    for pass_id, delay in zip(IDS, (2, 6), strict=True):
        assert (workspace / "train" / pass_id / "network.npz").is_file()
        options = json.loads((workspace / "train" / pass_id / "options.json").read_text())
        assert options["options"]["step_delay"] == delay
        assert options["options"]["nepochs"] == 4
    heading, first, second, result = printed.splitlines()
    assert heading.split()[:3] == ["pass", "step_delay", "epochs"]
    assert first.split()[:3] == [IDS[0], "2", "4/4"]
    assert second.split()[:3] == [IDS[1], "6", "4/4"]
    assert first.split()[-1] == "finished"
    assert result.startswith("result: ")
    table = (workspace / "output/sweeps/trial.csv").read_text().splitlines()
    assert table[0].startswith("pass,step_delay,epochs,")
    assert len(table) == 3
    assert (workspace / "output/sweeps/trial.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.slow
def test_passes_of_a_sweep_are_those_of_the_run_command(
    swept: tuple[Path, str], corpus: Path
) -> None:
    done = run(
        *("run", "--steps", "1", "--train", "True", "--predict", "False", "--workspace", corpus),
        *("--pass_id", "alone", "--step_delay", "6", "--nepochs", "4", "--dim_hidden", "8"),
        *("--batch_size", "2", "--lr", "0.01", "--nthreads", "1"),
    )
    assert done.returncode == 0, done.stderr
    alone, one = corpus / "train" / "alone", swept[0] / "train" / IDS[1]
    for name in ("network.npz", "history.csv", "evaluation.json", "options.json", "split.json"):
        assert (alone / name).read_bytes() == (one / name).read_bytes(), name


@pytest.mark.slow
def test_a_second_sweep_trains_what_is_missing_and_goes_on(
    swept: tuple[Path, str], tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(swept[0], workspace)
    kept = workspace / "train" / IDS[0] / "network.npz"
    stamp = kept.stat().st_mtime_ns
    shutil.rmtree(workspace / "train" / IDS[1])
    # One that can't be trained does not stop the others.
    other = workspace / "train" / "trial-step_delay9"
    shutil.copytree(workspace / "train" / IDS[0], other)
    grid = write_grid(tmp_path, GRID.replace("[2, 6]", "[9, 2, 6]"))
    done = run("sweep", grid, "--workspace", workspace, "--nthreads", "3")
    assert done.returncode == 2
    assert kept.stat().st_mtime_ns == stamp
    assert (workspace / "train" / IDS[1] / "network.npz").read_bytes() == (
        swept[0] / "train" / IDS[1] / "network.npz"
    ).read_bytes()
    assert "1 pass(es) of 'trial' failed (the first, trial-step_delay9" in done.stderr
    assert "begun with other options (step_delay 2 -> 9)" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert len((workspace / "output/sweeps/trial.csv").read_text().splitlines()) == 4


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def gone(pid: int) -> bool:
    path = Path(f"/proc/{pid}/stat")
    try:
        return path.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs /proc to see processes")
@pytest.mark.slow
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_running(corpus: Path, tmp_path: Path, end: signal.Signals) -> None:
    grid = write_grid(tmp_path, GRID.replace("nepochs = 4", "nepochs = 100000"))
    process = subprocess.Popen(
        command("sweep", grid, "--workspace", corpus, "--nthreads", "2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        begun = [corpus / "train" / i / "checkpoint.npz" for i in IDS]
        wait_until(
            lambda: all(path.is_file() for path in begun) or process.poll() is not None,
            "the sweep never began",
        )
        assert process.poll() is None
        workers = children(process.pid)
        assert len(workers) >= 2
        process.send_signal(end)  # to it alone, not to its children
        _, errors = process.communicate(timeout=60)
        wait_until(lambda: all(gone(pid) for pid in workers), "every worker ends")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    if end == signal.SIGINT:
        assert process.returncode == 130
        assert errors.splitlines()[-1] == "error: interrupted; what is finished is kept"
        assert "Traceback" not in errors
        return
    # Killed as hard, it goes on where it was. It was begun with more epochs, so that the end can't
    # come too soon; the state is the same.
    folder = corpus / "train" / IDS[0]
    assert not (folder / "network.npz").exists()
    done = len((folder / "history.csv").read_text().splitlines()) - 1
    options = json.loads((folder / "options.json").read_text())
    options["options"]["nepochs"] = done + 2
    (folder / "options.json").write_text(json.dumps(options))
    text = GRID.replace("nepochs = 4", f"nepochs = {done + 2}").replace("[2, 6]", "[2]")
    again = run("sweep", write_grid(tmp_path, text), "--workspace", corpus)
    assert again.returncode == 0, again.stderr
    assert len((folder / "history.csv").read_text().splitlines()) == done + 3
    # What the other pass was writing when it was killed goes when that one is run again.
    assert list(folder.rglob(".*.tmp-*")) == []


def test_the_table_of_passes(swept: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    done = run("passes", "--workspace", swept[0])
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == [
        "pass",
        "grid_s1",
        "grid_s1_delayed",
        "talkers",
        "talkers_delayed",
        *IDS,
    ]
    _, listed, _ = in_process(capsys, "passes", "--json", "--workspace", swept[0])
    passes = {one["pass_id"]: one for one in json.loads(listed)}
    assert passes[IDS[0]]["epochs"] == 4
    assert passes[IDS[0]]["options"]["step_delay"] == 2


def in_process(capsys: pytest.CaptureFixture[str], *args: str | Path) -> tuple[int, str, str]:
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        cli.main([str(arg) for arg in args])
    printed = capsys.readouterr()
    code = caught.value.code
    return (code if isinstance(code, int) else 1), printed.out, printed.err


def test_compare(swept: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    for args in (
        ("passes", "compare", *IDS, "--workspace", swept[0]),
        ("passes", "--workspace", swept[0], "compare", *IDS),
    ):
        code, out, _ = in_process(capsys, *args)
        assert code == 0
        path = swept[0] / "output/passes" / f"{IDS[0]}-{IDS[1]}.png"
        assert out.splitlines()[-1] == f"result: {path}"
        assert path.read_bytes()[:4] == b"\x89PNG"
        path.unlink()


def test_names_are_never_set_as_formulas(tmp_path: Path) -> None:
    # Each alone is no formula that can be set.
    names = ["a$b_$", "x$^$", "_under"]
    path = tmp_path / "plot.png"
    plot_passes(names, [[]] * 3, {"error": [1.0, 2.0, None], "R²": [0.1, 0.2, 0.3]}, path)
    assert path.read_bytes()[:4] == b"\x89PNG"
    assert [as_label(name) for name in names] == [r"a\$b_\$", r"x\$^\$", " _under"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("passes", "compare", IDS[0], "nobody"), "no pass 'nobody'; there are: "),
        (("passes", "compare", IDS[0]), "nothing to compare; name two passes or more"),
        (("passes", "compare", IDS[0], "../x"), "'../x' is not usable as a file name"),
        (("passes", "compare"), "Missing argument 'PASS...'"),
        (("passes", "burn"), "No such command 'burn'"),
        (("sweep", "nothing.toml"), "nothing.toml: sweep file not found"),
        (("sweep", "{grid}", "--nthreads", "0"), "0 is not in the range"),
        (("sweep", "{bad}"), "--nlayers 0 is out of bounds; use 1 to 32"),
    ],
)
def test_bad_input(
    swept: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    args: tuple[str, ...],
    says: str,
) -> None:
    (tmp_path / "bad.toml").write_text("nlayers = [1, 0]\n")
    named = {"grid": str(write_grid(tmp_path)), "bad": str(tmp_path / "bad.toml")}
    words = [arg.format(**named) for arg in args]
    before = sorted((swept[0] / "train").iterdir())
    code, out, err = in_process(capsys, *words, "--workspace", swept[0])
    assert (code, out) == (2, "")
    (line,) = err.splitlines()
    assert says in line
    assert sorted((swept[0] / "train").iterdir()) == before


def test_no_corpus_to_sweep(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = in_process(
        capsys, "sweep", write_grid(tmp_path), "--workspace", tmp_path / "new"
    )
    assert (code, out) == (2, "")
    assert "no prepared corpus; step 0 (dataset) makes it" in err
    assert not (tmp_path / "new").exists()
