"""What is made again, what is skipped, and what is the user's own and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from audio2video import __version__
from audio2video.progress import Progress
from audio2video.storage.artifacts import build_if_stale, is_current, read_record, record_path
from audio2video.storage.files import content_key, file_hash, write_json


def writes(content: str, **facts: Any) -> Callable[[Path], Mapping[str, Any]]:
    def build(path: Path) -> Mapping[str, Any]:
        path.write_text(content)
        return facts

    return build


def never(path: Path) -> None:
    pytest.fail("it was made again")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    product = tmp_path / "folder" / "speech.npy"
    assert build_if_stale(product, {"rate": 1}, writes("first", frames=3), Progress())
    return product


def test_it_is_made_with_a_record(product: Path) -> None:
    assert product.read_text() == "first"
    assert read_record(product) == {
        "key": content_key({"rate": 1}),
        "sha256": file_hash(product),
        "replaces": None,
        "audio2video": __version__,
        "depends_on": {"rate": 1},
        "frames": 3,
    }
    assert {p.name for p in product.parent.iterdir()} == {product.name, record_path(product).name}


def test_it_is_not_made_again(product: Path) -> None:
    assert is_current(product, {"rate": 1})
    assert not build_if_stale(product, {"rate": 1}, never, Progress())


def test_it_is_made_again_when_what_it_depends_on_changes(product: Path) -> None:
    progress = Progress()
    assert not is_current(product, {"rate": 2})
    assert build_if_stale(product, {"rate": 2}, writes("second, longer"), progress)
    assert product.read_text() == "second, longer"
    assert progress.warnings == []
    assert not build_if_stale(product, {"rate": 2}, never, Progress())


def test_force_makes_it_again_and_leaves_nothing_behind(product: Path) -> None:
    assert build_if_stale(product, {"rate": 1}, writes("second, longer"), Progress(), force=True)
    assert product.read_text() == "second, longer"
    assert len(list(product.parent.iterdir())) == 2


def test_it_is_made_again_when_it_was_removed(product: Path) -> None:
    product.unlink()
    assert not is_current(product, {"rate": 1})
    assert build_if_stale(product, {"rate": 1}, writes("again"), Progress())


@pytest.mark.parametrize("rate", [1, 2])
def test_what_a_user_has_changed_is_used_as_it_is(product: Path, rate: int) -> None:
    product.write_text("by hand, and better")
    progress = Progress()
    assert not build_if_stale(product, {"rate": rate}, never, progress)
    assert progress.warnings == [
        f"{product} was changed by hand: used as it is (--force True makes it again)"
    ]
    assert product.read_text() == "by hand, and better"


@pytest.mark.parametrize("record", [None, "", "{", "[]"])
def test_what_has_no_record_is_the_users_own(product: Path, record: str | None) -> None:
    record_path(product).unlink()
    if record is not None:
        record_path(product).write_text(record)
    assert read_record(product) is None
    assert not build_if_stale(product, {"rate": 1}, never, Progress())


def test_force_sets_a_users_work_aside(product: Path) -> None:
    progress = Progress()
    for number in (1, 2):
        product.write_text("by hand" + number * "!")
        assert build_if_stale(product, {"rate": 1}, writes("made"), progress, force=True)
        kept = product.with_name(f"speech.kept-{number}.npy")
        assert kept.read_text() == "by hand" + number * "!"
        assert progress.warnings[-1] == f"{product} was changed by hand: kept as {kept.name}"
        assert product.read_text() == "made"


def test_a_build_that_fails_changes_nothing(product: Path) -> None:
    before = {p: p.read_bytes() for p in product.parent.iterdir()}

    def fail(path: Path) -> None:
        path.write_text("half")
        raise RuntimeError("crash")

    with pytest.raises(RuntimeError, match="crash"):
        build_if_stale(product, {"rate": 2}, fail, Progress())
    assert {p: p.read_bytes() for p in product.parent.iterdir()} == before


@pytest.mark.parametrize("kills", [1, 2])
def test_a_run_killed_between_record_and_product(
    product: Path, kills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    replace = Path.replace

    def killed_before_the_product(self: Path, target: Path) -> Path:
        if target == product:
            raise Killed
        return replace(self, target)

    for number in range(kills):
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", killed_before_the_product)
            with pytest.raises(Killed):
                build_if_stale(product, {"rate": 2}, writes("second" + number * "!"), Progress())
    assert product.read_text() == "first"
    progress = Progress()
    assert not is_current(product, {"rate": 2})
    assert build_if_stale(product, {"rate": 2}, writes("third and last"), progress)
    assert product.read_text() == "third and last"
    assert progress.warnings == []


def test_a_users_edit_after_such_a_kill_is_still_kept(product: Path) -> None:
    record = {
        "key": content_key({"rate": 2}),
        "sha256": "of the lost one",
        "replaces": file_hash(product),
    }
    write_json(record_path(product), record)
    product.write_text("by hand, after the kill")
    assert not build_if_stale(product, {"rate": 2}, never, Progress())
