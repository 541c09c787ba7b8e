"""What `audio2video verify` finds in files that were signed, altered, or never marked."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import c2pa
import numpy as np
import pytest
from conftest import ROOT, CommandLine
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st

from audio2video.cli import verdicts
from audio2video.config import MarkingConfig
from audio2video.errors import Audio2VideoError, BadFileError, MissingFileError
from audio2video.media.audio import write_wav
from audio2video.media.video import VideoReader, VideoWriter
from audio2video.provenance import verification
from audio2video.provenance.container_tags import container_tags
from audio2video.provenance.credentials import Credentials, signing_credentials
from audio2video.provenance.manifest import Synthesis
from audio2video.provenance.signing import sign_video
from audio2video.provenance.verification import Verdict, verify

FLIPS = 120

KEYS = st.sampled_from(
    (
        *("active_manifest", "manifests", "assertions", "label", "data", "actions", "ingredients"),
        *("c2pa.actions", "digitalSourceType", "claim_generator_info", "name", "signature_info"),
        *("validation_results", "activeManifest", "failure", "code", "m", verification.ASSERTION),
    )
)


def marking(label: str, consent: str | None = None) -> MarkingConfig:
    """A label, and no watermarks."""
    return MarkingConfig(label=label, consent=consent, watermark=False, watermark_audio=False)


def make_video(path: Path, *, tags: bool = True, level: int = 90) -> Path:
    """Thirty frames of a moving square, with sound."""
    sound = path.with_suffix(".wav")
    write_wav(sound, np.sin(np.arange(19200) / 7).astype(np.float32) * 0.3, 16000)
    metadata = container_tags("words", "painted", "grid_s1") if tags else {}
    with VideoWriter(path, 96, 64, Fraction(25), audio=sound, metadata=metadata) as writer:
        for k in range(30):
            picture = np.full((64, 96, 3), level, np.uint8)
            picture[20:40, 2 * k : 2 * k + 20] = 220
            writer.write(picture)
    return path


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("target") / "painted.mp4", tags=False, level=40)


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory, target: Path) -> Path:
    """A video marked as a result is."""
    path = make_video(tmp_path_factory.mktemp("signed") / "words-painted.mp4")
    how = marking("corner", "Ada agreed")
    synthesis = Synthesis(target, path.with_suffix(".wav"), how, "grid_s1")
    sign_video(path, path.name, synthesis, signing_credentials(None, None))
    return path


def command(*args: str | Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "audio2video", "verify", *map(str, args)]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


def copy_packets(
    source: Path, product: Path, *, keep_tags: bool, seconds: tuple[float, float] = (0.0, 1e9)
) -> Path:
    """Put streams into another file without encoding them again."""
    with av.open(str(source)) as inside, av.open(str(product), "w") as outside:
        if keep_tags:
            outside.metadata.update(inside.metadata)
        streams = {s.index: outside.add_stream_from_template(s) for s in inside.streams}
        for packet in inside.demux():
            if (
                packet.dts is None
                or not seconds[0] <= float(packet.pts * packet.time_base) < seconds[1]
            ):
                continue
            packet.stream = streams[packet.stream_index]
            outside.mux(packet)
    return product


def encode_again(source: Path, product: Path, *, keep_tags: bool) -> Path:
    """Decode all frames and encode them anew."""
    with av.open(str(source)) as container:
        tags = dict(container.metadata) if keep_tags else {}
    tags = {
        name: text for name, text in tags.items() if name in ("title", "comment", "description")
    }
    with (
        VideoReader(source) as reader,
        VideoWriter(product, 96, 64, Fraction(25), metadata=tags) as writer,
    ):
        for frame in reader.read():
            writer.write(frame)
    return product


def test_marked_and_intact(signed: Path, target: Path) -> None:
    found = verify(signed)
    assert (found.state, found.reasons, found.synthetic) == ("intact", [], True)
    assert set(found.tags) == {"title", "comment", "description"} - {"title"}
    manifest = found.manifest
    assert manifest is not None
    assert manifest["actions"] == ["c2pa.opened", "c2pa.edited", "c2pa.placed"]
    assert manifest["source_types"] == ["compositeWithTrainedAlgorithmicMedia"]
    assert not manifest["trusted"]
    assert [(one["relationship"], one["title"]) for one in manifest["ingredients"]] == [
        ("parentOf", "painted.mp4"),
        ("componentOf", "words-painted.wav"),
    ]
    said = manifest["synthesis"]
    assert said["consent"] == "Ada agreed"
    assert said["visible_label"] == "corner"
    assert said["pass"] == "grid_s1"
    assert len(said["target"]["sha256"]) == len(said["speech"]["sha256"]) == 64


def test_a_manifest_changes_no_picture_and_no_sound(signed: Path, tmp_path: Path) -> None:
    plain = make_video(tmp_path / "plain.mp4")

    def essence(path: Path) -> list[tuple[int, int, bytes]]:
        with av.open(str(path)) as container:
            return [
                (p.stream_index, p.pts, bytes(p)) for p in container.demux() if p.dts is not None
            ]

    assert essence(signed) == essence(plain)


def test_a_reader_that_has_seen_enough_changes_no_exit_code(signed: Path) -> None:
    words = [sys.executable, "-m", "audio2video", "verify", str(signed)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert b"marked and intact" in process.stdout.readline()
        process.stdout.close()
        assert process.wait(60) == 0


def test_without_a_statement_the_manifest_says_so(target: Path, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")
    synthesis = Synthesis(target, None, marking("none"))
    sign_video(path, path.name, synthesis, signing_credentials(None, None))
    manifest = verify(path).manifest
    assert manifest is not None
    assert manifest["synthesis"]["consent"] == "no statement was given"
    assert manifest["synthesis"]["visible_label"] == "none"
    assert manifest["actions"] == ["c2pa.opened", "c2pa.edited"]


def test_the_command(signed: Path, target: Path, tmp_path: Path) -> None:
    done = command(signed)
    assert done.returncode == 0, done.stderr
    assert "marked and intact" in done.stdout
    assert "consent: Ada agreed" in done.stdout
    done = command("--json", signed)
    assert done.returncode == 0
    assert json.loads(done.stdout)["state"] == "intact"
    done = command(target)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{target}: not marked\n  watermark: ")
    altered = copy_packets(signed, tmp_path / "again.mp4", keep_tags=True)
    done = command(altered)
    assert done.returncode == 3
    assert "marked but altered\n  its manifest is gone" in done.stdout
    done = command(tmp_path / "none.mp4")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"error: {tmp_path / 'none.mp4'}: file not found\n"
    done = command(signed, "--trust", target)
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.splitlines()) == 1


SURVIVAL = {
    "re-muxed, tags kept": ("altered", ["its manifest is gone"]),
    "re-muxed, tags dropped": ("unmarked", []),
    "re-muxed to Matroska, tags kept": ("altered", ["its manifest is gone"]),
    "trimmed, tags kept": ("altered", ["its manifest is gone"]),
    "trimmed, tags dropped": ("unmarked", []),
    "encoded again, tags kept": ("altered", ["its manifest is gone"]),
    "encoded again, tags dropped": ("unmarked", []),
}


@pytest.mark.parametrize("how", SURVIVAL)
def test_what_survives(signed: Path, tmp_path: Path, how: str) -> None:
    keep = "kept" in how
    product = tmp_path / ("a.mkv" if "Matroska" in how else "a.mp4")
    if "encoded" in how:
        encode_again(signed, product, keep_tags=keep)
    else:
        span = (0.2, 0.8) if "trimmed" in how else (0.0, 1e9)
        copy_packets(signed, product, keep_tags=keep, seconds=span)
    found = verify(product)
    assert (found.state, found.reasons) == SURVIVAL[how]
    assert found.synthetic == keep


def test_the_documented_table_is_what_survives() -> None:
    lines = (
        (ROOT / "docs" / "guide" / "responsible-use.md").read_text(encoding="utf-8").splitlines()
    )
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line[:1] == "|"]
    told = {row[0]: row[-1] for row in rows if len(row) == 5}
    for how, (state, _) in SURVIVAL.items():
        assert told[how] == state, how


def boxes(content: bytes) -> list[tuple[str, int, int]]:
    """Kind, begin and end of the boxes of an MP4 file."""
    found, begin = [], 0
    while begin < len(content):
        size, kind = struct.unpack(">I4s", content[begin : begin + 8])
        found.append((kind.decode(), begin, begin + size))
        begin += size
    return found


def test_a_flipped_bit_is_noticed(signed: Path, tmp_path: Path) -> None:
    content = signed.read_bytes()
    rng, states = random.Random(6), Counter[tuple[str, str]]()
    for kind, begin, end in boxes(content):
        for _ in range(FLIPS):
            flipped = bytearray(content)
            flipped[rng.randrange(begin, end)] ^= 1 << rng.randrange(8)
            path = tmp_path / "flipped.mp4"
            path.write_bytes(flipped)
            try:
                states[kind, verify(path).state] += 1
            except BadFileError:
                states[kind, "refused"] += 1
    # Pictures, sound and what describes them.
    assert states["mdat", "altered"] == FLIPS
    assert states["moov", "altered"] == FLIPS
    # In the list of brands, and in the manifest's own padding, there is nothing to falsify.
    assert states["uuid", "altered"] > FLIPS / 2


@pytest.mark.parametrize("share", [k / 20 for k in range(1, 20)])
def test_a_truncated_file_is_not_intact(signed: Path, tmp_path: Path, share: float) -> None:
    content = signed.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(content[: round(share * len(content))])
    assert verify(path).state == "altered"


def test_a_file_with_a_wrong_name_is_read_by_its_content(signed: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "a.jpg", "a", "a.txt", "ü b.mkv"):
        path = Path(shutil.copyfile(signed, tmp_path / name))
        assert verify(path).state == "intact", name


@pytest.mark.parametrize("content", [b"", b"c2pa", b"# a text\n" * 300, bytes(range(256)) * 40])
def test_files_that_are_no_media_are_not_marked(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    found = verify(path)
    assert found.state == ("altered" if content == b"c2pa" else "unmarked")


def test_files_that_can_not_be_read(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="file not found"):
        verify(tmp_path)
    with pytest.raises(MissingFileError, match="file not found"):
        verify(tmp_path / "none.mp4")


def by_another_tool(source: Path, product: Path, source_type: str) -> Path:
    """Sign a file as a camera would, or a tool of somebody else's."""
    own = signing_credentials(None, None)
    parts = own.algorithm.encode(), own.chain, own.key, None
    manifest: dict[str, Any] = {
        "claim_generator_info": [{"name": "a camera", "version": "7"}],
        "title": product.name,
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {
                    "actions": [
                        {
                            "action": "c2pa.created",
                            "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/"
                            + source_type,
                        }
                    ]
                },
            }
        ],
    }
    kind = {".mp4": "video/mp4", ".wav": "audio/wav"}[product.suffix]
    with (
        c2pa.Signer.from_info(c2pa.C2paSignerInfo(*parts)) as signer,
        c2pa.Builder(manifest, c2pa.Context()) as builder,
        source.open("rb") as before,
        product.open("w+b") as after,
    ):
        builder.sign(signer, kind, before, after)
    return product


