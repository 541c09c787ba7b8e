"""Make all inputs, run the command on them, print a Markdown table; exit code 1 if one fails.

``--checkout DIR`` runs another checkout of the project, such as ``git worktree add DIR REV`` makes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from .cases import CASES
from .run import ROOT, as_table, run_case


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.real_footage", description=__doc__)
    parser.add_argument(
        "--checkout", type=Path, nargs="+", default=[ROOT], help="what is run; this one by default"
    )
    parser.add_argument("--only", nargs="+", help="kinds, or parts of names")
    parser.add_argument("--out", type=Path, help="file for the table")
    given = parser.parse_args()
    data = Path(os.environ.get("AUDIO2VIDEO_SHARED", ROOT.parent / "shared")) / "data"
    if not data.is_dir():
        print(f"no footage in {data} (set AUDIO2VIDEO_SHARED)", file=sys.stderr)
        return 2
    roots = [folder.resolve() for folder in given.checkout]
    chosen = [
        case
        for case in CASES
        if given.only is None or any(word in f"{case.kind} {case.name}" for word in given.only)
    ]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for case in chosen:
            outcomes = []
            for number, root in enumerate(roots):
                outcomes.append(run_case(case, data, Path(folder) / str(number), root))
                print(f"{case.kind}, {case.name}: {outcomes[-1]}", file=sys.stderr, flush=True)
            rows.append((case, outcomes))
    table = as_table(rows, [root.name for root in roots])
    if given.out is not None:
        given.out.write_text(table, encoding="utf-8")
    print(table)
    return int(any(outcomes[-1].silent for _, outcomes in rows))


if __name__ == "__main__":
    sys.exit(main())
