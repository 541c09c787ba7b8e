"""Reenactment: a target rebuilt from itself and compared with the truth."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from .._typing import U8
from ..compositing.composite import MouthPatch, Visibility, compose, working_box
from ..compositing.jaw import chin_offsets
from ..config import CompositingConfig, Config
from ..errors import BadFileError
from ..face.detection import FaceFinder, box_of
from ..face.layout import INNER_LIP, MOUTH, inter_ocular_distance
from ..face.occlusion import analysis_grid
from ..media.video import Frame, VideoReader, VideoWriter
from ..models.face_models import load_face_finder
from ..pipeline.textures import texture_maker
from ..progress import Progress
from ..provenance.container_tags import REBUILT_STATEMENT, rebuilt_tags
from ..provenance.credentials import signing_credentials
from ..provenance.manifest import Synthesis
from ..provenance.signing import sign_video
from ..runtime.extras import require
from ..runtime.threads import single_threaded_libraries
from ..storage.files import replacing, write_json
from ..storage.workspace import Workspace
from ..target.analysis import TargetAnalysis, analyse_target
from ..target.teeth_proxies import choose_proxies
from ..texture.candidates import frames_apart, temporal_window
from ..texture.synthesis import TextureMaker
from .plots_reenact import plot_reenactment
from .realism import Measured, change, compare_pictures, lip_distance, mouth_region, summarise
from .reenact_views import BlindTest, SideBySide, face_box
from .results import ReenactEvaluation
from .skin_overlap import foreign_pixels

EXCLUDE = 0.5
"""Seconds around a frame whose pictures are not used for it: its neighbours are nearly itself."""

BASELINE_CANDIDATES = 100
CRF = 10
"""Quality of the rebuilt video: no loss that could be seen or that measures would notice."""

OURS, NEAREST, EQUAL = "rebuilt", "nearest_frame", "equal_weights"


@dataclass(frozen=True)
class _Pieces:
    """One way's textures of all frames that are rebuilt."""

    textures: U8
    jaws: NDArray[np.float64]


def evaluate_reenact(
    workspace: Workspace,
    config: Config,
    exclude: float = EXCLUDE,
    progress: Progress | None = None,
) -> ReenactEvaluation:
    """Rebuild each frame of a target with its own mouth shape and compare it with the truth.

    Candidates are at least `exclude` seconds away; the texture is put onto the same frame, without
    retiming. Writes ``rebuilt.mp4``, ``side-by-side.mp4`` (true, rebuilt, difference),
    ``evaluation.json``, ``frames.csv``, a plot, and a blind test with its key into
    ``output/evaluation/<tar_id>-reenact/``.

    Parameters
    ----------
    workspace : Workspace
    config : Config
        The target, and how pictures are made.
    exclude : float
        Seconds.
    progress : Progress, optional

    Returns
    -------
    ReenactEvaluation

    Raises
    ------
    Audio2VideoError
        The target is missing, has no face, or is too short to be rebuilt from itself.
    """
    require("comparing pictures", "skimage")
    progress = progress or Progress()
    tar_id, workers = config.inputs.tar_id, config.machine.nthreads
    video = workspace.target_video(tar_id)
    target = analyse_target(workspace, video, tar_id, config.analysis, workers, progress)
    proxies = choose_proxies(workspace, tar_id, target, config.texture, config.analysis, progress)
    maker = texture_maker(target, config.texture, proxies, workers)
    gallery, rate = maker.gallery, float(target.info.rate)
    frames = [
        int(frame)
        for frame in gallery.usable
        if len(frames_apart(gallery.usable, int(frame), exclude, rate))
    ]
    if not frames:
        raise BadFileError(
            f"no frame is more than {exclude:g} s from another",
            path=target.info.path,
            hint="give a smaller --exclude or a longer target",
        )
    folder = workspace.evaluation(f"{config.inputs.tar_id}-reenact")
    with replacing(folder) as temporary:
        temporary.mkdir()
        with single_threaded_libraries():
            ways = _make_textures(
                temporary, maker, frames, exclude, config.texture.coherence, progress
            )
        measured = _compose_all(temporary, target, frames, ways, config, progress)
        for name in ways:
            _store(temporary, name).unlink()
        result: dict[str, Any] = {
            "folder": str(folder),
            "target": target.info.path.name,
            "frames": len(frames),
            "frames_in_target": len(target.track),
            "exclude_seconds": exclude,
            "candidates": maker.recipe.candidates,
            "detail_gain": round(maker.recipe.detail, 4),
            "opening_detail_gain": round(maker.recipe.opening_detail, 4),
            "options": config.flags(),
            "measures": {name: summarise(rows, rate) for name, rows in measured.items()},
        }
        write_json(temporary / "evaluation.json", result)
        _write_table(temporary / "frames.csv", frames, measured[OURS])
        plot_reenactment(
            np.array(frames) / rate,
            {name: [row.pictures.psnr for row in rows] for name, rows in measured.items()},
            {name: [row.lips for row in rows] for name, rows in measured.items()},
            temporary / "measures.png",
        )
    return ReenactEvaluation.from_dict(result)


