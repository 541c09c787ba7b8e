"""The level of the target's own sound: numbers and words, and what it goes together with."""

from __future__ import annotations

from pathlib import Path

import pytest

from audio2video.config import Config, options_of
from audio2video.errors import OptionError

KEEP = options_of(Config)["keep_audio"]


@pytest.mark.parametrize(
    ("text", "level"),
    [("0", 0), ("-12", -12), ("3.5", 3.5), ("1", 1), ("True", 0), ("on", 0), ("no", None)],
)
def test_levels_and_words(text: str, level: float | None) -> None:
    assert Config().replace(keep_audio=KEEP.parse(text)).sound.kept_level == level


@pytest.mark.parametrize(
    ("value", "level"), [(0, 0), (-12.5, -12.5), (True, 0), (False, None), ("off", None)]
)
def test_values_of_a_file(value: object, level: float | None) -> None:
    assert Config().replace(keep_audio=KEEP.coerce(value, Path())).sound.kept_level == level


def test_python_may_say_true_and_false() -> None:
    assert Config.from_flags(keep_audio=True).flags()["keep_audio"] == 0
    assert not Config.from_flags(keep_audio=False).plays_in_own_time
    assert not Config().plays_in_own_time


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"retiming": "full"}, "under their own sound, --retiming full moves them; leave one"),
        ({"retiming": "forward"}, "--retiming forward moves them; leave one of them out"),
        ({"fit": "loop"}, "--fit loop more often; use --fit silence, freeze or cut"),
        ({"fit": "bounce"}, "--keep_audio plays the target once, --fit bounce more often"),
        ({"keep_audio": 21}, "--keep_audio 21 is out of bounds; use -100.0 to 20"),
    ],
)
def test_what_does_not_go_together_is_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(OptionError) as caught:
        Config.from_flags(**{"keep_audio": -6.0, **options})
    assert message in str(caught.value)


def test_a_word_that_is_no_level_is_refused() -> None:
    with pytest.raises(OptionError, match="keep_audio must be a number, not 'loud'"):
        KEEP.parse("loud")


def test_the_target_plays_in_its_own_time_and_to_its_end() -> None:
    config = Config.from_flags(keep_audio=0)
    assert (config.playback.retiming, config.playback.fit) == ("off", "freeze")
    assert config.length_fit == "silence"
    assert config.replace(fit="cut").length_fit == "cut"
    assert Config().playback == Config().retiming
