"""Time stamps of signatures (RFC 3161), by an authority on this machine."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from inside import run_inside
from time_authority import STAMPED, TimeAuthority, time_authority

from audio2video.cli.main import main
from audio2video.config import Config, MarkingConfig
from audio2video.errors import Audio2VideoError, OptionError
from audio2video.media.video import VideoWriter
from audio2video.provenance.credentials import signing_credentials
from audio2video.provenance.manifest import Synthesis
from audio2video.provenance.signing import rehearse_signing, sign_video
from audio2video.provenance.verification import verify


@pytest.fixture(scope="module")
def authority() -> Iterator[TimeAuthority]:
    with time_authority() as one:
        yield one


def signed(path: Path, url: str | None) -> Path:
    with VideoWriter(path, 64, 64, Fraction(25)) as writer:
        for k in range(5):
            writer.write(np.full((64, 64, 3), 40 * k, np.uint8))
    marking = MarkingConfig(label="none", watermark=False, watermark_audio=False)
    made = Synthesis(None, None, marking)
    sign_video(path, path.name, made, signing_credentials(None, None, url))
    return path


def test_it_is_in_the_manifest(authority: TimeAuthority, tmp_path: Path) -> None:
    path = signed(tmp_path / "a.mp4", authority.url)
    found = verify(path).manifest
    assert found is not None
    assert found["signed_at"] == STAMPED.isoformat()
    assert found["time_stamp"] == "untrusted"
    trusted = verify(path, authority.root).manifest
    assert trusted is not None
    assert trusted["time_stamp"] == "trusted"
    said = run_inside(main, ["verify", str(path)], tmp_path)
    assert f"  signed at: {STAMPED.isoformat()} (time stamp, nobody vouches for whose)" in (
        said.stdout.splitlines()
    )


def test_without_one_no_time_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("asks the network"))
    found = verify(signed(tmp_path / "a.mp4", None)).manifest
    assert found is not None
    assert found["signed_at"] is found["time_stamp"] is None


@pytest.mark.parametrize("gone", [False, True])
def test_an_authority_that_gives_none_is_known_before_anything_is_made(
    tmp_path: Path, *, gone: bool
) -> None:
    with time_authority() as authority:
        authority.refuses = True
        if not gone:
            with pytest.raises(Audio2VideoError) as error:
                rehearse_signing(signing_credentials(None, None, authority.url))
            assert authority.asked == 1
    if gone:
        words = ["animate", "--audio", "nothing.wav", "--timestamp_url", authority.url]
        said = run_inside(main, words, tmp_path)
        assert said.returncode == 2
        assert said.stderr.startswith(f"error: {authority.url} gives no time stamp (")
        assert said.stderr.strip().endswith("name another --timestamp_url, or leave it out")
        assert not list(tmp_path.glob("*.mp4"))
    else:
        assert str(error.value).startswith(f"{authority.url} gives no time stamp (")


def test_an_address_is_asked_for() -> None:
    with pytest.raises(OptionError) as error:
        Config().replace(timestamp_url="ftp://time.example")
    assert str(error.value) == (
        "--timestamp_url 'ftp://time.example' is no address; it begins with http:// or https://"
    )


def test_another_authority_makes_a_result_anew() -> None:
    given = {
        signing_credentials(None, None, url).fingerprint for url in (None, "http://a", "http://b")
    }
    assert len(given) == 3
