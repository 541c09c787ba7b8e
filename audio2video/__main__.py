"""``python -m audio2video``: the same as the command ``audio2video``."""

from .cli.main import main

if __name__ == "__main__":
    main()
