"""``python run.py --steps 1 2 3 4``: the same command as ``audio2video run``."""

from audio2video.cli.main import main_run

if __name__ == "__main__":
    main_run()
