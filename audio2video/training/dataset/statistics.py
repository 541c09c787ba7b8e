"""Statistics of all prepared fragments: shape basis, closed mouths, index."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ...mouth.basis import fit_basis
from ...mouth.shapes import closed_mouth_reference, relative_shapes, without_drift
from ...storage.arrays import read_array
from ...storage.files import replacing, write_json
from ...storage.workspace import Workspace
from ..corpus import MADE_BY, FeatureKind, clip_folder, clip_index, read_clip_info

MAX_SHAPES = 400_000
"""Shapes that the basis is fitted to; of more, as many are taken evenly. Four hours at 25 fps."""


def write_statistics(
    workspace: Workspace,
    fragments: Sequence[str],
    features: FeatureKind,
    corpora: Mapping[str, str] | None = None,
) -> None:
    """Fit the shape basis, measure each speaker's closed mouth, and write the index.

    Parameters
    ----------
    workspace : Workspace
    fragments : sequence of str
        The corpus: what step 1 is to train on.
    features : {"audio2video", "published"}
        Who computed the speech features.
    corpora : mapping of str to str, optional
        Corpus of each recording; one corpus of all by default.
    """
    rows: dict[str, dict[str, object]] = {}
    mouths: dict[str, list[NDArray[np.float32]]] = defaultdict(list)
    for clip_id in fragments:
        info = read_clip_info(workspace, clip_id)
        shapes = clip_folder(workspace, clip_id) / "mouth.npy"
        mouth = read_array(shapes, (None, 20, 2), made_by=MADE_BY)
        mouths[info.speaker].append(np.asarray(mouth, np.float32))
        rows[clip_id] = {
            "recording": info.recording,
            "speaker": info.speaker,
            "corpus": (corpora or {}).get(info.recording, ""),
            "seconds": round(float(len(mouth) / info.rate), 3),
        }
    stride = -(-sum(len(m) for own in mouths.values() for m in own) // MAX_SHAPES)
    speakers = sorted(mouths)
    centres, references, relative = [], [], []
    for speaker in speakers:
        own = mouths.pop(speaker)
        centre = np.mean([mouth.mean(axis=(0, 1), dtype=np.float64) for mouth in own], axis=0)
        steady = np.concatenate([without_drift(m, centre).astype(np.float32) for m in own])
        reference = closed_mouth_reference(steady)
        centres.append(centre)
        references.append(reference)
        relative.append(relative_shapes(steady[::stride], reference))
    everything = np.concatenate(relative)
    basis = fit_basis(everything)
    with (
        replacing(workspace.root / "reference" / "shapes.npz") as temporary,
        temporary.open("wb") as file,
    ):
        np.savez(
            file,
            mean=basis.mean,
            components=basis.components,
            variance=basis.variance,
            speakers=np.array(speakers),
            references=np.array(references),
            centres=np.array(centres),
        )
    kept = basis.variance.sum() / everything.reshape(-1, 40).var(axis=0).sum()
    write_json(
        clip_index(workspace),
        {
            "clips": rows,
            "features": features,
            "seconds": round(sum(float(str(row["seconds"])) for row in rows.values()), 2),
            "variance_kept_by_basis": round(float(kept), 6),
        },
    )
