"""Who is seen in a target, and who of them speaks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from two_people import SIZE, first_person, second_person, slide, write_film

from audio2video.config import AnalysisConfig
from audio2video.errors import NoFaceError, OptionError
from audio2video.face.face_tracks import Sighting
from audio2video.face.flow import Motion
from audio2video.face.head import generic_head
from audio2video.media.video import Frame, probe_video
from audio2video.progress import Progress
from audio2video.target.face_following import follow_faces
from audio2video.target.frame_spool import FrameSpool
from audio2video.target.gallery import Gallery
from audio2video.target.people import Person, find_people
from audio2video.target.speaker_choice import choose_speaker
from audio2video.target.track_pieces import Piece, without_doubtful_ends


def people_in(path: Path, folder: Path) -> list[Person]:
    with FrameSpool(folder / "frames.raw") as spool:
        seen = follow_faces(path, probe_video(path), spool, None, Progress(), samples_only=True)
        return find_people(seen, spool)


def stretches(person: Person) -> list[tuple[int, int]]:
    return [(run.start, run.stop) for run in person.stretches()]


def test_two_people_cut_together_and_a_slide_between(tmp_path: Path) -> None:
    pictures = [*first_person(12), *second_person(12), *[slide(230)] * 6, *first_person(12)]
    people = people_in(write_film(tmp_path / "cut.mp4", pictures), tmp_path)
    assert [stretches(person) for person in people] == [[(0, 12), (30, 42)], [(12, 24)]]
    assert [int(person.track.usable.sum()) for person in people] == [24, 12]


def test_two_people_side_by_side(tmp_path: Path) -> None:
    pairs = zip(first_person(12), second_person(12), strict=True)
    path = write_film(tmp_path / "beside.mp4", [np.hstack(pair) for pair in pairs])
    people = people_in(path, tmp_path)
    assert [stretches(person) for person in people] == [[(0, 12)], [(0, 12)]]
    info = probe_video(path)
    lefts = [float(person.track.landmarks[5, 30, 0]) < SIZE for person in people]
    assert sorted(lefts) == [False, True]

    def chosen(**values: object) -> int:
        return choose_speaker(people, info, AnalysisConfig(**values))  # type: ignore[arg-type]

    assert [chosen(), chosen(face=1), chosen(face=2)] == [0, 0, 1]
    y = float(people[0].track.landmarks[5, 30, 1])
    for x, is_left in ((SIZE / 2, True), (1.5 * SIZE, False)):
        for place in (f"{x},{y}", f"{x},{y},0.2"):
            assert lefts[chosen(face_at=place)] == is_left
    for values, message in (
        ({"face": 9}, "--face 9: 2 people are seen in beside.mp4; 'audio2video faces VIDEO' lists"),
        ({"face_at": "2,2"}, "--face_at 2,2: no face is there in beside.mp4; 'audio2video fac"),
        ({"face_at": "2,2,0.1"}, "--face_at 2,2,0.1: no face is there then in beside.mp4; 'aud"),
        ({"face_at": "999,2"}, "999,2 lies outside the picture, which has 384x192 pixels; 'audio"),
        ({"face_at": "9,2,7"}, "9,2,7 lies behind the end of beside.mp4, which lasts 0.5 s; 'a"),
    ):
        with pytest.raises(OptionError, match=message):
            chosen(**values)


def test_who_is_small_beside_somebody_comes_last(tmp_path: Path) -> None:
    # The smaller one is seen for longer, as an audience is.
    pictures = []
    for k, (small, large) in enumerate(zip(first_person(14), second_person(14), strict=True)):
        side = SIZE // 2
        beside = np.full((SIZE, side, 3), small[0, 0], np.uint8)
        beside[:side] = cv2.resize(small, (side, side), interpolation=cv2.INTER_AREA)
        pictures.append(np.hstack([beside, large if k < 12 else np.full_like(large, 90)]))
    path = write_film(
        tmp_path / "audience.mp4", [cv2.resize(p, None, fx=2, fy=2) for p in pictures]
    )
    people = people_in(path, tmp_path)
    assert [stretches(person) for person in people] == [[(0, 12)], [(0, 14)]]


def test_fifteen_frames_of_a_face_between_slides(tmp_path: Path) -> None:
    pictures = [*[slide(240)] * 20, *first_person(15), *[slide(225)] * 20]
    path = write_film(tmp_path / "slides.mp4", pictures)
    (person,) = people_in(path, tmp_path)
    assert stretches(person) == [(20, 35)]
    with pytest.raises(
        OptionError, match=r"--face 2: only one person is seen in slides.mp4; leave"
    ):
        choose_speaker([person], probe_video(path), AnalysisConfig(face=2))


def test_one_person_is_not_described(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_target: Path
) -> None:
    from audio2video.face import identity

    def fail(self: object) -> None:
        raise AssertionError("described")

    monkeypatch.setattr(identity.FaceDescriber, "__init__", fail)
    (person,) = people_in(small_target, tmp_path)
    assert stretches(person) == [(0, 50)]


def test_nobody(tmp_path: Path) -> None:
    path = write_film(tmp_path / "wall.mp4", [slide(200)] * 4)
    assert people_in(path, tmp_path) == []
    with pytest.raises(NoFaceError, match="no face in the whole video; the target must show one"):
        choose_speaker([], probe_video(path), AnalysisConfig())


def seen(track: int, *, detected: bool = False, moves: bool = True, replaces: int = 0) -> Sighting:
    doubt = np.full(68, 0.0 if moves else 1.0)
    motion = Motion(np.zeros((68, 2)), doubt)
    return Sighting(track, np.zeros((68, 2)), motion, detected, replaces or None)


@pytest.mark.parametrize(
    ("film", "kept"),
    [
        # Detected at first, then followed to the end of the video, though no longer detected.
        ([[seen(1, detected=k == 0)] for k in range(40)], 40),
        # The same, given up before the end.
        ([[seen(1, detected=k == 0)] if k < 30 else [] for k in range(40)], 1),
        # Lost for another reason soon after it was detected.
        ([[seen(1, detected=k == 0)] if k < 9 else [] for k in range(40)], 9),
        # What nothing shows to have gone on.
        ([[seen(1, detected=k == 0, moves=k < 5)] if k < 9 else [] for k in range(40)], 5),
        # Seen somewhere else by the detector.
        (
            [
                [seen(1, detected=k == 0)] if k < 9 else [seen(2, detected=True, replaces=1)]
                for k in range(12)
            ],
            1,
        ),
    ],
    ids=["to the end", "given up", "lost", "doubtful", "astray"],
)
def test_how_a_track_ended_tells_how_far_it_is_trusted(
    film: list[list[Sighting]], kept: int
) -> None:
    trusted = without_doubtful_ends([tuple(faces) for faces in film])
    frames = [k for k, faces in enumerate(trusted) if any(face.track == 1 for face in faces)]
    assert frames == list(range(kept))


def test_a_dissolve_between_two_faces_in_one_place(tmp_path: Path) -> None:
    # No cut is seen, and the one track is confirmed all the time: descriptors divide it.
    class Named:
        """Tells people by their mean colour, where dlib would tell them by their faces."""

        def describe(self, rgb: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
            descriptor = np.zeros(128)
            descriptor[0] = rgb[..., 0].mean() / 64
            return descriptor

    pictures = [np.full((80, 80, 3), 60 if k < 33 else 190, np.uint8) for k in range(60)]
    points = 40 + 10 * generic_head()[:, :2]
    film = [(Sighting(1, points, None, k % 5 == 0),) for k in range(60)]
    with FrameSpool(tmp_path / "frames.raw") as spool:
        for k in range(0, 60, 5):
            spool.put((k, 1), Frame.from_rgb(pictures[k]), (0, 0, 80, 80))
        spool.finish()
        gallery = Gallery(film, spool, Named())  # type: ignore[arg-type]
        parts = gallery.divided(Piece(1, 0, 59))
    # Between the frames that the detector saw, 30 and 35, the middle is as good as any.
    assert parts == [Piece(1, 0, 32), Piece(1, 33, 59)]
