"""Wrong ways to open a TLS connection, as they are written in the wild."""

from __future__ import annotations

import sys

from tests.checking.answers import Wrong


def with_context(lines: str, wrap: str = "tls = context.wrap_socket(sock, server_hostname=name)") -> str:
    """An answer that is right but for how it makes its context, or wraps the socket."""
    made = "\n    ".join(lines.splitlines())
    return f"""
import socket, ssl

def open_tls(address, name, ca):
    {made}
    sock = socket.create_connection(address, timeout=2)
    try:
        {wrap}
    except BaseException:
        sock.close()
        raise
    tls.settimeout(None)
    return tls
"""


RIGHT_CONTEXT = "context = ssl.create_default_context(cadata=ca)"
BY_HAND = "context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)"

EACH_WAIT = [
    """
import select, socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    tls = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name, do_handshake_on_connect=False)
    tls.setblocking(False)
    try:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                if not select.select([tls], [], [], 2)[0]:
                    raise TimeoutError('no answer')
    except OSError:
        tls.close()
        raise
    tls.setblocking(True)
    return tls
""",
    """
import socket, ssl

class Connection:
    def __init__(self, sock, context, name):
        self.sock, self.incoming, self.outgoing = sock, ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)

    def run(self, step, *args):
        while True:
            try:
                return step(*args)
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outgoing.read())
                if data := self.sock.recv(65536):
                    self.incoming.write(data)
                else:
                    self.incoming.write_eof()

    def recv(self, size):
        return self.run(self.tls.read, size)

    def sendall(self, data):
        self.run(self.tls.write, data)
        self.sock.sendall(self.outgoing.read())

    def __getattr__(self, name):
        return getattr(self.sock, name)

def open_tls(address, name, ca):
    connection = Connection(socket.create_connection(address, 2), ssl.create_default_context(cadata=ca), name)
    try:
        connection.run(connection.tls.do_handshake)
    except BaseException:
        connection.close()
        raise
    connection.settimeout(None)
    return connection
""",
]
"""A bound for each wait, and none for the whole handshake."""

WRONG: list[Wrong] = [
    # Whom it trusts ------------------------------------------------------------------------------------------------------
    (with_context(BY_HAND), None, "does not know the CA"),
    (with_context("context = ssl.create_default_context()"), None, "does not know the CA"),
    (with_context("context = ssl.create_default_context(cafile=ca)"), None, "no file's name"),
    (with_context(BY_HAND + "\ncontext.load_verify_locations(ca)"), None, "no file's name"),
    (with_context("context = ssl.create_default_context(cadata=ca.encode())"), None, "DER"),
    (
        with_context("context = ssl.create_default_context(cadata=ca)\ncontext.load_default_certs()"),
        43,
        "this computer trusts",
    ),
    (
        with_context("context = ssl.create_default_context()\ncontext.load_verify_locations(cadata=ca)"),
        43,
        "this computer trusts",
    ),
    (
        with_context(
            "context = ssl._create_unverified_context()",
        ),
        44,
        "verifies nothing (CERT_NONE)",
    ),
    (
        with_context(RIGHT_CONTEXT + "\ncontext.check_hostname = False\ncontext.verify_mode = ssl.CERT_NONE"),
        44,
        "who read b'the password",
    ),
    (
        with_context(RIGHT_CONTEXT + "\ncontext.verify_mode = ssl.CERT_NONE"),
        44,
        "what tells the right server from any other",
    ),
    (
        with_context("context = ssl.SSLContext(ssl.PROTOCOL_TLS)\ncontext.load_verify_locations(cadata=ca)"),
        44,
        "CERT_NONE",
    ),
    (with_context("context = ssl.SSLContext()"), 44, "CERT_NONE"),
    # Trust on first use.
    (
        with_context(
            "pem = ssl.get_server_certificate(address)\ncontext = ssl.create_default_context(cadata=ca + pem)"
        ),
        43,
        "to be shown the certificate",
    ),
    (
        with_context(
            "context = ssl.create_default_context(cadata=ssl.get_server_certificate(address))\ncontext.load_verify_locations(cadata=ca)"
        ),
        43,
        "to be shown the certificate",
    ),
    # One context for all calls, which trusts whomever it has been told of.
    (
        """
import socket, ssl

context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)

def open_tls(address, name, ca):
    kept = open_tls.__dict__.setdefault('context', ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    kept.load_verify_locations(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    try:
        tls = kept.wrap_socket(sock, server_hostname=name)
    except OSError:
        sock.close()
        raise
    tls.settimeout(None)
    return tls
""",
        43,
        "a new context each time",
    ),
    # Of the certificate's dates nothing is looked at (OpenSSL's X509_V_FLAG_NO_CHECK_TIME).
    (with_context(RIGHT_CONTEXT + "\ncontext.verify_flags |= 0x200000"), 43, "expired yesterday"),
    # Who has to be there -------------------------------------------------------------------------------------------------
    (with_context(RIGHT_CONTEXT, "tls = context.wrap_socket(sock)"), None, "server_hostname=name"),
    (
        with_context(RIGHT_CONTEXT, "tls = context.wrap_socket(sock, server_hostname=address[0])"),
        None,
        "that is the name to verify",
    ),
    (
        with_context(RIGHT_CONTEXT, "tls = context.wrap_socket(sock, server_hostname='name')"),
        None,
        "that is the name to verify",
    ),
    (with_context(RIGHT_CONTEXT + "\ncontext.check_hostname = False"), 43, "does not compare names"),
    (
        with_context(RIGHT_CONTEXT + "\ncontext.check_hostname = False", "tls = context.wrap_socket(sock)"),
        43,
        "does not compare names",
    ),
    (
        with_context(
            BY_HAND
            + "\ncontext.load_verify_locations(cadata=ca)\ncontext.check_hostname = False\ncontext.verify_mode = ssl.CERT_OPTIONAL"
        ),
        43,
        "for another name",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection((name, address[1]), timeout=2)
    tls = context.wrap_socket(sock, server_hostname=name)
    tls.settimeout(None)
    return tls
""",
        None,
        "is where to connect to",
    ),
    # The name is compared by hand, and only where it stands among those of all the world.
    (
        with_context(
            RIGHT_CONTEXT + "\ncontext.check_hostname = False",
            "tls = context.wrap_socket(sock, server_hostname=name)\n        if not any(name.endswith(each.lstrip('*').partition('-')[2]) for _, each in tls.getpeercert()['subjectAltName']):\n            raise ssl.SSLError('wrong name')",
        ),
        43,
        "for another name",
    ),
    # What fails ----------------------------------------------------------------------------------------------------------
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    try:
        context = ssl.create_default_context(cadata=ca)
        sock = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name)
    except ssl.SSLError:
        context = ssl._create_unverified_context()
        sock = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name)
    sock.settimeout(None)
    return sock
""",
        44,
        "called again without a check",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    try:
        sock = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name)
    except ssl.SSLCertVerificationError:
        sock = socket.create_connection(address, 2)
    sock.settimeout(None)
    return sock
""",
        None,
        "in the clear",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    try:
        sock = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name)
        sock.settimeout(None)
        return sock
    except OSError as error:
        print('no connection:', error)
""",
        None,
        "It returned None where it met an impostor",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    try:
        sock = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name)
        sock.settimeout(None)
        return sock
    except OSError as error:
        return error