def _make_textures(
    folder: Path,
    maker: TextureMaker,
    frames: list[int],
    exclude: float,
    coherence: bool,
    progress: Progress,
) -> dict[str, _Pieces]:
    """Make all textures: ours, the nearest frame as it is, and all candidates counting alike."""
    gallery = maker.gallery
    space = gallery.space
    plain = replace(
        maker.recipe,
        candidates=BASELINE_CANDIDATES,
        lip_candidates=BASELINE_CANDIDATES,
        equal=True,
        detail=0.0,
        opening_detail=0.0,
        upper=None,
        lower=None,
    )
    equal = TextureMaker(gallery, plain)
    shape = (len(frames), space.height, space.width, 3)
    ways = {
        name: _Pieces(
            np.lib.format.open_memmap(_store(folder, name), mode="w+", dtype=np.uint8, shape=shape),
            np.empty((len(frames), 17, 2)),
        )
        for name in (OURS, NEAREST, EQUAL)
    }
    for index, frame in enumerate(progress.follow(frames, "rebuilding textures", len(frames))):
        wanted = gallery.looks[frame]
        around = (
            gallery.looks[temporal_window(frame, len(gallery.textures))] if coherence else wanted
        )
        others = frames_apart(gallery.usable, frame, exclude, gallery.rate)
        nearest = int(others[np.argmin(gallery.looks.distance(wanted, 0.0, 0.0)[others])])
        for name, (texture, jaw) in (
            (OURS, _without_near_proxies(maker, frame, exclude).make(around, others)),
            (NEAREST, (gallery.textures[nearest], gallery.jaws[nearest])),
            (EQUAL, equal.make(wanted, others)),
        ):
            ways[name].textures[index], ways[name].jaws[index] = texture, jaw
    return ways


