"""What a page is told of a run, against what the pipeline's own parts give."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from audio2video.compositing.composite import working_box
from audio2video.config import Config
from audio2video.errors import CancelledError
from audio2video.face.layout import mouth_opening, mouth_width
from audio2video.inspection.crops import face_crop
from audio2video.inspection.gather import gather, size_of
from audio2video.inspection.page import write_page
from audio2video.media.video import VideoReader
from audio2video.pipeline.composer import Composer, frame_requests
from audio2video.pipeline.job import Job
from audio2video.pipeline.layers import Layer, read_layer
from audio2video.progress import Progress
from audio2video.storage.workspace import Workspace

NAME = "words-painted"


@pytest.fixture(scope="module")
def place(small_result: Path) -> Workspace:
    return Workspace(small_result)


@pytest.fixture(scope="module")
def data(place: Workspace) -> dict[str, Any]:
    return gather(place, place.root / "output" / NAME, Progress())


@pytest.fixture(scope="module")
def layer(place: Workspace) -> Layer:
    config = Config.from_flags(inp_id="words", tar_id="painted")
    return read_layer(Job(place, config, Progress()))


def picture(text: str) -> np.ndarray:
    coded = np.frombuffer(base64.b64decode(text), np.uint8)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_UNCHANGED))


def points(packed: dict[str, Any]) -> np.ndarray:
    whole = np.frombuffer(base64.b64decode(packed["data"]), "<i2").reshape(packed["shape"])
    return np.where(whole == -32768, np.nan, whole * packed["scale"])


def test_it_is_plain_json(data: dict[str, Any]) -> None:
    text = json.dumps(data, allow_nan=False)
    assert json.loads(text) == data
    assert str(Path.home()) not in text or str(Path.home()) == "/"
    assert (data["name"], data["frames"], data["rate"]) == (NAME, 62, 25.0)
    assert data["notes"] == []


def test_no_folder_of_the_machine_is_in_it(data: dict[str, Any], place: Workspace) -> None:
    assert str(place.root) not in json.dumps(data)
    options = {one["flag"]: one["value"] for one in data["report"]["options"]}
    assert options["audio"] == "words.wav"


def test_curves_are_those_of_the_run(data: dict[str, Any], layer: Layer) -> None:
    curves = data["layers"][0]["curves"]
    mouth = layer.sequence.mouth.astype(np.float64)
    assert curves["frames"] == list(range(62))
    assert np.allclose(curves["opening"], mouth_opening(mouth), atol=1e-4)
    assert np.allclose(curves["width"], mouth_width(mouth), atol=1e-4)
    assert np.allclose(points(curves["mouth"]), mouth, atol=1e-4)
    assert np.allclose(curves["place"], layer.timing.positions, atol=1e-3)
    own = layer.target.track.mouth[layer.timing.frames]
    whole = ~layer.timing.is_interpolated
    assert np.allclose(points(curves["own_mouth"])[whole], own[whole], atol=1e-4)
    assert curves["true"] is None
    assert set(curves["why"]) == {-1}


def test_every_texture_is_the_runs_own_to_the_bit(data: dict[str, Any]) -> None:
    shots = data["layers"][0]["shots"]
    assert [shot["frame"] for shot in shots] == list(range(62))
    assert all(shot["same"] for shot in shots)


def test_weights_are_shares_of_all(data: dict[str, Any], layer: Layer) -> None:
    found = data["layers"][0]
    usable = set(layer.target.clear_frames().tolist())
    for shot in found["shots"]:
        assert sum(shot["weights"]) == shot["total"]
        assert shot["weights"] == sorted(shot["weights"], reverse=True)
        assert len(shot["candidates"]) == shot["count"] == len(set(shot["candidates"]))
        assert set(shot["candidates"]) <= usable
        shown = shot["candidates"][: found["pictured"]]
        assert {str(k) for k in shown} <= set(found["thumbs"])


def test_the_mask_is_what_compositing_covers(data: dict[str, Any], layer: Layer) -> None:
    target, shot = layer.target, data["layers"][0]["shots"][20]
    composer = Composer(
        target, layer.sequence, layer.timing, layer.shown, None, Config().compositing
    )
    with VideoReader(target.info.path) as reader:
        (request,) = frame_requests(reader, layer.timing, [20])
        found = composer.composition(request)
    cover = found.made.cover  # type: ignore[union-attr]
    track, k = target.track, request.number
    box = working_box(track.landmarks[k].astype(float), track.pose[k], 256, 256)
    assert found.box == box  # type: ignore[union-attr]
    whole = np.zeros((256, 256), np.uint8)
    whole[box[1] : box[3], box[0] : box[2]] = np.round(255 * cover)
    mask = picture(shot["mask"])
    mask = mask if mask.ndim == 2 else mask[..., 0]
    crop = face_crop(track, 256, 256)
    expected = crop.cut(whole, k, mask.shape[1]).astype(int)
    assert np.abs(mask - expected).mean() < 1
    assert expected.sum() == pytest.approx(whole.sum(), rel=0.01), "all of it is in the picture"
    assert picture(shot["before"]).shape == picture(shot["after"]).shape


def test_lips_lie_in_the_picture_where_the_mouth_is(data: dict[str, Any]) -> None:
    for shot in data["layers"][0]["shots"][::10]:
        for name in ("points", "own_points"):
            xy = np.frombuffer(base64.b64decode(shot[name]), "<i2").reshape(20, 2) * 1e-4
            assert (np.abs(xy.mean(axis=0) - [0.5, 0.65]) < 0.1).all(), (name, xy.mean(axis=0))


def test_thinner_and_smaller_until_it_fits(place: Workspace, tmp_path: Path) -> None:
    most = 3_300_000
    stages: list[tuple[str, int, int | None]] = []
    progress = Progress(lambda stage, done, total, unit: stages.append((stage, done, total)))
    found = gather(place, place.root / "output" / NAME, progress, most=most)
    assert size_of(found) <= most
    layer = found["layers"][0]
    assert len(layer["shots"]) == -(-62 // layer["step"])
    assert ("making pictures", len(layer["shots"]), len(layer["shots"])) in stages
    small = write_page(found, tmp_path / "page.html", most=900_000)
    assert small <= 900_000


def test_it_can_be_stopped(place: Workspace) -> None:
    def stop(stage: str, done: int, total: int | None, unit: str) -> None:
        if stage == "making pictures" and done > 3:
            raise CancelledError("enough")

    with pytest.raises(CancelledError, match="enough"):
        gather(place, place.root / "output" / NAME, Progress(stop))


def test_nothing_of_the_run_is_changed(place: Workspace) -> None:
    folder = place.root / "output" / NAME
    before = {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    gather(place, folder, Progress())
    assert {p: p.stat().st_mtime_ns for p in folder.iterdir()} == before
