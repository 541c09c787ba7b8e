"""``python -m benchmarks``: measure, print tables, keep the figures."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .growth import Curve
from .measure import Measurement
from .report import as_json, load, write
from .scene import QUICK, Scale, make_scene
from .stages import STAGES
from .tables import as_tables

RESULTS = Path(__file__).resolve().parent / "results"


def main(arguments: Sequence[str] | None = None, scale: Scale | None = None) -> int:
    """Run the benchmarks, or print the tables of an earlier run.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.
    scale : Scale, optional
        How much is measured, instead of what the command line says.

    Returns
    -------
    int
        0, or 1 if a stage and its plain twin disagree.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, less precise")
    parser.add_argument(
        "--stages", nargs="+", choices=STAGES, default=list(STAGES), help="measure only these"
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder for the JSON file and the plots"
    )
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="measure nothing; print a JSON file's tables"
    )
    given = parser.parse_args(arguments)
    if given.table is not None:
        print(as_tables(json.loads(given.table.read_text(encoding="utf-8"))))
        return 0
    scale = scale or (QUICK if given.quick else Scale())
    load_before = load()
    measured: list[Measurement | Curve] = []
    with tempfile.TemporaryDirectory() as folder:
        print("painting and analysing the target ...", file=sys.stderr)
        scene = make_scene(Path(folder), scale)
        for reason in scene.skipped:
            print(f"not measured: {reason}", file=sys.stderr)
        for name in given.stages:
            print(f"measuring: {name} ...", file=sys.stderr)
            measured += STAGES[name](scene)
    content = as_json(measured, scale, load_before, scene.skipped)
    product = write(content, given.results)
    print(as_tables(content))
    print(f"\nwritten: {product}, and the tables and plots beside it")
    return 1 if any(stage["equal"] is False for stage in content["stages"]) else 0


if __name__ == "__main__":
    sys.exit(main())