def _store(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def _without_near_proxies(maker: TextureMaker, frame: int, exclude: float) -> TextureMaker:
    """Leave a teeth proxy out that comes from this frame, or from one that is nearly it."""
    near = exclude * maker.gallery.rate
    kept = {
        name: None
        if proxy is not None and proxy.frame >= 0 and abs(proxy.frame - frame) <= near
        else proxy
        for name, proxy in (("upper", maker.recipe.upper), ("lower", maker.recipe.lower))
    }
    return TextureMaker(maker.gallery, replace(maker.recipe, **kept))  # type: ignore[arg-type]


def _compose_all(
    folder: Path,
    target: TargetAnalysis,
    frames: list[int],
    ways: Mapping[str, _Pieces],
    config: Config,
    progress: Progress,
) -> dict[str, list[Measured]]:
    """Put the textures onto their frames, write the videos, and measure."""
    track, info = target.track, target.info
    own = track.rectified_jaw()[frames]
    moving = np.full(len(frames), config.compositing.jaw)
    drops = {name: chin_offsets(pieces.jaws, own, moving) for name, pieces in ways.items()}
    place = {frame: index for index, frame in enumerate(frames)}
    finder = load_face_finder(config.analysis.landmark_model)
    measured: dict[str, list[Measured]] = {name: [] for name in ways}
    # Of the target as well: who knows one key must not know them all.
    blind = BlindTest(frames, (config.training.seed, crc32(config.inputs.tar_id.encode())))
    view = SideBySide(face_box(track.landmarks[track.usable], info.width, info.height))
    tags = rebuilt_tags(config.inputs.tar_id)
    with (
        VideoReader(info.path) as reader,
        VideoWriter(
            folder / "rebuilt.mp4",
            info.width,
            info.height,
            info.rate,
            crf=CRF,
            metadata=tags,
            like=info,
        ) as writer,
        VideoWriter(
            folder / "side-by-side.mp4",
            view.width,
            view.height,
            info.rate,
            crf=CRF,
            metadata=tags,
            like=info,
        ) as beside,
    ):
        before: dict[str, Frame] = {}
        source = progress.follow(reader.read(), "compositing and measuring", info.frames)
        for number, true in enumerate(source):
            index = place.get(number)
            pictures = {"true": true}
            if index is not None:
                look = _Look(target, number, true, finder, config.compositing)
                for name, pieces in ways.items():
                    piece = MouthPatch(
                        pieces.textures[index],
                        track.mouth[number].astype(np.float64),
                        float(drops[name][index]),
                    )
                    pictures[name], row = look.rebuild(piece, before.get(name), before.get("true"))
                    measured[name].append(row)
                blind.show(number, true, pictures[OURS], track.landmarks[number])
            rebuilt = pictures.get(OURS, true)
            writer.write(rebuilt)
            beside.write(view.draw(true, rebuilt))
            # Only successive frames of one unbroken stretch have a change to compare.
            unbroken = number + 1 < len(track) and not track.starts[number + 1]
            before = pictures if index is not None and unbroken else {}
    # A label and a watermark would be measured as well.
    marking = replace(config.marking, label="none", watermark=False, watermark_audio=False)
    made = Synthesis(info.path, None, marking, statement=REBUILT_STATEMENT)
    credentials = signing_credentials(marking.sign_cert, marking.sign_key, marking.timestamp_url)
    for name in ("rebuilt.mp4", "side-by-side.mp4"):
        sign_video(folder / name, name, made, credentials)
    blind.save(folder)
    return measured


class _Look:
    """One true frame, and what is compared with it."""

    def __init__(
        self,
        target: TargetAnalysis,
        number: int,
        true: Frame,
        finder: FaceFinder,
        config: CompositingConfig,
    ) -> None:
        track = target.track
        self._target, self._true, self._finder, self._config = target, true, finder, config
        self._landmarks = track.landmarks[number].astype(np.float64)
        self._pose = track.pose[number]
        self._box = working_box(self._landmarks, self._pose, true.width, true.height)
        self._part = true.rgb(self._box)
        self._sight = Visibility(
            target.occlusions.maps[number],
            analysis_grid(target.space),
            front=target.overlays.in_box([number], self._box),
        )
        # The same box for both pictures: what differs is what the landmark model sees in it.
        self._face = box_of(self._landmarks)
        self._seen = finder.landmarks(true.gray(), self._face)
        self._unit = float(inter_ocular_distance(self._seen))

    def rebuild(
        self, piece: MouthPatch, before: Frame | None, true_before: Frame | None
    ) -> tuple[Frame, Measured]:
        x0, y0, x1, y1 = self._box
        made = compose(
            self._part,
            self._box,
            piece,
            self._landmarks,
            self._pose,
            self._target.space,
            light=self._config.match_light,
            sight=self._sight,
        )
        picture = self._true.copy()
        picture.paste(x0, y0, made.picture, before=self._part)
        origin = np.array([x0, y0])
        mouth = self._seen[MOUTH] - origin
        region = mouth_region(mouth, self._unit, x1 - x0, y1 - y0)
        lips = self._finder.landmarks(picture.gray(), self._face)[MOUTH]
        changes = None
        if before is not None and true_before is not None:
            rows, columns = region
            box = (x0 + columns.start, y0 + rows.start, x0 + columns.stop, y0 + rows.stop)
            changes = (
                change(picture.rgb(box), before.rgb(box)),
                change(self._true.rgb(box), true_before.rgb(box)),
            )
        return picture, Measured(
            compare_pictures(
                picture.rgb(self._box), self._part, region, made.cover, mouth[INNER_LIP]
            ),
            lip_distance(lips, self._seen[MOUTH], self._unit),
            changes,
            foreign_pixels(self._part, made.cover, self._landmarks - origin, self._unit),
        )


def _write_table(path: Path, frames: list[int], rows: list[Measured]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["frame", "psnr", "ssim", "lmd", "sharpness", "seam", "teeth", "foreign_pixels"]
        )
        for frame, row in zip(frames, rows, strict=True):
            p = row.pictures
            writer.writerow(
                [
                    frame,
                    f"{p.psnr:.3f}",
                    f"{p.ssim:.4f}",
                    f"{row.lips:.5f}",
                    f"{p.sharpness:.3f}",
                    f"{p.seam:.3f}",
                    f"{p.teeth:.2f}",
                    row.foreign,
                ]
            )
