"""Tables: the rows of a batch, and the history of a training."""

from __future__ import annotations

from pathlib import Path

from audio2video.batch.rows import as_given, read_rows
from audio2video.storage.workspace import Workspace
from audio2video.training.passes.table import pass_table, read_passes

from .harness import Harness, main, refused


def check(data: bytes, folder: Path) -> None:
    """Read a file as a batch, and as the history of a pass."""
    workspace = Workspace(folder / "workspace")
    path = folder / "batch.csv"
    path.write_bytes(data)
    with refused():
        for row in read_rows(path, workspace, jobs=1):
            assert "/" not in row.name
            assert "\\" not in row.name
            as_given(row.config)
    train = workspace.root / "train" / "fuzzed"
    train.mkdir(parents=True, exist_ok=True)
    (train / "options.json").write_text("{}")
    (train / "history.csv").write_bytes(data)
    pass_table(read_passes(workspace))


def seeds() -> list[bytes]:
    """Tables of both kinds, right and wrong."""
    texts = [
        "audio,video\na.wav,b.mp4\n",
        "audio,video,inp_id,alpha,force\n-x.wav,b c.mp4,é,0.5,yes\n,,,,\n",
        'audio,video,landmark_model\n"a,b.wav","x""y.mp4",m.dat\n',
        "audio,video,nthreads\na,b,nan\n",
        "audio,video\n../../a.wav,con.mp4\na?.wav,b|c.mp4\n",
        "\ufeffaudio,video\na-b,c\na,b-c\n",
        "epoch,learning_rate,training,validation\n1,0.1,0.5,0.6\n2,0.1,nan,inf\n",
        "epoch,training\n1\n",
        "epoch,training,validation\n1,2,3,4\n",
    ]
    return [text.encode() for text in texts] + [b'"', b"\xff\xfe", b"audio,video\na\0b,c\n"]


HARNESS = Harness(check, seeds)

if __name__ == "__main__":
    main(HARNESS)
