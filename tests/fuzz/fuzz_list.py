"""Lists of files and addresses: a corpus."""

from __future__ import annotations

from pathlib import Path

from audio2video.training.dataset.sources import listed_files, read_list

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Read a list, and look for what it names."""
    (folder / "a.mp4").touch()
    path = folder / "list.txt"
    path.write_bytes(data)
    with refused():
        entries = read_list(path)
        assert entries
        for entry in entries:
            assert entry.target == entry.target.strip()
            assert entry.speaker
        listed_files(path, entries, {})


def seeds() -> list[bytes]:
    """Files, addresses, speakers, remarks, and what is no text."""
    texts = [
        "a.mp4\n# a remark\nhttps://example.org/clip?v=1#t\tanna\n",
        "a.mp4\tanna # a remark\r\n./a.mp4\n",
        "\ufeffa.mp4\n\n\tanna\n",
        "x" * 3000 + ".mp4\n",
        "..\n/\n.\n",
        "HTTP://example.org\tb\n#\n",
    ]
    return [text.encode() for text in texts] + [b"\xff\xfea", b"a\0.mp4", b""]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
