"""docs/reports/media.md lists every odd file with the outcome that the tests check.

``python tests/media/test_torture_doc.py`` prints the tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))  # when run as a command

from media.test_torture_pictures import GROUPS as PICTURES
from media.test_torture_sound import GROUPS as SOUNDS

GROUPS = {**PICTURES, **SOUNDS}
PAGE = Path(__file__).resolve().parent.parent.parent / "docs" / "reports" / "media.md"


def tables() -> Iterator[str]:
    for name, cases in GROUPS.items():
        yield f"### {name}\n\n| file | outcome |\n|---|---|\n" + "\n".join(
            case.row() for case in cases
        )


def counts() -> str:
    cases = [case for group in GROUPS.values() for case in group]
    refused = sum(bool(case.refused) for case in cases)
    return f"{len(cases)} odd files: {len(cases) - refused} are handled right, {refused} refused"


def test_the_page_agrees_with_the_tests() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for table in tables():
        assert f"{table}\n" in page, "print the tables again"
    assert counts() in page


def test_names_are_told_apart() -> None:
    for groups in (PICTURES, SOUNDS):
        names = [case.name for group in groups.values() for case in group]
        assert len(names) == len(set(names))


if __name__ == "__main__":
    print("\n\n".join(tables()))
    print(f"\n{counts()}")
