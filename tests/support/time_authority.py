"""A time stamp authority (RFC 3161) on this machine, for as long as a test needs one."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

STAMPED = datetime(2026, 11, 3, 12, 30, tzinfo=timezone.utc)
"""The time that it tells."""


@dataclass
class TimeAuthority:
    """Answers requests, or refuses them.

    Parameters
    ----------
    url : str
    root : bytes
        Certificate (PEM) of who vouches for it.
    refuses : bool
        Whether it gives no stamp.
    asked : int
        How many requests came.
    """

    url: str
    root: bytes
    refuses: bool = False
    asked: int = field(default=0)


@contextmanager
def time_authority() -> Iterator[TimeAuthority]:
    key, chain = _certified()
    authority = TimeAuthority("", chain[-1].public_bytes(serialization.Encoding.PEM))

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            authority.asked += 1
            asked = tsp.TimeStampReq.load(
                self.rfile.read(int(self.headers["Content-Length"])), strict=True
            )
            if authority.refuses:
                self.send_error(503)
                return
            reply = _reply(asked, key, chain)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    authority.url = f"http://127.0.0.1:{server.server_port}/tsa"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _certified() -> tuple[ec.EllipticCurvePrivateKey, list[x509.Certificate]]:
    """Make the authority's key, its certificate, and that of who issued it."""
    key, root_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))

    def name(common: str) -> x509.Name:
        pairs = (
            (NameOID.COUNTRY_NAME, "EU"),
            (NameOID.ORGANIZATION_NAME, "Tests"),
            (NameOID.COMMON_NAME, common),
        )
        return x509.Name([x509.NameAttribute(kind, value) for kind, value in pairs])

    def certificate(common: str, public: ec.EllipticCurvePublicKey, *, root: bool):
        usage = x509.KeyUsage(not root, False, False, False, False, root, False, False, False)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name(common))
            .issuer_name(name("Root of time"))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(STAMPED - timedelta(days=1000))
            .not_valid_after(STAMPED + timedelta(days=10000))
            .add_extension(x509.BasicConstraints(root, None), True)
            .add_extension(usage, True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), False
            )
        )
        if not root:
            stamping = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(stamping, True)
        return builder.sign(root_key, hashes.SHA256())

    own = certificate("Time of tests", key.public_key(), root=False)
    return key, [own, certificate("Root of time", root_key.public_key(), root=True)]


def _reply(
    asked: tsp.TimeStampReq, key: ec.EllipticCurvePrivateKey, chain: list[x509.Certificate]
) -> bytes:
    told = tsp.TSTInfo(
        {
            "version": "v1",
            "policy": "1.2.3.4",
            "message_imprint": asked["message_imprint"],
            "serial_number": 7,
            "gen_time": core.GeneralizedTime(STAMPED),
        }
    )
    if asked["nonce"].native is not None:
        told["nonce"] = asked["nonce"].native
    content = told.dump()
    ders = [one.public_bytes(serialization.Encoding.DER) for one in chain]
    certificates = [asn1_x509.Certificate.load(der) for der in ders]
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    signing = tsp.SigningCertificateV2(
        {"certs": [tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(ders[0]).digest()})]}
    )
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["tst_info"]}),
            cms.CMSAttribute(
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]}
            ),
            cms.CMSAttribute({"type": "signing_time", "values": [core.UTCTime(STAMPED)]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [signing]}),
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber(
                    {
                        "issuer": certificates[0].issuer,
                        "serial_number": certificates[0].serial_number,
                    }
                ),
            ),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": key.sign(attributes.untag().dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [sha256],
            "encap_content_info": {
                "content_type": "tst_info",
                "content": core.ParsableOctetString(content),
            },
            "certificates": certificates,
            "signer_infos": [signer],
        }
    )
    token = cms.ContentInfo({"content_type": "signed_data", "content": signed})
    return tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
