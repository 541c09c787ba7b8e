"""Arrays on disk: what is read back, and one clear line for whatever is wrong with a file."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audio2video.errors import BadFileError, MissingFileError
from audio2video.storage.arrays import read_array, read_arrays, read_item

MADE_BY = "step 7 (juggling)"
IN_TMP = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
AGAIN = f"{MADE_BY} makes it again with --force True"


@pytest.mark.parametrize("mmap", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i2", "f4", "f8", "?"])
def test_an_array_is_read_back(tmp_path: Path, mmap: bool, dtype: str) -> None:
    array = np.arange(12).reshape(3, 4).astype(dtype)
    np.save(tmp_path / "a.npy", array)
    read = read_array(tmp_path / "a.npy", (None, 4), made_by=MADE_BY, mmap=mmap)
    assert read.dtype == dtype
    assert isinstance(read, np.memmap) == mmap
    np.testing.assert_array_equal(read, array)


def test_a_missing_file_says_what_makes_it(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"file not found; step 7 .* makes it"):
        read_array(tmp_path / "a.npy", (None,), made_by=MADE_BY)
    with pytest.raises(MissingFileError, match=r"file not found; step 7 .* makes it"):
        read_arrays(tmp_path / "a.npz", ("a",), made_by=MADE_BY)


@pytest.mark.parametrize(
    ("found", "wanted", "text"),
    [
        ((3, 4), (3, 5), "(3, 5) needed"),
        ((3, 4), (12,), "(12) needed"),
        ((0, 4), (None, 4), "(any, 4) needed"),
        ((), (None,), "(any) needed"),
    ],
)
def test_another_shape_is_refused(
    tmp_path: Path, found: tuple[int, ...], wanted: tuple[int | None, ...], text: str
) -> None:
    np.save(tmp_path / "a.npy", np.zeros(found))
    with pytest.raises(BadFileError) as caught:
        read_array(tmp_path / "a.npy", wanted, made_by=MADE_BY)
    assert caught.value.problem == f"has shape {found}, {text}"
    assert caught.value.hint == AGAIN


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_refused(tmp_path: Path, value: float) -> None:
    array = np.array([1.0, value])
    np.save(tmp_path / "a.npy", array)
    np.savez(tmp_path / "a.npz", a=array)
    with pytest.raises(BadFileError, match="holds NaN or infinity"):
        read_array(tmp_path / "a.npy", (2,), made_by=MADE_BY)
    with pytest.raises(BadFileError, match="holds NaN or infinity"):
        read_arrays(tmp_path / "a.npz", ("a",), made_by=MADE_BY)
    # A mapped array is not read through, or mapping would be pointless.
    assert len(read_array(tmp_path / "a.npy", (2,), made_by=MADE_BY, mmap=True)) == 2


def test_text_and_complex_numbers_are_refused(tmp_path: Path) -> None:
    for array in (np.array(["a"]), np.array([1j])):
        np.save(tmp_path / "a.npy", array)
        with pytest.raises(BadFileError, match="not an array of numbers"):
            read_array(tmp_path / "a.npy", (None,), made_by=MADE_BY)


def test_nothing_in_a_file_is_ever_run(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    np.savez(tmp_path / "a.npz", a=np.array([{}], object))
    with pytest.raises(BadFileError, match="damaged"):
        read_array(tmp_path / "a.npy", (None,), made_by=MADE_BY)
    with pytest.raises(BadFileError, match="damaged"):
        read_arrays(tmp_path / "a.npz", ("a",), made_by=MADE_BY)


def test_an_npz_file_is_no_npy_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.zeros(2))
    with pytest.raises(BadFileError, match="not a NumPy array file"):
        read_array(tmp_path / "a.npz", (2,), made_by=MADE_BY)


def test_named_arrays_are_read_back_and_a_missing_name_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(3), b=np.array("text"))
    arrays = read_arrays(tmp_path / "a.npz", ("a", "b"), made_by=MADE_BY)
    np.testing.assert_array_equal(arrays["a"], np.arange(3))
    assert str(arrays["b"]) == "text"
    with pytest.raises(BadFileError, match="has no array 'c'"):
        read_arrays(tmp_path / "a.npz", ("a", "c"), made_by=MADE_BY)


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"hello", bytes(4096)])
def test_files_that_are_none_of_numpy(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.npy"
    path.write_bytes(content)
    for mmap in (False, True):
        with pytest.raises(BadFileError, match="damaged"):
            read_array(path, (None,), made_by=MADE_BY, mmap=mmap)
    with pytest.raises(BadFileError, match="damaged"):
        read_arrays(path, ("a",), made_by=MADE_BY)


def _npy(shape: tuple[int, ...]) -> bytes:
    file = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + bytes(8 * 12)


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    content = bytearray(whole)
    for _ in range(draw(st.integers(1, 3))):
        content[draw(st.integers(0, len(whole) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.just(len(whole)) | st.integers(0, len(whole)))])


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, a=np.arange(30.0), b=np.zeros(3))
    return file.getvalue()


@IN_TMP
@given(damaged(_npz()))
@example(b"PK\x03\x04rest")
def test_damaged_npz_files_give_bad_file_errors_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npz").write_bytes(content)
    with suppress(BadFileError):
        assert "a" in read_arrays(tmp_path / "a.npz", ("a",), made_by=MADE_BY)


@IN_TMP
@given(damaged(_npy((3, 4))))
@example(_npy((3, 4)).replace(b"}", b" "))
@example(b"PK\x03\x04rest")
@example(_npy((3, 10**12)))
@example(_npy((3, 10**30)))
def test_damaged_npy_files_give_bad_file_errors_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.npy").write_bytes(content)
    for mmap in (False, True):
        with suppress(BadFileError):
            array = read_array(tmp_path / "a.npy", (3, None), made_by=MADE_BY, mmap=mmap)
            assert len(array) == 3


@pytest.mark.parametrize("mmap", [True, False])
def test_single_items_are_read_back(tmp_path: Path, mmap: bool) -> None:
    array = np.arange(5 * 3 * 2, dtype=np.int16).reshape(5, 3, 2)
    path = tmp_path / "a.npy"
    np.save(path, array)
    stored = read_array(path, (None, 3, 2), made_by="step 2", mmap=mmap)
    for index in (4, 0, 2):
        item = read_item(stored, index)
        np.testing.assert_array_equal(item, array[index])
        item[:] = 0  # its own memory
    np.testing.assert_array_equal(np.load(path), array)
