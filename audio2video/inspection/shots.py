"""Pictures of a run's moments: the texture after each stage, the frame before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..face.layout import MOUTH
from ..face.rectify import project_to_frame
from ..media.pictures import webp_bytes
from ..media.video import Frame, VideoReader
from ..pipeline.composer import Composer, Composition, FrameRequest, frame_requests
from ..pipeline.job import Job
from ..pipeline.layers import Layer
from ..pipeline.textures import texture_maker
from ..runtime.threads import ordered_map, single_threaded_libraries
from ..storage.arrays import read_item
from ..storage.artifacts import read_record
from ..target.teeth_proxies import Proxies, choose_proxies
from ..texture.candidates import Candidates, FrameFeatures
from ..texture.synthesis import DETAIL, FINISHED, LIPS, MEDIAN, TextureMaker
from .crops import FaceCrop, MouthCrop, face_crop, mouth_crop
from .curves import places_of
from .packing import coded, packed

CANDIDATES_SHOWN = 12
"""Candidates of a moment that are shown as pictures: the heaviest."""

WEIGHTS_SHOWN = 200
"""Candidates of a moment whose weights are listed."""

THUMB_WIDTH, THUMB_QUALITY = 96, 60

MASK_QUALITY = 60

POINT_SCALE = 1e-4
"""Shares of a picture's side that packed points count in."""


@dataclass(frozen=True)
class PictureSize:
    """How large and how good pictures are.

    Parameters
    ----------
    face, mouth : int
        Widths of pictures of the face and of textures, at most.
    quality : int
        Of WebP.
    """

    face: int
    mouth: int
    quality: int


SIZES = (PictureSize(320, 320, 82), PictureSize(256, 256, 74), PictureSize(208, 208, 66))
"""The best first."""


@dataclass(frozen=True)
class _Moment:
    request: FrameRequest
    chosen: Candidates


