"""``python -m benchmarks``: measure, print a table, keep the figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .measure import Measurement
from .report import as_json, as_table, load, write
from .scene import QUICK, Scale, make_scene
from .stages import STAGES

RESULTS = Path(__file__).resolve().parent / "results"


def main(arguments: Sequence[str] | None = None, scale: Scale | None = None) -> int:
    """Run the benchmarks.

    Parameters
    ----------
    arguments : sequence of str, optional
        Of the command line.
    scale : Scale, optional
        How much is measured, instead of what the command line says.

    Returns
    -------
    int
        0, or 1 if a kernel and its plain twin disagree.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute, less precise")
    parser.add_argument(
        "--stages", nargs="+", choices=STAGES, default=list(STAGES), help="measure only these"
    )
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder for the JSON file and the plot"
    )
    given = parser.parse_args(arguments)
    scale = scale or (QUICK if given.quick else Scale())
    load_before = load()
    measurements: list[Measurement] = []
    with tempfile.TemporaryDirectory() as folder:
        print("painting and analysing the target ...", file=sys.stderr)
        scene = make_scene(Path(folder), scale)
        for name in given.stages:
            print(f"measuring: {name} ...", file=sys.stderr)
            measurements += STAGES[name](scene)
    product = write(as_json(measurements, scale, load_before), given.results)
    print(as_table(measurements))
    print(f"\nwritten: {product} and {product.with_suffix('.png').name}")
    return 1 if any(m.equal is False for m in measurements) else 0


if __name__ == "__main__":
    sys.exit(main())
