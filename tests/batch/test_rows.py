"""Reading a batch: every cell, and every way in which the file can be wrong."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st

from audio2video.batch import rows
from audio2video.batch.rows import Row, as_given, cores_each, read_rows
from audio2video.config import Config
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.storage.workspace import Workspace

JOBS = 2


@pytest.fixture(autouse=True)
def six_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 6)


def write(folder: Path, text: str | bytes, name: str = "many.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str | bytes) -> list[Row]:
    return read_rows(write(folder, text), Workspace(folder / "workspace"), JOBS)


def test_cells_become_options(tmp_path: Path) -> None:
    first, second = read(
        tmp_path,
        "audio,video,pass-id,ncandidates,jaw,alpha,train\r\n"
        'talk.wav,"films/anna, 2.mp4",,,,,\r\n'
        "\r\n"
        " talk.wav , /far/bert.mp4 ,wide,25,no,0.5,False\r\n",
    )
    assert first.line == 2
    assert first.name == "talk-anna, 2"
    plain = Config.from_flags(
        inp_id="talk",
        tar_id="anna, 2",
        audio=tmp_path / "talk.wav",
        video=tmp_path / "films/anna, 2.mp4",
        nthreads=3,
    )
    assert first.config == plain
    assert second.line == 4
    assert second.config == Config.from_flags(
        inp_id="talk",
        tar_id="bert",
        pass_id="wide",
        audio=tmp_path / "talk.wav",
        video=Path("/far/bert.mp4"),
        nthreads=3,
        ncandidates=25,
        jaw=False,
        alpha=0.5,
        train=False,
    )
    assert as_given(second.config)["ncandidates"] == 25
    assert "alpha" not in as_given(first.config)
    assert "nthreads" not in as_given(first.config)


def test_empty_cells_are_the_demo_and_ids_name_files_of_the_workspace(tmp_path: Path) -> None:
    demo, known = read(tmp_path, "audio,video,inp_id,tar_id,nthreads\n,,,demo,\n,,talk,anna,1\n")
    assert demo.config == Config.from_flags(nthreads=3)
    assert known.config == Config.from_flags(inp_id="talk", tar_id="anna", nthreads=1)


@pytest.mark.parametrize(
    ("jobs", "rows", "threads"), [(1, 9, 6), (2, 9, 3), (4, 9, 1), (9, 9, 1), (4, 2, 3), (4, 1, 6)]
)
def test_cores_are_shared_out(jobs: int, rows: int, threads: int) -> None:
    assert cores_each(jobs, rows) == threads


def test_a_targets_own_options_hold_for_its_rows(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create()
    workspace.target_options("anna").write_text("ncandidates = 7\nalpha = 0.5\n")
    (row,) = read(tmp_path, "audio,video,alpha\na.wav,anna.mp4,0.8\n")
    assert row.config.machine.nthreads == 6
    assert (row.config.texture.ncandidates, row.config.texture.alpha) == (7, 0.8)


def test_the_example_of_the_docs(tmp_path: Path) -> None:
    first, second = read_rows(ROOT / "docs" / "example-batch.csv", Workspace(tmp_path), JOBS)
    assert first.name == "demo-demo"
    assert second.name == "demo-as-it-is-demo"
    assert second.config.inputs.audio is not None
    assert second.config.inputs.audio.is_file()
    assert second.config.retiming.retiming == "off"


def test_a_byte_order_mark_and_old_line_ends(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbfaudio,video\ra.wav,b.mp4\r")[0].name == "a-b"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no column 'audio'; the first line names the columns"),
        ("audio\na.wav\n", "no column 'video'"),
        ("video,tar_id\n", "no column 'audio'"),
        ("a.wav,b.mp4\n", "unknown column 'a.wav'; columns are audio, video and names of opt"),
        ("audio;video\na.wav;b.mp4\n", "unknown column 'audio;video'"),
        ("audio,video,\na.wav,b.mp4,\n", "unknown column ''"),
        ("audio,video,audio\n", "column 'audio' is there twice"),
        ("audio,video,pass_id,pass-id\n", "column 'pass_id' is there twice"),
        ("audio,video\n", "no rows under the line of headings"),
        ("audio,video\n,\n\n", "no rows under the line of headings"),
        ("audio,video\na.wav\n", "line 2: 1 cells under 2 headings"),
        ("audio,video\n\na.wav,b.mp4,c\n", "line 3: 3 cells under 2 headings"),
        ('audio,video\n"a.wav,b.mp4\n', "line 2: not valid CSV"),
        ("audio,video,jaw\na,b,perhaps\n", "line 2: jaw must be True or False, not 'perhaps'"),
        ("audio,video,lineU\na,b,1.5\n", "line 2: lineU must be a whole number, not '1.5'"),
        ("audio,video,alpha\na,b,much\n", "line 2: alpha must be a number, not 'much'"),
        ("audio,video,alpha\na,b,nan\n", "line 2: alpha must be a number, not 'nan'"),
        ("audio,video,alpha\na,b,7\n", "line 2: --alpha 7.0 is out of bounds; use 0.1 to 0.999"),
        ("audio,video,network\na,b,big\n", "line 2: --network 'big' is not known"),
        ("audio,video,inp_id\na,b,../c\n", "line 2: --inp_id '../c' is not usable"),
        ("audio,video,tar_id\na,b,../c\n", "line 2: --tar_id '../c' is not usable"),
        (
            "audio,video,alpha\na,b,0.5\nc,b,\na,b,0.6\n",
            "lines 2 and 4 have the same result 'a-b'; give one of them an inp_id or tar_id",
        ),
        ("audio,video\na.wav,b.mp4\nA.wav,B.mp4\n", "lines 2 and 3 have the same result 'A-B'"),
        (
            "audio,video\nx/a.wav,b.mp4\ny/a.wav,c.mp4\n",
            "lines 2 and 3 give two files the inp_id 'a'; give one of them another in a column in",
        ),
        ("audio,video\na,x/v.mp4\nb,y/v.mp4\n", "lines 2 and 3 give two files the tar_id 'v'"),
        (b"audio,video\n\xff\xfe,b\n", "not UTF-8 text; save it as CSV, UTF-8"),
        (b"audio,video\na\0b,c\n", "line 2: "),
    ],
)
def test_what_is_refused(tmp_path: Path, text: str | bytes, says: str) -> None:
    with pytest.raises(Audio2VideoError) as caught:
        read(tmp_path, text)
    line = str(caught.value)
    assert line.startswith(f"{tmp_path / 'many.csv'}: ")
    assert says in line
    assert not (tmp_path / "workspace").exists()


def test_one_file_under_two_names_is_no_conflict(tmp_path: Path) -> None:
    read(tmp_path, "audio,video\nx/../a.wav,b.mp4\na.wav,c.mp4\n")


def test_sizes_have_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "audio,video\n" + "".join(f"{k}.wav,b.mp4\n" for k in range(5))
    monkeypatch.setattr(rows, "MAX_ROWS", 5)
    assert len(read(tmp_path, text)) == 5
    with pytest.raises(BadFileError, match="more than 5 rows; split it"):
        read(tmp_path, text + "5.wav,b.mp4\n")
    monkeypatch.setattr(rows, "MAX_TABLE_BYTES", len(text))
    assert len(read(tmp_path, text)) == 5
    with pytest.raises(BadFileError, match=f"larger than {len(text)} bytes; split it"):
        read(tmp_path, text + "\n")


def test_what_can_not_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.csv", tmp_path):
        with pytest.raises(MissingFileError, match="batch file not found"):
            read_rows(path, Workspace(tmp_path), 1)


@given(
    st.binary(max_size=200) | st.text(max_size=200).map(lambda t: ("audio,video\n" + t).encode())
)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder, suppress(Audio2VideoError):
        assert read(Path(folder), content)
