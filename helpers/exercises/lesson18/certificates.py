"""Certificates for the judge's servers: made when a scenario needs them, by a CA that exists for it alone. Keys are only in this process's memory.

Comes in: names. Goes out: contexts of `ssl` for servers, and PEM text of a CA's certificate. (`trustme` hands a key over in a file that only its user can read, and deletes it at once: Python's `ssl` takes keys from files alone.)
Who may import it: the exercises of lesson 18. trustme is loaded when the first certificate is made: whoever only asks for a hint need not wait for it.
"""

from __future__ import annotations

import datetime
import ssl
from typing import Any

DAY = datetime.timedelta(days=1)


def new_ca() -> Any:
    """A `trustme.CA`, whom nobody trusts yet."""
    import trustme

    return trustme.CA()


def pem(ca: Any) -> str:
    """The CA's certificate, without its key, as text."""
    return str(ca.cert_pem.bytes().decode())


def of_server(ca: Any, name: str, begins: int = -1, ends: int = 1) -> ssl.SSLContext:
    """A server with a certificate from `ca` for `name`, valid from `begins` days from now to `ends` days from now."""
    now = datetime.datetime.now(datetime.UTC)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert(name, not_before=now + begins * DAY, not_after=now + ends * DAY).configure_cert(context)
    return context


def of_itself(name: str) -> ssl.SSLContext:
    """A server with a certificate for `name` that is signed by its own key."""
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.LeafCert(private, certificate.public_bytes(serialization.Encoding.PEM), []).configure_cert(context)
    return context


def of_two(ca: Any, name: str, other: str) -> ssl.SSLContext:
    """A machine with two names: it shows the certificate for `name` to whoever asks for that, and the one for `other` to everybody else."""
    right, context = of_server(ca, name), of_server(ca, other)

    def choose(server: ssl.SSLObject, asked: str | None, _: ssl.SSLContext) -> None:
        if asked == name:
            server.context = right

    context.sni_callback = choose
    return context
