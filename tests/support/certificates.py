"""Contexts of TLS for tests: a certificate by an authority that is made once a session, and stored nowhere."""

from __future__ import annotations

import functools
import ssl
from typing import NamedTuple

import trustme

NAME = "server.example"


class Contexts(NamedTuple):
    """Of both ends, which speak one version."""

    client: ssl.SSLContext
    server: ssl.SSLContext
    version: str


@functools.cache
def authority() -> trustme.CA:
    return trustme.CA()


def contexts_for(version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Contexts:
    """Fresh ones: a context remembers that its records were asked for."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate().configure_cert(server)
    client = ssl.create_default_context()
    authority().configure_trust(client)
    client.minimum_version = client.maximum_version = version
    return Contexts(client, server, version.name.replace("_", "."))


@functools.cache
def certificate() -> trustme.LeafCert:
    return authority().issue_cert(NAME)