""",
        None,
        "Let the error through",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    try:
        sock = context.wrap_socket(socket.create_connection(address, 2), server_hostname=name)
    except ssl.SSLError as error:
        raise ValueError('the certificate is not right') from error
    sock.settimeout(None)
    return sock
""",
        None,
        "another OSError is asked for",
    ),
    (
        with_context(RIGHT_CONTEXT).replace(
            "    except BaseException:\n        sock.close()\n        raise\n",
            "    except TimeoutError as error:\n        raise ssl.SSLError('too slow') from error\n",
        ),
        None,
        "that asks for TimeoutError",
    ),
    # What is left --------------------------------------------------------------------------------------------------------
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    tls = context.wrap_socket(socket.socket(), server_hostname=name)
    tls.settimeout(2)
    tls.connect(address)
    tls.settimeout(None)
    return tls
""",
        None,
        "left a socket open",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    tls.do_handshake()
    tls.settimeout(None)
    return tls
""",
        None,
        "left a socket open",
    ),
    (with_context(RIGHT_CONTEXT).replace("    tls.settimeout(None)\n", ""), None, "a timeout of 2 s left on it"),
    (with_context(RIGHT_CONTEXT).replace("tls.settimeout(None)", "tls.setblocking(False)"), None, "does not block"),
    (with_context(RIGHT_CONTEXT).replace("tls.settimeout(None)", "sock.settimeout(None)"), None, "Bad file descriptor"),
    # How long it waits ---------------------------------------------------------------------------------------------------
    (with_context(RIGHT_CONTEXT).replace(", timeout=2", ""), None, "nothing bounds the waiting"),
    (
        with_context(
            RIGHT_CONTEXT, "sock.settimeout(None)\n        tls = context.wrap_socket(sock, server_hostname=name)"
        ),
        None,
        "nothing bounds the waiting",
    ),
    (
        with_context(RIGHT_CONTEXT).replace(
            "    try:\n",
            "    import select\n    sock.setblocking(True)\n    context.wrap_socket\n    try:\n",
        ),
        None,
        "nothing bounds the waiting",
    ),
    *((source, None, "each wait has a bound of its own") for source in EACH_WAIT),
    (with_context(RIGHT_CONTEXT).replace("timeout=2", "timeout=0.2"), None, "It has two seconds for the handshake"),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address)
    sock.setblocking(False)
    tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    try:
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                pass
    except OSError:
        tls.close()
        raise
    tls.setblocking(True)
    return tls
