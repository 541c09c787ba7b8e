"""Stand-ins for the programs that speak: each word is a noise of its own, as long as it is."""

from __future__ import annotations

import sys
from pathlib import Path

SCRIPT = r"""#!{python}
import json, sys, time, wave, zlib
from pathlib import Path
import numpy as np

name, args = Path(sys.argv[0]).name, sys.argv[1:]
log = Path(sys.argv[0]).parent / "calls.jsonl"
if "--version" in args:
    print(name, "text-to-speech: 9.75  Data at: /nowhere")
    sys.exit()
if "-lv" in args:
    print("Voices available: kal en slt")
    sys.exit()
text = sys.stdin.read()
with log.open("a") as file:
    file.write(json.dumps([name, args, text]) + "\n")
if "broken" in args:
    print("Error: no such voice", file=sys.stderr)
    sys.exit(1)
if "slow" in args:
    time.sleep(60)

def said(line):
    parts = [np.zeros(1600)]
    for word in line.split():
        core = word.strip(".,!?").lower()
        random = np.random.default_rng(zlib.crc32(core.encode()))
        tones = random.uniform(150, 4000, 6)
        times = np.arange(1600 * (1 + len(core) // 2)) / 16000
        parts.append(0.05 * np.sin(2 * np.pi * tones[:, None] * times).sum(0))
        if word.endswith(","):
            parts.append(np.zeros(3200))
    return np.concatenate([*parts, np.zeros(1600)])

def write(path, line):
    own = Path(sys.argv[0]).parent / "speech.wav"
    if own.is_file() and " " in line:
        Path(path).write_bytes(own.read_bytes())
        return
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1); file.setsampwidth(2); file.setframerate(16000)
        sound = said(line) if "silent" not in args else np.zeros(1600)
        file.writeframes((sound * 32767).astype("<i2").tobytes())

if name == "piper":
    out = Path(args[args.index("--output_dir") + 1])
    for number, line in enumerate(text.splitlines()):
        write(out / f"{99 + number}.wav", line)
elif name == "flite":
    write(args[args.index("-o") + 1], Path(args[args.index("-f") + 1]).read_text())
elif "nothing" not in args:
    write(args[args.index("-w") + 1], text)
"""


def make_program(folder: Path, name: str) -> Path:
    """Write a stand-in; what it is called with is kept beside it, in ``calls.jsonl``.

    It says what is in a ``speech.wav`` beside it for any text of more than one word.
    """
    path = folder / name
    path.write_text(SCRIPT.replace("{python}", sys.executable), encoding="utf-8")
    path.chmod(0o755)
    return path
