"""Files cut off at 50 places and with bytes flipped in 50 ways: used as far as they go, or refused.

``python tests/media/test_torture_damage.py`` prints the counts in docs/reports/media.md.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))  # when run as a command

from media_maker import number_of
from torture_maker import Sound, bursts, film, sound_file, wav

from audio2video.errors import Audio2VideoError
from audio2video.media.audio import probe_audio, read_audio
from audio2video.media.video import VideoReader

WAYS = 50  # of damage, each
FRAMES = 30
SECONDS = 1.2
VIDEOS = ("mp4 (index first)", "mp4 (index last)", "mkv", "ts", "avi")
SOUNDS = ("wav", "mp3", "flac", "m4a")
MAX_MORE = 2  # a damaged clock may make a film or sound this much longer, in seconds


def make(kind: str, folder: Path) -> Path:
    path = folder / f"whole.{kind.split()[0]}"
    tone = bursts(SECONDS, 44100)
    if kind == "wav":
        return wav(path, tone, 44100)
    if kind in SOUNDS:
        codec = {"mp3": "libmp3lame", "flac": "flac", "m4a": "aac"}[kind]
        return sound_file(path, Sound(tone, 44100, codec))
    fast = {"movflags": "+faststart"} if "first" in kind else {}
    sound = Sound(tone, 44100, "libmp3lame" if kind == "avi" else "aac")
    return film(path, FRAMES, sounds=[sound], muxer=fast)


def cuts(data: bytes) -> Iterator[bytes]:
    """Half of the cuts lie in the first tenth, where the headers are."""
    ends = np.concatenate(
        [
            np.linspace(1, len(data) // 10, WAYS // 2, endpoint=False),
            np.linspace(len(data) // 10, len(data) - 1, WAYS - WAYS // 2),
        ]
    )
    for end in ends.astype(int):
        yield data[:end]


def flips(data: bytes) -> Iterator[bytes]:
    """One to eight bytes changed; half of the files only in the first tenth."""
    rng = np.random.default_rng(20170730)
    for way in range(WAYS):
        spoilt = np.frombuffer(data, np.uint8).copy()
        reach = len(data) // 10 if way % 2 else len(data)
        places = rng.integers(0, reach, 1 + way % 8)
        spoilt[places] ^= rng.integers(1, 256, len(places)).astype(np.uint8)
        yield spoilt.tobytes()


DAMAGE = {"cut off": cuts, "bytes flipped": flips}


def watch(path: Path, whole_begin: bool) -> str:
    """Read all pictures: "used" or "refused"; anything else raises."""
    try:
        with VideoReader(path) as video:
            info = video.info
            seen = [number_of(frame.y) for frame in video.read() if frame.width == 192]
    except Audio2VideoError as error:
        return told(error, path)
    assert info.duration <= SECONDS + MAX_MORE
    assert info.frames == len(seen) or info.width != 192
    if whole_begin:
        # Nothing but the end is missing; one of the last B-frames may stand in for another.
        assert seen[:-4] == list(range(len(seen[:-4])))
        assert all(abs(number - place) <= 3 for place, number in enumerate(seen))
        assert info.rate == 25 or len(seen) <= 4  # too few for a rate
    return "used"


def listen(path: Path, whole: np.ndarray | None) -> str:
    """Read the sound, as above; cut off, it must be the beginning of the whole."""
    try:
        samples, info = read_audio(path), probe_audio(path)
    except Audio2VideoError as error:
        return told(error, path)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max(initial=0) <= 1
    assert abs(len(samples) / 16000 - info.duration) < 1e-3
    if whole is not None:
        assert len(samples) <= len(whole) + 1600
        sure = max(min(len(samples), len(whole)) - 4800, 0)  # an edge rings in a codec
        np.testing.assert_allclose(samples[:sure], whole[:sure], atol=0.02)
    else:
        # A wrong rate in a header is believed; the number of samples is not.
        assert info.duration * info.rate <= (SECONDS + MAX_MORE) * 96000
    return "used"


def told(error: Audio2VideoError, path: Path) -> str:
    line = str(error)
    assert error.path == path
    assert line.startswith(f"{path}: ")
    assert "\n" not in line
    assert error.hint
    return "refused"


def outcomes(kind: str, damage: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """Read every damaged file of a kind; what was read, what became of it, and why if wrong."""
    path = make(kind, folder)
    data = path.read_bytes()
    whole = read_audio(path) if damage == "cut off" else None
    for number, spoilt in enumerate(DAMAGE[damage](data)):
        bad = folder / f"{number}{path.suffix}"
        bad.write_bytes(spoilt)
        readers: dict[str, Callable[[], str]] = {"sound": partial(listen, bad, whole)}
        if kind in VIDEOS:
            readers["pictures"] = partial(watch, bad, whole is not None)
        for what, read in readers.items():
            try:
                yield what, read(), ""
            except AssertionError as error:
                yield what, "wrong", f"{bad.name}: {error}"
            except Exception as error:  # a crash: what no decoder error may ever become
                yield what, "lost", f"{bad.name}: {error!r}"
        bad.unlink()


def peak_memory() -> int:
    """Most memory this process has had, KiB; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (
        1024 if sys.platform == "darwin" else 1
    )


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in ("mp4 (index last)", "wav") else pytest.mark.slow)
        for kind in VIDEOS + SOUNDS
    ],
)
def test_damaged_files_are_used_as_far_as_they_go_or_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], kind: str, damage: str
) -> None:
    before = peak_memory()
    found = list(outcomes(kind, damage, tmp_path))
    assert len(found) == WAYS * (2 if kind in VIDEOS else 1)
    assert [reason for _, _, reason in found if reason] == []
    assert any(outcome == "refused" for _, outcome, _ in found) or damage == "bytes flipped"
    assert any(outcome == "used" for _, outcome, _ in found)
    assert peak_memory() - before < 512 * 1024
    assert capfd.readouterr() == ("", "")


def table() -> Iterator[str]:
    """The counts, in rows of a table."""
    names = ("used", "refused", "wrong", "lost")
    yield "| container | damage | read | " + " | ".join(names) + " |"
    yield "|---" * 7 + "|"
    total: Counter[str] = Counter()
    for kind in VIDEOS + SOUNDS:
        for damage in DAMAGE:
            tally: dict[str, Counter[str]] = {}
            with tempfile.TemporaryDirectory() as folder:
                for what, outcome, _ in outcomes(kind, damage, Path(folder)):
                    tally.setdefault(what, Counter())[outcome] += 1
            for what, counts in sorted(tally.items()):
                total += counts
                row = " | ".join(str(counts[name]) for name in names)
                yield f"| {kind} | {damage} | {what} | {row} |"
    row = " | ".join(str(total[name]) for name in names)
    yield f"| all {total.total()} | | | {row} |"


if __name__ == "__main__":
    print("\n".join(table()))
