"""Files of options, and of sweeps."""

from __future__ import annotations

from pathlib import Path

from audio2video.config.resolve import resolve_config
from audio2video.storage.workspace import Workspace
from audio2video.training.passes.grid import read_grid

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Read a file as the options of a run, as a target's own, and as a sweep's."""
    path = folder / "a.toml"
    path.write_bytes(data)
    with refused():
        resolve_config(Workspace(folder), {}, config=path)
    (folder / "target").mkdir(exist_ok=True)
    (folder / "target" / "a.toml").write_bytes(data)
    with refused():
        resolve_config(Workspace(folder), {"tar_id": "a"})
    with refused():
        assert read_grid(path).passes


def seeds() -> list[bytes]:
    """Options of every type, right and wrong."""
    texts = [
        'inp_id = "a"\nalpha = 0.5\nforce = true\nnthreads = 2\naudio = "a.wav"\n',
        "alpha = nan\nlineU = 99999999999999999999\nlr = 1e-400\n",
        'name = "sweep"\nstep_delay = [5, 20]\nlr = [1e-3, 2e-3]\nnoise_snr = ["none", 10]\n',
        'name = "../x"\nnlayers = [1, true]\n',
        'tar_id = "../x"\n',
        'pass-id = "con"\npass_id = "a"\n',
        "[alpha]\nx = 1979-05-27T07:32:00Z\n",
        'audio = "a\\u0000b"\nscheduler = """x"""\n',
        "a.b.c = {d = [[[1]], {}]}\n",
    ]
    return [text.encode() for text in texts] + [b"\xff", b"[" * 500, b"a." * 1000 + b"b = 1"]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
