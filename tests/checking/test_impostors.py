"""The exercise of lesson 18 against servers that nobody here has written: `openssl s_server`. Its solution gets to the right one, and to none of the impostors; a function without checks is read by all of them."""

from __future__ import annotations

import datetime
import queue
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
import trustme

from helpers import exercises
from tests.checking.answers.lesson18.wrong_open_tls import RIGHT_CONTEXT, with_context

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which plays the servers, is not installed")  # fmt: skip

NAME = "bank.example"
LINE = b"the password is 4711\n"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
WITHIN = 20.0
"""Seconds in which a process of openssl's says what it has to say."""

Files = tuple[Path, Path]
"""A certificate with those that it needs beside it, and its key."""
Make = Callable[[trustme.CA, Path], Files]

OpenTls = Callable[[tuple[str, int], str, str], ssl.SSLSocket]


def issued(
    name: str = NAME,
    by: trustme.CA | None = None,
    begins: datetime.datetime = NOW - DAY,
    ends: datetime.datetime = NOW + DAY,
) -> Make:
    """A certificate for `name`, by the CA that is to be trusted, unless it is by another one."""

    def make(ca: trustme.CA, folder: Path) -> Files:
        leaf = (by or ca).issue_cert(name, not_before=begins, not_after=ends)
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        certificate.write_bytes(b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        return certificate, key

    return make


def made_by_openssl(_: trustme.CA, folder: Path) -> Files:
    """A certificate for the right name that openssl has signed with its own key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
            *("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
        timeout=WITHIN,
    )  # fmt: skip
    return certificate, key


IMPOSTORS: dict[str, tuple[Make, str]] = {
    "another CA": (issued(by=trustme.CA()), "unable to get local issuer certificate"),
    "another name": (issued("shop.example"), "Hostname mismatch"),
    "expired": (issued(begins=NOW - 9 * DAY, ends=NOW - DAY), "certificate has expired"),
    "not yet valid": (issued(begins=NOW + DAY, ends=NOW + 9 * DAY), "certificate is not yet valid"),
    "signed by itself": (made_by_openssl, "self-signed certificate"),
}


@contextmanager
def s_server(files: Files, *how: str) -> Iterator[tuple[tuple[str, int], Callable[[str], bool]]]:
    """A server of openssl's: its address, and whether it ever puts out a line with these words. It greets whoever is there."""
    certificate, key = map(str, files)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-cert_chain", certificate, "-key", key, *how]  # fmt: skip
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
            )
        )
        lines: queue.Queue[str] = queue.Queue()
        assert process.stdout is not None and process.stdin is not None
        reader = threading.Thread(target=take_down, args=(process.stdout, lines))
        reader.start()
        stack.callback(reader.join)
        stack.callback(process.kill)
        port = int(re.findall(r":(\d+)$", said(lines, "ACCEPT "))[0])
        process.stdin.write("welcome\n")
        yield ("127.0.0.1", port), lambda words: bool(said(lines, words))


def take_down(stream: IO[str], lines: queue.Queue[str]) -> None:
    """Put each line of `stream` into `lines`, to its end."""
    for line in stream:
        lines.put(line)


def said(lines: queue.Queue[str], words: str) -> str:
    """The next line with these words; "" if none comes."""
    try:
        while words not in (line := lines.get(timeout=WITHIN)):
            pass
    except queue.Empty:
        return ""
    return line.strip()


def defined(source: str) -> OpenTls:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["open_tls"]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def ca() -> trustme.CA:
    return trustme.CA()


def pem(ca: trustme.CA) -> str:
    return ca.cert_pem.bytes().decode()


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
def test_the_right_server_is_talked_to(version: str, ca: trustme.CA, tmp_path: Path) -> None:
    open_tls = defined(exercises.find("open_tls").solution)
    with s_server(issued()(ca, tmp_path), version) as (address, heard), open_tls(address, NAME, pem(ca)) as tls:
        assert tls.gettimeout() is None
        tls.settimeout(WITHIN)
        assert tls.recv(100) == b"welcome\n"
        tls.sendall(LINE)
        assert heard("4711")


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_no_impostor_hears_a_word(impostor: str, ca: trustme.CA, tmp_path: Path) -> None:
    make, why = IMPOSTORS[impostor]
    open_tls = defined(exercises.find("open_tls").solution)
    with s_server(make(ca, tmp_path)) as (address, heard):
        with pytest.raises(ssl.SSLCertVerificationError, match=why):
            open_tls(address, NAME, pem(ca))
        assert heard("alert")


@pytest.mark.parametrize("impostor", IMPOSTORS)
def test_without_checks_each_of_them_reads_all(impostor: str, ca: trustme.CA, tmp_path: Path) -> None:
    make, _ = IMPOSTORS[impostor]
    careless = defined(with_context(f"{RIGHT_CONTEXT}\ncontext.check_hostname = False\ncontext.verify_mode = ssl.CERT_NONE"))  # fmt: skip
    with s_server(make(ca, tmp_path)) as (address, heard), careless(address, NAME, pem(ca)) as tls:
        tls.sendall(LINE)
        assert heard("4711")
