"""Who signs: a key and certificates made on first use, or the user's own."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import Audio2VideoError, BadFileError, OptionError
from ..storage.files import content_key, replacing
from ..storage.limits import read_limited
from ..storage.locks import locked

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

FILE = "signing.pem"
"""Key and certificates made on first use, in the user's configuration folder."""

VALID_FROM = datetime(2020, 1, 1, tzinfo=timezone.utc)
"""A clock set back must not make the certificate one of the future."""

VALID_YEARS = 20

CLAIM_SIGNING = "1.3.6.1.4.1.62558.2.1"
"""Extended key usage of certificates that sign C2PA claims."""

MAX_PEM_BYTES = 1 << 20
"""No file of a key or of certificates is larger."""


@dataclass(frozen=True)
class Credentials:
    """Certificate chain and key that sign a manifest.

    Parameters
    ----------
    algorithm : str
        C2PA's name of it: 'es256', 'ps256', 'ed25519'...
    chain : bytes
        Certificates in PEM, the signer's first.
    key : bytes
        Its private key, PKCS #8 in PEM.
    timestamp_url : str or None
        Address of an authority (RFC 3161) that says when it was signed; none is asked by default.
    """

    algorithm: str
    chain: bytes
    key: bytes
    timestamp_url: str | None = None

    @property
    def fingerprint(self) -> str:
        """Key that is equal only for equal certificates and the same authority."""
        told = {"chain": self.chain.decode()}
        if self.timestamp_url is not None:
            told["timestamp_url"] = self.timestamp_url
        return content_key(told)


def config_folder() -> Path:
    """Folder of the user's that keeps the signing key between runs."""
    from platformdirs import user_config_path

    return user_config_path("audio2video", appauthor=False)


def signing_credentials(
    cert: Path | None, key: Path | None, timestamp_url: str | None = None
) -> Credentials:
    """Give the named credentials, or those made on first use.

    Parameters
    ----------
    cert, key : Path or None
        PEM files of the user's: certificates, the signer's first, and its private key.
    timestamp_url : str, optional
        Address of a time stamp authority.

    Raises
    ------
    OptionError
        Only one of them is named.
    MissingFileError, BadFileError
        A file is missing, or of no use.
    Audio2VideoError
        What was made can't be kept.
    """
    if (cert is None) != (key is None):
        there = "--sign_cert" if key is None else "--sign_key"
        other = "--sign_key" if key is None else "--sign_cert"
        raise OptionError(f"{there} needs {other} beside it")
    if cert is not None and key is not None:
        pair = read_limited(cert, MAX_PEM_BYTES), read_limited(key, MAX_PEM_BYTES)
        return replace(_load(*pair, cert, key), timestamp_url=timestamp_url)
    path = config_folder() / FILE
    if not path.is_file():
        try:
            with locked(path.with_name(f".{FILE}.lock")):
                if not path.is_file():
                    write_privately(path, _new_credentials())
        except Audio2VideoError as error:
            error.hint = (
                "a signing key is to be kept there; or name one with --sign_cert, --sign_key"
            )
            raise
    both = read_limited(path, MAX_PEM_BYTES)
    return replace(_load(both, both, path, path), timestamp_url=timestamp_url)


def _load(chain: bytes, key: bytes, chain_path: Path, key_path: Path) -> Credentials:
    """Check that certificates and key can be used, belong together, and are valid today."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization

    hint = "remove it: a new one is made" if chain_path == key_path else None
    try:
        certificates = x509.load_pem_x509_certificates(chain)
    except ValueError as error:
        raise BadFileError("holds no certificate in PEM", path=chain_path, hint=hint) from error
    try:
        private = serialization.load_pem_private_key(_only_key(key), None)
    except TypeError as error:
        raise BadFileError(
            "the key is encrypted", path=key_path, hint="give one without a passphrase"
        ) from error
    except Exception as error:  # UnsupportedAlgorithm is no ValueError
        raise BadFileError("holds no private key in PEM", path=key_path, hint=hint) from error
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    if private.public_key().public_bytes(*form) != certificates[0].public_key().public_bytes(*form):
        raise BadFileError(
            "its first certificate is not that of the key", path=chain_path, hint=hint
        )
    now = datetime.now(timezone.utc)
    if not certificates[0].not_valid_before_utc <= now <= certificates[0].not_valid_after_utc:
        until = certificates[0].not_valid_after_utc
        raise BadFileError(
            f"its certificate is not valid now (it is until {until:%Y-%m-%d})",
            path=chain_path,
            hint=hint or "is the clock right? ask its issuer for a new one",
        )
    plain = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    algorithm = _algorithm(private)
    if algorithm is None:
        raise BadFileError(
            "signs in a way that C2PA does not know",
            path=key_path,
            hint="use Ed25519, ECDSA over P-256, P-384 or P-521, or RSA of 2048 bits or more",
        )
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)
    return Credentials(algorithm, pem, plain)


def _only_key(pem: bytes) -> bytes:
    """Return the private key alone from a file of key and certificates."""
    begin = pem.find(b"-----BEGIN ")
    while begin >= 0 and b"PRIVATE KEY" not in pem[begin : pem.find(b"\n", begin)]:
        begin = pem.find(b"-----BEGIN ", begin + 1)
    return pem[begin:] if begin >= 0 else pem


def _algorithm(key: Any) -> str | None:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256" if key.key_size >= 2048 else None
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {256: "es256", 384: "es384", 521: "es512"}.get(key.curve.key_size)
    return None


def _new_credentials() -> bytes:
    """Make a key, its certificate, and that of the authority that issued it and no other.

    The authority's key is forgotten at once: C2PA refuses certificates that sign themselves.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

    def named(common: str) -> Name:
        # Neither user nor computer: a manifest must not tell more than it is meant to.
        pairs = ((NameOID.ORGANIZATION_NAME, "audio2video"), (NameOID.COMMON_NAME, common))
        return x509.Name([x509.NameAttribute(kind, value) for kind, value in pairs])

    def usage(*, signs: bool) -> x509.KeyUsage:
        return x509.KeyUsage(signs, False, False, False, False, not signs, False, False, False)

    issuer_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = named("audio2video, made on first use")
    valid_until = max(datetime.now(timezone.utc), VALID_FROM) + timedelta(days=365 * VALID_YEARS)

    def certificate(subject: Name, public: Any, *, authority: bool) -> Certificate:
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(VALID_FROM)
            .not_valid_after(valid_until)
            .add_extension(x509.BasicConstraints(authority, 0 if authority else None), True)
            .add_extension(usage(signs=not authority), True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
        )
        if not authority:
            mail, claims = ExtendedKeyUsageOID.EMAIL_PROTECTION, ObjectIdentifier(CLAIM_SIGNING)
            issued_by = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
            builder = builder.add_extension(x509.ExtendedKeyUsage([claims, mail]), False)
            builder = builder.add_extension(issued_by, False)
        return builder.sign(issuer_key, hashes.SHA256())

    signer = certificate(named("audio2video user"), key.public_key(), authority=False)
    authority = certificate(issuer, issuer_key.public_key(), authority=True)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem = serialization.Encoding.PEM
    return private + signer.public_bytes(pem) + authority.public_bytes(pem)


def write_privately(path: Path, content: bytes) -> None:
    """Write a file that no other user may read, not even for a moment."""
    with replacing(path) as temporary:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