def read(path: Path) -> tuple[Verdict, dict[str, Any]]:
    found = verify(path)
    assert found.manifest is not None
    return found, found.manifest


@pytest.mark.parametrize(
    ("source_type", "synthetic"), [("digitalCapture", False), ("trainedAlgorithmicMedia", True)]
)
def test_manifests_of_other_tools(
    target: Path, tmp_path: Path, source_type: str, synthetic: bool
) -> None:
    path = by_another_tool(target, tmp_path / "camera.mp4", source_type)
    found, manifest = read(path)
    assert (found.state, found.synthetic, found.tags) == ("intact", synthetic, {})
    assert manifest["made_by"] == "a camera 7"
    assert manifest["synthesis"] is None
    assert command(path).returncode == 0
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    found, _ = read(path)
    assert found.state == "altered"
    assert "hash" in found.reasons[0].lower()


def test_manifests_of_target_and_speech_are_kept(target: Path, tmp_path: Path) -> None:
    camera = by_another_tool(target, tmp_path / "camera.mp4", "digitalCapture")
    voice = by_another_tool(target.with_suffix(".wav"), tmp_path / "voice.wav", "digitalCapture")
    path = make_video(tmp_path / "a.mp4")
    made = Synthesis(camera, voice, marking("corner"), "grid_s1")
    sign_video(path, path.name, made, signing_credentials(None, None))
    found, manifest = read(path)
    assert found.state == "intact"
    assert [one["intact"] for one in manifest["ingredients"]] == [True, True]
    store = json.loads(c2pa.Reader(str(path)).json())["manifests"]
    kept = {one["manifest"] for one in manifest["ingredients"]}
    assert {store[label]["claim_generator_info"][0]["name"] for label in kept} == {"a camera"}
    # A target that was changed after it was signed is told.
    content = bytearray(camera.read_bytes())
    content[-100] ^= 1
    camera.write_bytes(content)
    path = make_video(tmp_path / "b.mp4")
    sign_video(path, path.name, made, signing_credentials(None, None))
    found, manifest = read(path)
    assert found.state == "intact"
    assert [one["intact"] for one in manifest["ingredients"]] == [False, True]
    assert "its manifest is kept, but did not fit it any more" in command(path).stdout


