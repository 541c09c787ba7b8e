"""Rows of an array that are read where they are asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio2video.errors import BadFileError, MissingFileError
from audio2video.storage.rows import StoredRows


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("rows") / "states.npy"
    np.save(file, np.arange(60, dtype=np.float16).reshape(20, 3))
    return file


@given(
    first=st.integers(0, 19),
    data=st.data(),
)
def test_they_are_those_of_the_array(path: Path, first: int, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 20 - first))
    rows = StoredRows(path, first, count, 3, "step 1")
    plain = np.load(path)[first : first + count]
    assert (rows.shape, len(rows)) == (plain.shape, len(plain))
    chosen = np.array(data.draw(st.lists(st.integers(-count, count - 1), max_size=9)), np.intp)
    start, stop = data.draw(st.tuples(st.integers(0, 25), st.integers(0, 25)))
    for wanted in (chosen, slice(start, stop), (slice(None), slice(0, 2)), 0):
        np.testing.assert_array_equal(rows[wanted], plain[wanted])
        assert rows[wanted].dtype == plain.dtype
    np.testing.assert_array_equal(np.asarray(rows), plain)
    assert np.asarray(rows).dtype == np.float32
    assert np.asarray(rows, np.float64).dtype == np.float64


def test_no_file_stays_open(path: Path) -> None:
    folder = Path("/proc/self/fd")
    if not folder.is_dir():
        pytest.skip("this system does not list a process's open files")
    before = len(list(folder.iterdir()))
    kept = [(rows := StoredRows(path, k % 10, 5, 3, "step 1"), rows[1:3]) for k in range(50)]
    assert len(list(folder.iterdir())) == before
    assert len(kept) == 50


def test_a_file_that_is_gone_or_damaged(tmp_path: Path) -> None:
    file = tmp_path / "states.npy"
    rows = StoredRows(file, 0, 2, 3, "step 1 (lipsync)")
    with pytest.raises(MissingFileError, match=r"states\.npy.*step 1 \(lipsync\) makes it"):
        rows[0:1]
    file.write_bytes(b"no array")
    with pytest.raises(BadFileError, match="not a NumPy array file, or damaged"):
        np.asarray(rows)
    np.save(file, np.zeros((4, 2)))
    with pytest.raises(BadFileError):
        rows[0]
