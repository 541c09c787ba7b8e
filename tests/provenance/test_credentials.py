"""Keys and certificates: made once, kept private, and refused where they are of no use."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.x509.oid import NameOID

from audio2video.errors import BadFileError, MissingFileError, OptionError
from audio2video.provenance import credentials
from audio2video.provenance.credentials import FILE, config_folder, signing_credentials

PEM = serialization.Encoding.PEM


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder that nothing was ever written to."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return config_folder()


def write_pair(
    folder: Path, key: Any, *, days: tuple[int, int] = (-1, 30), password: bytes | None = None
) -> tuple[Path, Path]:
    """Write a certificate that signs itself, and its key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "somebody")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .sign(key, None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256())
    )
    cipher: Any = serialization.NoEncryption()
    if password is not None:
        cipher = serialization.BestAvailableEncryption(password)
    cert_path, key_path = folder / "cert.pem", folder / "key.pem"
    cert_path.write_bytes(certificate.public_bytes(PEM))
    key_path.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, cipher))
    return cert_path, key_path


def test_made_on_first_use_and_kept(folder: Path) -> None:
    first = signing_credentials(None, None)
    assert first.algorithm == "es256"
    path = folder / FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in folder.iterdir()] == [FILE]
    assert signing_credentials(None, None) == first
    certificates = x509.load_pem_x509_certificates(first.chain)
    assert len(certificates) == 2
    certificates[0].verify_directly_issued_by(certificates[1])
    for one in certificates:
        assert one.not_valid_before_utc.year == 2020  # a clock set back changes nothing
        assert one.not_valid_after_utc > datetime.now(timezone.utc) + timedelta(days=3650)
    assert b"PRIVATE" not in first.chain


def test_runs_at_once_agree(folder: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: signing_credentials(None, None).fingerprint, range(8)))
    assert len(set(found)) == 1


@pytest.mark.parametrize("content", [b"", b"junk", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_damaged_file_is_told_not_replaced(folder: Path, content: bytes) -> None:
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(content)
    with pytest.raises(BadFileError, match="remove it: a new one is made"):
        signing_credentials(None, None)
    assert (folder / FILE).read_bytes() == content


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "es256"),
        (ec.generate_private_key(ec.SECP384R1()), "es384"),
        (ec.generate_private_key(ec.SECP521R1()), "es512"),
        (ed25519.Ed25519PrivateKey.generate(), "ed25519"),
        (rsa.generate_private_key(65537, 2048), "ps256"),
    ],
)
def test_keys_of_the_users_own(tmp_path: Path, folder: Path, key: Any, algorithm: str) -> None:
    found = signing_credentials(*write_pair(tmp_path, key))
    assert found.algorithm == algorithm
    assert not folder.exists()


@pytest.mark.parametrize(
    "key", [dsa.generate_private_key(2048), rsa.generate_private_key(65537, 1024)]
)
def test_keys_that_c2pa_does_not_know(tmp_path: Path, key: Any) -> None:
    with pytest.raises(BadFileError, match="C2PA does not know; use Ed25519, ECDSA"):
        signing_credentials(*write_pair(tmp_path, key))


def test_one_without_the_other(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="--sign_cert needs --sign_key beside it"):
        signing_credentials(tmp_path / "a", None)
    with pytest.raises(OptionError, match="--sign_key needs --sign_cert beside it"):
        signing_credentials(None, tmp_path / "a")


def test_files_of_no_use(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    cert_path, key_path = write_pair(tmp_path, key)
    with pytest.raises(MissingFileError, match=r"none\.pem: file not found"):
        signing_credentials(tmp_path / "none.pem", key_path)
    with pytest.raises(BadFileError, match=r"key\.pem: holds no certificate in PEM"):
        signing_credentials(key_path, key_path)
    with pytest.raises(BadFileError, match=r"cert\.pem: holds no private key in PEM"):
        signing_credentials(cert_path, cert_path)
    other = tmp_path / "other"
    other.mkdir()
    _, stranger = write_pair(other, ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(BadFileError, match="its first certificate is not that of the key"):
        signing_credentials(cert_path, stranger)
    large = tmp_path / "large.pem"
    large.write_bytes(b"x" * (credentials.MAX_PEM_BYTES + 1))
    with pytest.raises(BadFileError, match="larger than"):
        signing_credentials(large, key_path)


@pytest.mark.parametrize("days", [(-30, -1), (1, 30)])
def test_certificates_that_are_not_valid_now(tmp_path: Path, days: tuple[int, int]) -> None:
    pair = write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), days=days)
    with pytest.raises(BadFileError, match=r"not valid now .* is the clock right"):
        signing_credentials(*pair)


def test_encrypted_keys(tmp_path: Path) -> None:
    pair = write_pair(tmp_path, ec.generate_private_key(ec.SECP256R1()), password=b"secret")
    with pytest.raises(BadFileError, match="the key is encrypted; give one without a passphrase"):
        signing_credentials(*pair)
