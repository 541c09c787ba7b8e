"""The page on disk: what it holds, and what it replaces."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from audio2video.errors import BadFileError, OptionError
from audio2video.inspection.budget import MAX_BYTES, choose_size
from audio2video.inspection.page import check_place, page_of, write_page
from audio2video.inspection.shots import SIZES

HOSTILE = "</script><img src=x onerror=alert(1)>&\u2028<!--"


def run_data(shots: int = 1, size: int = 10, name: str = "a-b") -> dict[str, Any]:
    """As much of a run as is needed to write a page."""
    made = [{"candidates": [k, 0], "before": "x" * size} for k in range(shots)]
    thumbs = {str(k): "t" * 9 for k in range(shots)}
    layer = {"shots": made, "thumbs": thumbs, "step": 1, "pictured": 1}
    return {"name": name, "layers": [layer], "notes": [name]}


def data_in(page: bytes) -> dict[str, Any]:
    text = page.decode("utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_hostile_names_stay_names() -> None:
    page = page_of(run_data(name=HOSTILE)).decode("utf-8")
    assert data_in(page.encode())["name"] == HOSTILE
    assert page.count("</script>") == 2, "one of the data, one of the script"
    assert "<img" not in page
    assert "&lt;/script&gt;&lt;img" in page, "in the title"


def test_the_page_may_run_its_own_script_in_its_own_style_and_nothing_else() -> None:
    page = page_of(run_data()).decode("utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    rules = dict(part.strip().split(" ", 1) for part in policy[1].split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data: blob:"
    assert rules["media-src"] == "blob:"
    for tag, rule in (('script type="module"', "script-src"), ("style", "style-src")):
        found = re.search(rf"<{tag}>(.*?)</(?:script|style)>", page, re.DOTALL)
        assert found is not None
        digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page.split("<script")[0])


def test_a_page_never_exceeds_its_limit(tmp_path: Path) -> None:
    data = run_data(shots=3000, size=9000)  # 27 MB
    path = tmp_path / "page.html"
    written = write_page(data, path)
    assert written == path.stat().st_size <= MAX_BYTES
    layer = data_in(path.read_bytes())["layers"][0]
    assert layer["step"] == 2
    assert len(layer["shots"]) == 1500
    assert set(layer["thumbs"]) == {str(k) for k in range(0, 3000, 2)}


def test_a_page_of_ours_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    write_page(run_data(name="one-x"), path)
    write_page(run_data(name="two-x"), path)
    assert data_in(path.read_bytes())["name"] == "two-x"
    other = tmp_path / "mine.html"
    other.write_text("<!doctype html>my diary")
    with pytest.raises(BadFileError, match="is there already, and is not a page of"):
        write_page(run_data(), other)
    assert other.read_text() == "<!doctype html>my diary"
    folder = tmp_path / "folder.html"
    folder.mkdir()
    with pytest.raises(BadFileError, match="is a folder"):
        check_place(folder)
    with pytest.raises(OptionError, match=r"the page is an HTML file; end it in \.html"):
        check_place(tmp_path / "page.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *("folder.html", "mine.html", "page.html")
    ]


@pytest.mark.parametrize(
    ("moments", "room", "wanted"),
    [
        (100, 1e9, (0, 1)),
        (100, 1.2e6, (0, 1)),
        (100, 1.0e6, (1, 1)),
        (100, 0.4e6, (2, 1)),
        (1000, 0.4e6, (2, 9)),
        (108_000, 12e6, (2, 30)),
        (10, 0, (2, 10)),
    ],
)
def test_pictures_get_smaller_before_they_get_fewer(
    moments: int, room: float, wanted: tuple[int, int]
) -> None:
    costs = list(zip(SIZES, (10_000.0, 6_000.0, 3_000.0), strict=True))
    size, step = choose_size(moments, costs, room)
    place, most = wanted
    assert size == SIZES[place]
    shown = -(-moments // step)
    assert step <= max(most, 1) if room else step >= most
    if room:
        assert 1.1 * shown * costs[place][1] <= room + 1.1 * costs[place][1]
