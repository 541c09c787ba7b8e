"""Every input made of real footage ends as it should; none fails silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from .cases import BEHIND, CASES, LEAVES, PLAIN, REFUSED, WARNED, Case
from .run import TORN_APART, Outcome, as_table, judge, run_case

FRONT = Case("in front", "x", (BEHIND,))


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for all inputs, so that footage is analysed once."""
    return tmp_path_factory.mktemp("inputs")


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.kind}: {case.name}")
def test_it_ends_as_it_should(case: Case, shared_data: Path, inputs: Path) -> None:
    outcome = run_case(case, shared_data, inputs)
    assert not outcome.silent, outcome
    assert outcome.kind in case.expected, outcome


@pytest.mark.parametrize(
    ("code", "out", "err", "torn", "kind", "silent"),
    [
        (0, "5 of 5 frames synthesised", "", 0.0, PLAIN, True),
        (0, "5 of 5 frames synthesised", "", 20.0, TORN_APART, True),
        (0, "5 of 5 frames synthesised", "warning: x is in front of the face", 20.0, BEHIND, False),
        (0, "5 of 5 frames synthesised", "warning: it is odd", 20.0, TORN_APART, False),
        (0, "3 of 5 frames synthesised (2 mouth covered)", "", 1.0, LEAVES, False),
        (0, "5 of 5 frames synthesised", "warning: it is odd", 0.0, WARNED, False),
        (2, "", "error: a.mp4: no face; give another", 0.0, REFUSED, False),
        (2, "", "Traceback\nerror: x", 0.0, "exit code 2", True),
        (1, "", "Killed", 0.0, "exit code 1", True),
    ],
)
def test_outcomes_are_judged(
    code: int, out: str, err: str, torn: float, kind: str, silent: bool
) -> None:
    outcome = judge(FRONT, code, out, err, torn)
    assert (outcome.kind, outcome.silent) == (kind, silent)


def test_the_table_has_a_row_for_each_case() -> None:
    rows = [(case, [Outcome(PLAIN, "5 of 5 frames", False)]) for case in CASES]
    lines = as_table(rows, ["now"]).splitlines()
    assert len(lines) == len(CASES) + 2
    assert len(CASES) >= 40
    assert len({line.count("|") for line in lines}) == 1
