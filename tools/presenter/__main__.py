"""``python -m tools.presenter OUT.mp4``: paint the demo video."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from audio2video.errors import Audio2VideoError

from .video import make_demo_video


def main() -> int:
    """Paint the demo video and write it to the path on the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.presenter", description=__doc__)
    parser.add_argument("path", type=Path, metavar="OUT.mp4", help="the MP4 file to write")
    path: Path = parser.parse_args().path
    try:
        make_demo_video(path, _show)
    except Audio2VideoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def _show(done: int, total: int) -> None:
    if done % 50 == 0 or done == total:
        print(f"{done} of {total} frames", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
