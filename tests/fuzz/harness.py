"""What all harnesses share: a target, the inputs it begins with, and how it is run."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType

from audio2video.errors import Audio2VideoError

SECONDS = 60
LARGEST = 1 << 14
"""Bytes of an input: what is wrong with a parser shows in short files."""

MAX_MEMORY = 2048
"""MiB; an input that takes more is a finding, such as a header that is believed."""

LONGEST = 10
"""Seconds for one input."""

PARSERS = ("audio2video", "csv", "json", "numpy.lib", "scipy.io.wavfile", "tomllib", "zipfile")
"""Modules whose branches guide the fuzzing; with all of them it starts slowly."""


@dataclass(frozen=True)
class Harness:
    """A parser under test.

    Parameters
    ----------
    check : callable
        Given the content of a file and an empty folder, reads it in all ways; raises what the
        parser must not raise.
    seeds : callable
        Gives well-formed and nearly well-formed inputs.
    """

    check: Callable[[bytes, Path], None]
    seeds: Callable[[], Sequence[bytes]]


@contextmanager
def refused() -> Iterator[None]:
    """Let errors pass that tell the user in one line what is wrong."""
    try:
        yield
    except Audio2VideoError as error:
        text = str(error)
        if not text or "\n" in text:
            raise AssertionError(f"not one line: {text!r}") from error


def mutated(seeds: Sequence[bytes], number: int, seed: int) -> Iterator[bytes]:
    """Give every seed, and so many inputs made of them with a few bytes changed."""
    yield from seeds
    rng = random.Random(seed)
    for _ in range(number):
        content = bytearray(rng.choice(seeds))
        for _ in range(rng.randint(1, 4)):
            place = rng.randint(0, len(content))
            kind = rng.randrange(4)
            if kind == 0:
                del content[place : place + rng.randint(1, 8)]
            elif kind == 1:
                content[place:place] = rng.randbytes(rng.randint(1, 4))
            elif kind == 2 and place < len(content):
                content[place] ^= 1 << rng.randrange(8)
            else:
                other = rng.choice(seeds)
                begin = rng.randint(0, len(other))
                content[place:] = other[begin : begin + LARGEST]
        yield bytes(content[:LARGEST])


def _parsers() -> Iterator[FunctionType]:
    """Give all functions of this package, and of the libraries that it parses with."""
    for name, module in list(sys.modules.items()):
        if name.startswith(PARSERS):
            for item in list(vars(module).values()):
                for member in list(vars(item).values()) if isinstance(item, type) else [item]:
                    function = getattr(member, "__func__", member)
                    if isinstance(function, FunctionType) and function.__module__ == name:
                        yield function


def main(harness: Harness) -> None:
    """Fuzz for ``SECONDS``, or as the command line says in libFuzzer's words."""
    import atheris

    with tempfile.TemporaryDirectory() as name:
        corpus, place = Path(name) / "corpus", Path(name) / "place"
        corpus.mkdir()
        place.mkdir()
        for number, seed in enumerate(harness.seeds()):
            (corpus / f"seed-{number}").write_bytes(seed)
        arguments = [
            sys.argv[0],
            str(corpus),
            f"-max_total_time={SECONDS}",
            f"-max_len={LARGEST}",
            f"-rss_limit_mb={MAX_MEMORY}",
            f"-timeout={LONGEST}",
            "-print_final_stats=1",
            *sys.argv[1:],
        ]
        for function in _parsers():
            atheris.instrument_func(function)
        atheris.Setup(arguments, lambda data: harness.check(data, place))
        atheris.Fuzz()
