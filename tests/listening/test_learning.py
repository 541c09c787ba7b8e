"""What listeners are learned with: network, codebook, predictor and measures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audio2video.errors import BadFileError, MissingFileError
from audio2video.listening.codebook import PIECE, cut_pieces, make_codebook
from audio2video.listening.measures import diversity, frechet, score
from audio2video.listening.network import new_weights, run, slopes, softmax
from audio2video.listening.predictor import (
    ListenerModel,
    ListenerTraining,
    past_codes,
    train_listener,
    windows,
)
from audio2video.models.listener_file import read_listener, save_listener
from benchmarks.listener_law import law_clip

CLIPS = [law_clip(k) for k in range(60)]


@pytest.fixture(scope="module")
def trained() -> tuple[ListenerModel, ListenerTraining]:
    return train_listener([one.clip for one in CLIPS], codes=16)


def test_slopes_are_those_of_the_loss(rng: np.random.Generator) -> None:
    weights = new_weights(rng, 5, 4, 3)
    x, wanted = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))
    _, hidden = run(weights, x)
    by_weights, by_x = slopes(weights, x, hidden, wanted)

    def loss() -> float:
        return float((run(weights, x)[0] * wanted).sum())

    for array, slope in [*((weights[k], by_weights[k]) for k in weights), (x, by_x)]:
        place = tuple(size // 2 for size in array.shape)
        before = array[place]
        array[place] = before + 1e-6
        more = loss()
        array[place] = before - 1e-6
        less = loss()
        array[place] = before
        assert (more - less) / 2e-6 == pytest.approx(slope[place], rel=1e-5, abs=1e-7)


def test_probabilities_sum_to_one(rng: np.random.Generator) -> None:
    found = softmax(rng.normal(0, 300, (4, 9)))
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_codebook_tells_more_with_more_codes() -> None:
    pieces = np.concatenate([cut_pieces(one.clip.done) for one in CLIPS[:20]])
    left = [make_codebook(pieces, codes).spread_left(pieces) for codes in (2, 8, 32)]
    assert 1 > left[0] > left[1] > left[2] > 0
    assert left[2] < 0.5


def test_an_autoencoder_learns_a_codebook_too() -> None:
    pieces = np.concatenate([cut_pieces(one.clip.done) for one in CLIPS[:20]])
    left = [make_codebook(pieces, 16, "vq", steps=steps).spread_left(pieces) for steps in (1, 150)]
    assert left[1] < 0.8 * left[0]


def test_a_codebook_of_all_pieces_is_perfect(rng: np.random.Generator) -> None:
    pieces = rng.normal(size=(6, PIECE, 8))
    book = make_codebook(pieces, 6)
    assert book.spread_left(pieces) < 1e-9
    assert sorted(book.codes(pieces)) == list(range(6))


def test_codebooks_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="no such method"):
        make_codebook(np.zeros((9, PIECE, 8)), 2, "fourier")
    with pytest.raises(ValueError, match="3 pieces are too few for 8 codes"):
        make_codebook(np.zeros((3, PIECE, 8)), 8)


def test_what_is_heard_lies_around_the_piece() -> None:
    ramp = np.arange(100.0)[:, None]
    found = windows(ramp, 12)
    assert found.shape == (12, 15)
    # The last two bins are the piece itself: frames 64 to 71 of the ninth one.
    np.testing.assert_allclose(found[8, -2:], [65.5, 69.5])
    np.testing.assert_allclose(found[0, :13], 0)


def test_codes_before_each_piece() -> None:
    found = past_codes(np.array([5, 6, 7, 8]))
    assert found.tolist() == [[-1, -1, -1], [-1, -1, 5], [-1, 5, 6], [5, 6, 7]]


def test_the_law_is_learned(trained: tuple[ListenerModel, ListenerTraining]) -> None:
    model, told = trained
    assert told.held_loss < 0.8 * told.unigram_loss
    # On clips never seen: after a low end the head goes down, on the mean of many samples.
    rng = np.random.default_rng(0)
    after, general = [], []
    for one in (law_clip(k) for k in range(900, 925)):
        codes = model.sample(one.clip.features(), rng)
        pitch = model.codebook.pieces[codes].reshape(-1, 8)[: len(one.clip.done), 1]
        general.append(np.abs(pitch).mean())
        for cue in one.cues:
            first = round((cue + 0.75) * 25)
            if first + 5 > len(pitch):
                continue
            after.append(pitch[first : first + 5].mean())
    assert np.mean(after) > 0.35
    assert np.mean(after) > 1.2 * np.mean(general)


def test_samples_differ_by_seed_alone(trained: tuple[ListenerModel, ListenerTraining]) -> None:
    model, features = trained[0], CLIPS[0].clip.features()
    a, b, c = (model.sample(features, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert a.tolist() == b.tolist() != c.tolist()


def test_a_wish_of_a_model_has_the_rate_that_is_asked_for(
    trained: tuple[ListenerModel, ListenerTraining],
) -> None:
    rng = np.random.default_rng(4)
    wish = trained[0].wish(CLIPS[0].prosody, None, 30.0, 200, 1.0, rng)
    assert len(wish) == 200
    still = trained[0].wish(CLIPS[0].prosody, None, 30.0, 200, 0.0, rng)
    assert not still.aspects[:, :5].any()


def test_too_little_can_not_be_learned_from() -> None:
    with pytest.raises(ValueError, match="too little footage"):
        train_listener([])


def test_a_listener_comes_back_from_its_file(
    trained: tuple[ListenerModel, ListenerTraining], tmp_path: Path
) -> None:
    path = tmp_path / "listener.npz"
    save_listener(trained[0], path)
    found, features = read_listener(path), CLIPS[3].clip.features()
    a, b = (one.sample(features, np.random.default_rng(0)) for one in (trained[0], found))
    assert a.tolist() == b.tolist()


def test_damaged_listeners_are_refused(
    trained: tuple[ListenerModel, ListenerTraining], tmp_path: Path
) -> None:
    path = tmp_path / "listener.npz"
    with pytest.raises(MissingFileError, match="trained listener not found"):
        read_listener(path)
    path.write_bytes(b"no")
    with pytest.raises(BadFileError, match="not a trained listener, or damaged"):
        read_listener(path)
    save_listener(trained[0], path)
    arrays = dict(np.load(path))
    for name, wrong in (
        ("w1", arrays["w1"][:-1]),
        ("b1", arrays["b1"] * np.nan),
        ("std", arrays["std"] * 0),
        ("pieces", arrays["pieces"][:1]),
    ):
        np.savez(path, **{**arrays, name: wrong})
        with pytest.raises(BadFileError, match="not a trained listener, or damaged"):
            read_listener(path)
    np.savez(path, **{**arrays, "format": np.array(9)})
    with pytest.raises(BadFileError, match="of another format"):
        read_listener(path)


def test_the_distance_of_two_normal_clouds(rng: np.random.Generator) -> None:
    """Of diagonal covariances: squared distance of means, and of standard deviations."""
    a, b = rng.normal(0, 1, (40_000, 2)), rng.normal(0, 1, (40_000, 2)) * [2, 3] + [1, 0]
    assert frechet(a, b) == pytest.approx(1 + 1 + 4, rel=0.05)
    assert frechet(a, a) == pytest.approx(0, abs=1e-6)


def test_a_perfect_listener_scores_like_the_true_one(rng: np.random.Generator) -> None:
    true = [rng.normal(size=(200, 3)).cumsum(axis=0) for _ in range(3)]
    speaker = [rng.normal(size=(200, 2)) for _ in range(3)]
    own = score(true, true, speaker, 25.0)
    assert (own.l2, own.rpcc) == (0, 0)
    assert own.fd == pytest.approx(0, abs=1e-2)
    mean = [np.tile(one.mean(axis=0), (200, 1)) for one in true]
    dull = score(mean, true, speaker, 25.0)
    assert dull.variation == pytest.approx(0, abs=1e-20)
    assert dull.sid < own.sid
    assert dull.l2 > 0
    assert dull.fd > own.fd
    assert set(dull.as_dict()) == {"l2", "fd", "paired_fd", "variation", "sid", "rpcc"}


def test_diversity_counts_kinds() -> None:
    low, high = np.zeros((160, 1)), np.ones((160, 1)) * 9
    both = np.concatenate([low, high])
    assert diversity([both], [both], 16) == pytest.approx(1.0)
    assert diversity([low], [both], 16) == pytest.approx(0.0)