@pytest.mark.slow
def test_a_run_over_the_video_of_a_camera(
    small_target: Path, small_speech: Path, run_here: CommandLine, tmp_path: Path
) -> None:
    camera = by_another_tool(small_target, tmp_path / "camera.mp4", "digitalCapture")
    before = camera.read_bytes()
    run_here(
        "--steps", "1-4", "--audio", small_speech, "--video", camera, "--consent", "Ada agreed"
    )
    name = f"{small_speech.stem}-camera"
    result = run_here.workspace / "output" / name / f"{name}.mp4"
    found, manifest = read(result)
    assert (found.state, found.synthetic) == ("intact", True)
    assert manifest["synthesis"]["consent"] == "Ada agreed"
    target, speech = manifest["ingredients"]
    assert (target["intact"], target["title"], speech["manifest"]) == (True, camera.name, None)
    store = json.loads(c2pa.Reader(str(result)).json())["manifests"]
    assert store[target["manifest"]]["claim_generator_info"][0]["name"] == "a camera"
    assert command(result).returncode == 0
    assert camera.read_bytes() == before


@pytest.mark.parametrize("name", ["a.mkv", "a.mp3", "a.wav", "noise"])
def test_any_file_can_be_an_ingredient(target: Path, tmp_path: Path, name: str) -> None:
    # Another kind of file than its name says, or of a kind that holds no manifest.
    strange = Path(shutil.copyfile(target, tmp_path / name))
    path = make_video(tmp_path / "made.mp4")
    sign_video(
        path, path.name, Synthesis(strange, None, marking("none")), signing_credentials(None, None)
    )
    _, manifest = read(path)
    assert manifest["ingredients"][0]["title"] == name


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(KEYS, JSON, max_size=5))
def test_whatever_a_manifest_holds_is_told(store: dict[str, Any]) -> None:
    summary = verification._summary(store)
    assert summary is None or set(summary) >= {"actions", "ingredients", "synthesis"}
    if summary is not None:
        verdict = Verdict(Path("a"), "intact", [], False, {}, summary)
        assert list(verdicts.told(verdict))
        json.dumps(verdict.as_dict())
    assert all(isinstance(one, str) for one in verification._failures(store))


def test_a_signer_that_is_trusted(signed: Path, tmp_path: Path) -> None:
    authority = x509.load_pem_x509_certificates(signing_credentials(None, None).chain)[1]
    anchors = tmp_path / "authority.pem"
    anchors.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    done = command(signed, "--trust", anchors)
    assert done.returncode == 0, done.stderr
    assert "signed by: audio2video user (trusted)" in done.stdout
    assert "nobody vouches" in command(signed).stdout


def test_a_certificate_of_no_use_leaves_the_video_as_it_was(target: Path, tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mp4")
    before = path.read_bytes()
    own = signing_credentials(None, None)
    alone = x509.load_pem_x509_certificates(own.chain)[1]  # its key is not this one
    wrong = Credentials(own.algorithm, alone.public_bytes(serialization.Encoding.PEM), own.key)
    with pytest.raises(Audio2VideoError, match="can't be signed") as error:
        sign_video(path, path.name, Synthesis(target, None, marking("none")), wrong)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "tmp" in p.name] == []