class Studio:
    """Makes the pictures of one person's moments.

    Parameters
    ----------
    job : Job
    layer : Layer
        Of M mouths.
    mouth : ndarray of float64, shape (M, 20, 2)
        The shapes that textures were made for.
    """

    def __init__(self, job: Job, layer: Layer, mouth: NDArray[np.float64]) -> None:
        target, config = layer.target, job.config.texture
        self.layer, self.mouth = layer, mouth
        self.places = places_of(job, layer)
        self.workers = job.config.machine.nthreads
        self.proxies: Proxies = choose_proxies(
            job.workspace, job.tar_id, target, config, job.config.analysis, job.progress
        )
        record = read_record(job.textures_path) or {}
        self.generic = record.get("mouth_interior") == "generic"
        with single_threaded_libraries():
            self.maker: TextureMaker = texture_maker(
                target, config, self.proxies, self.workers, generic=self.generic
            )
        self.coherent = config.coherence
        self.face: FaceCrop = face_crop(target.track, target.info.width, target.info.height)
        self.lips: MouthCrop = mouth_crop(target.space, target.reference)
        self.composer = Composer(
            target, layer.sequence, layer.timing, layer.shown, None, job.config.compositing
        )

    def shots(
        self, indices: list[int], choices: Iterable[Candidates], size: PictureSize
    ) -> Iterator[dict[str, Any]]:
        """Make the pictures of some moments.

        Parameters
        ----------
        indices : list of int
            Moments, ascending.
        choices : iterable of Candidates
            Of these moments; see `choices`.
        size : PictureSize

        Yields
        ------
        dict
            JSON values; pictures as WebP in base64. ``same`` tells whether the texture is that of
            the run, to the bit.
        """
        timing = self.layer.timing
        with (
            single_threaded_libraries(),
            VideoReader(self.layer.target.info.path) as reader,
        ):
            asked = frame_requests(reader, timing, indices)
            moments = (_Moment(*pair) for pair in zip(asked, choices, strict=True))
            with closing(
                ordered_map(lambda one: self._shot(one, size), moments, self.workers)
            ) as made:
                yield from made

    def thumb(self, frame: int) -> str:
        """Give a small picture of the mouth in a target frame's texture."""
        texture = np.asarray(read_item(self.layer.target.textures, frame))
        return coded(webp_bytes(self.lips.cut(texture, THUMB_WIDTH), THUMB_QUALITY))

    def proxy_pictures(self, size: PictureSize) -> dict[str, Any]:
        """Give the teeth proxies, with the share of the picture's height where the line lies."""
        rows = self.lips.rows
        return {
            name: None
            if proxy is None
            else {
                "frame": proxy.frame,
                "line": round((proxy.line - rows.start) / (rows.stop - rows.start), 4),
                "row": proxy.line,
                "picture": self._mouth(proxy.texture, size),
            }
            for name, proxy in (("upper", self.proxies.upper), ("lower", self.proxies.lower))
        }

    def choices(self, indices: list[int]) -> Iterator[Candidates]:
        """Choose candidates of some moments as step 2 does; neighbouring moments have a say."""
        frames, looks = self.layer.timing.frames, self.maker.gallery.looks
        wanted = FrameFeatures(self.mouth, looks.turn[frames], looks.light[frames])
        asked = set(indices)
        for index, chosen in enumerate(self.maker.choose(wanted, coherent=self.coherent)):
            if index in asked:
                yield chosen

    def _shot(self, moment: _Moment, size: PictureSize) -> dict[str, Any]:
        index, number = moment.request.index, moment.request.number
        shape, chosen = self.mouth[index], moment.chosen
        stages = self.maker.stages(shape, chosen)
        kept = read_item(self.layer.sequence.textures, index)
        found = self.composer.composition(moment.request)
        heaviest = np.argsort(-chosen.weights, kind="stable")
        order = heaviest[:WEIGHTS_SHOWN]
        return {
            "frame": int(self.places[index]),
            "target": number,
            "candidates": chosen.frames[order].tolist(),
            "weights": chosen.weights[order].tolist(),
            "count": len(chosen.frames),
            "total": int(chosen.weights.sum()),
            "median": self._mouth(stages[MEDIAN], size),
            "lips": self._mouth(stages[LIPS], size),
            "detail": self._mouth(stages[DETAIL], size),
            "teeth": self._mouth(stages[FINISHED], size),
            "teeth_change": int(np.count_nonzero((stages[FINISHED] != stages[DETAIL]).any(axis=2))),
            "same": bool(np.array_equal(stages[FINISHED], kept)),
            **self._framed(found, index, number, size),
        }

    def _framed(
        self, found: Composition | Frame, index: int, number: int, size: PictureSize
    ) -> dict[str, Any]:
        """Give the frame before and after, the mask, and the lips in it."""
        if isinstance(found, Frame):
            return {
                "before": self._face(found.rgb(), number, size),
                "mask": None,
                "after": None,
                "points": None,
                "own_points": None,
            }
        frame, (x0, y0, x1, y1) = found.before, found.box
        before = frame.rgb()
        mask = np.zeros(before.shape[:2], np.uint8)
        mask[y0:y1, x0:x1] = np.round(255 * found.made.cover)
        frame.paste(x0, y0, found.made.picture, before=found.part)
        points = project_to_frame(self.mouth[index][None], found.pose)[0]
        small = self.face.cut(mask, number, size.face)
        return {
            "before": self._face(before, number, size),
            "mask": coded(webp_bytes(small, MASK_QUALITY)),
            "after": self._face(frame.rgb(), number, size),
            "points": packed(self.face.relative(points, number), POINT_SCALE)["data"],
            "own_points": packed(self.face.relative(found.landmarks[MOUTH], number), POINT_SCALE)[
                "data"
            ],
        }

    def _face(self, picture: NDArray[np.uint8], number: int, size: PictureSize) -> str:
        return coded(webp_bytes(self.face.cut(picture, number, size.face), size.quality))

    def _mouth(self, texture: NDArray[np.uint8], size: PictureSize) -> str:
        return coded(webp_bytes(self.lips.cut(texture, size.mouth), size.quality))
