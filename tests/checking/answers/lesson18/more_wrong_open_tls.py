"""More wrong ways to open a TLS connection, which were let through once, or told something else than what was wrong."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson18.wrong_open_tls import RIGHT_CONTEXT, with_context

WRONG: list[Wrong] = [
    *(  # those whom others have gathered, as well
        (with_context(lines), 43, "beside the one of `ca`")
        for lines in (
            f"import certifi\n{RIGHT_CONTEXT}\ncontext.load_verify_locations(certifi.where())",
            "import certifi\ncontext = ssl.create_default_context(cafile=certifi.where(), cadata=ca)",
        )
    ),
    (  # who is too slow is called again
        """
import socket, ssl

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    for left in 2, 1, 0:
        sock = socket.create_connection(address, timeout=2)
        try:
            tls = context.wrap_socket(sock, server_hostname=name)
            tls.settimeout(None)
            return tls
        except OSError as error:
            sock.close()
            if not left or not isinstance(error, TimeoutError):
                raise
""",
        None,
        "for no second call",
    ),
    # whatever was wrong, it was too slow; or it was nothing in particular
    (
        with_context(RIGHT_CONTEXT).replace("        raise\n", "        raise TimeoutError('no')\n"),
        None,
        "has answered at once",
    ),
    (
        with_context(RIGHT_CONTEXT).replace("        raise\n", "        raise OSError('no')\n"),
        None,
        "that asks for TimeoutError",
    ),
    *(  # the name is looked for by hand, once the certificate is there
        (
            with_context(
                RIGHT_CONTEXT + "\ncontext.check_hostname = False",
                "tls = context.wrap_socket(sock, server_hostname=name)\n        " + look,
            ),
            number,
            words,
        )
        for look, number, words in (
            ("assert name in str(tls.getpeercert())", 43, "for another name"),
            (
                "if ('DNS', name) not in tls.getpeercert()['subjectAltName']:\n            tls.close()\n            raise ssl.SSLError('no')",
                None,
                "the server is the right one",
            ),
            (
                "if dict(each[0] for each in tls.getpeercert()['subject'])['commonName'] != name:\n            raise ssl.SSLError('no')",
                None,
                "It raised KeyError",
            ),
        )
    ),
    *(  # another name than the one that it was given
        (
            with_context(RIGHT_CONTEXT, f"tls = context.wrap_socket(sock, server_hostname={other})"),
            None,
            "that is the name to verify",
        )
        for other in ("f'{name}:{address[1]}'", "name.partition('.')[2]")
    ),
    # what it returns
    (with_context(RIGHT_CONTEXT).replace("return tls\n", "return tls, context\n"), None, "and no socket"),
    (with_context(RIGHT_CONTEXT).replace("return tls\n", "return tls.unwrap()\n"), None, "waits in tls.unwrap()"),
    (  # another thread ends the handshake, and nobody says why
        """
import socket, ssl, threading

def open_tls(address, name, ca):
    context = ssl.create_default_context(cadata=ca)
    sock = socket.create_connection(address, timeout=2)
    tls = context.wrap_socket(sock, server_hostname=name, do_handshake_on_connect=False)
    tls.settimeout(None)
    timer = threading.Timer(2, lambda: tls.shutdown(socket.SHUT_RDWR))
    timer.start()
    try:
        tls.do_handshake()
    except OSError:
        tls.close()
        raise
    finally:
        timer.cancel()
    return tls
""",
        None,
        "that asks for TimeoutError",
    ),
]