""",
        None,
        "works without end",
    ),
    # The handshake, and the socket ---------------------------------------------------------------------------------------
    (
        with_context(
            RIGHT_CONTEXT, "tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)"
        ),
        None,
        "before the handshake was done",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    return context.wrap_socket(socket.socket(), server_hostname=name)
""",
        None,
        "never connected",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    sock = socket.create_connection(address)
    return ssl.wrap_socket(sock, ca_certs=None)
""",
        44 if sys.version_info < (3, 12) else None,
        "verifies nothing" if sys.version_info < (3, 12) else "verified nothing, and is gone",
    ),
    (
        """
import socket

def open_tls(address, name, ca):
    return socket.create_connection(address)
""",
        None,
        "came in the clear",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, 2)
    copy = sock.dup()
    context.wrap_socket(sock, server_hostname=name)
    copy.settimeout(None)
    return copy
""",
        None,
        "the socket below it",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    with socket.create_connection(address, 2) as sock:
        with context.wrap_socket(sock, server_hostname=name) as tls:
            tls.settimeout(None)
            return tls
""",
        None,
        "is closed already",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, 2)
    try:
        tls = context.wrap_socket(sock, server_hostname=name)
    except OSError:
        sock.close()
        raise
    tls.settimeout(None)
    return tls.getpeercert()
""",
        None,
        "and no socket",
    ),
    (with_context(RIGHT_CONTEXT).replace("    return tls\n", ""), None, "It returned None"),
    (
        with_context(RIGHT_CONTEXT, "tls = context.wrap_socket(sock, server_side=True, server_hostname=name)"),
        None,
        "as a server does",
    ),
    (
        with_context("context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\ncontext.load_verify_locations(cadata=ca)"),
        None,
        "one for servers",
    ),
    (with_context(RIGHT_CONTEXT + "\ncontext.maximum_version = ssl.TLSVersion.TLSv1"), None, "TLS 1.2"),
    (with_context("context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cadata=ca)"), None, "one for servers"),
    (
        with_context("context = ssl.SSLContext(ssl.PROTOCOL_TLSv1)\ncontext.load_verify_locations(cadata=ca)"),
        None,
        "nobody speaks any more",
    ),
    # What is said of it ---------------------------------------------------------------------------------------------------
    (with_context("context = ssl.create_default_context(ca)"), None, "not whom it trusts: cadata=ca"),
    (
        with_context(RIGHT_CONTEXT).replace(
            "socket.create_connection(address, timeout=2)", "socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
        ),
        None,
        "wants a stream",
    ),
    (
        with_context(RIGHT_CONTEXT).replace(
            "socket.create_connection(address, timeout=2)", "socket.socket(socket.AF_INET6)\n    sock.connect(address)"
        ),
        None,
        "one of IPv4",
    ),
    (with_context(RIGHT_CONTEXT).replace("return tls", "return tls.dup()"), None, "no two of a TLS socket"),
    (
        with_context(RIGHT_CONTEXT, "tls = sock\n        context.wrap_socket(sock, server_hostname=name)"),
        None,
        "takes the descriptor over",
    ),
    (
        with_context(RIGHT_CONTEXT).replace("    return tls\n", "    tls.sendall(b'hello')\n    return tls\n"),
        None,
        "heard b'hello' before anything",
    ),
    (
        with_context(RIGHT_CONTEXT).replace("    return tls\n", "    tls.shutdown(socket.SHUT_WR)\n    return tls\n"),
        None,
        "ended that before it returned",
    ),
    (
        with_context(RIGHT_CONTEXT).replace(
            "    except BaseException:\n        sock.close()\n        raise\n",
            "    except ssl.SSLError:\n        sock.close()\n",
        ),
        None,
        "an `except` of its own has taken the error",
    ),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    while True:
        try:
            tls = context.wrap_socket(socket.create_connection(address, timeout=2), server_hostname=name)
            tls.settimeout(None)
            return tls
        except OSError:
            pass
""",
        None,
        "called 20 times, and calls again",
    ),
    (with_context(RIGHT_CONTEXT).replace("timeout=2", "timeout=2000"), None, "timeout of 2000 s"),
    (
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    try:
        tls = context.wrap_socket(sock, server_hostname=name)
        tls.settimeout(None)
        return tls
    finally:
        tls.close()
""",
        None,
        "is closed already",
    ),
]
