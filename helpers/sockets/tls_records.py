"""What OpenSSL tells of TLS: the records that it writes and reads, and what is said within them, as entries of the tapes that run.

Comes in: a context, which is asked to tell. Goes out: `send record`, `recv record`, `tls.message`. Only the other modules of TLS import it, once `ssl` is there.

How records are seen: OpenSSL reads and writes the descriptor itself, and tells of each record that it has written, or begun to read, whoever has asked for it (`SSL_CTX_set_msg_callback`; in Python
`SSLContext._msg_callback`, for debugging). So nothing is between a program and OpenSSL, and nothing that it does can be another: timeouts, `pending()`, `select`, the errors. To be told costs
a seventh of a round trip, whatever is done then, and cannot be asked for later: so a context is asked when a socket is made of it while a tape runs. Of one that was made before, what the kernel counts (`bypassing`, on Linux) says how many bytes of
records passed in each call, and no more; on other systems the tape has the calls alone.

What is not kept: keys, secrets, tickets, certificates. OpenSSL hands over handshake messages in the clear; all that is taken of them is the first byte.
"""

from __future__ import annotations

import ssl
from typing import Any, Protocol, runtime_checkable

from helpers.sockets import tapes
from helpers.sockets.tapes import TLS_MESSAGE, Trace, here, note, note_record, now, settle

_ALERT = 21
"""What OpenSSL tells of has a kind: that of a record, or 256, a record's header, or 257, what an encrypted record really is, in TLS 1.3."""

_callback: Any = next(
    (vars(kind)["_msg_callback"] for kind in ssl.SSLContext.__mro__[1:] if "_msg_callback" in vars(kind)), None
)
"""The descriptor of the context's callback as OpenSSL calls it; None: this Python has none, and no records are seen."""


@runtime_checkable
class Meets(Protocol):
    """What speaks TLS without a socket, and knows where in a stream its records lie."""

    def meet(self, written: bool, kind: int, message: int, data: bytes) -> None:
        """A message, or a record's header."""


def watch_records(context: ssl.SSLContext) -> bool:
    """Ask `context` to tell of the records of the sockets that are made of it from now on; whether it does."""
    if _callback is None:
        return False
    present = _callback.__get__(context)
    if present is None and tapes.running:
        _callback.__set__(context, _tell)
        return True
    return present is _tell


def _tell(sock: Any, direction: str, version: int, kind: int, message: int, data: bytes) -> None:
    """Called by OpenSSL, in the thread that reads or writes, for each header and each message: for every record of a lesson twice, so that it is in a hurry.

    The header of a record of application data waits for the call under way, which notes both.
    """
    if kind == 257 and message == 23:
        return  # application data, in a record that says so
    if not tapes.running:
        return
    if kind == 256 and data[0] == 23 and data[1] == 3:
        try:
            tls, thread = sock._trace.tls, here.thread
            if direction == "write":
                if tls.written is None:
                    tls.written, tls.writer = data, thread
                    return
            elif tls.read is None:
                tls.read, tls.reader = data, thread
                return
        except AttributeError:  # a socket that is gone, or is none (TLSObject), or a thread whose first call it is
            pass
    _note(sock, direction == "write", kind, message, data)


def _note(sock: Any, written: bool, kind: int, message: int, data: bytes) -> None:
    """A header, or a message, that is an entry by itself."""
    if isinstance(sock, Meets):
        return sock.meet(written, kind, message, data)
    try:
        trace: Trace = sock._trace
    except AttributeError:  # it is gone, or one that is not traced
        return
    settle(trace)
    if kind == 256:
        note_record(trace, written, data)
    else:
        note_message(trace, written, kind, message, data)


def note_message(trace: Trace, written: bool, kind: int, message: int, data: bytes) -> None:
    """What is said within a record: a number, and nothing else of it."""
    when = now()
    said = data[1] if kind == _ALERT and len(data) > 1 else message
    note(trace, TLS_MESSAGE, when, b"", 0, kind << 8 | said & 0xFF, int(written), None, when)


def words_of(error: BaseException) -> str | None:
    """Why TLS gave up, in the words of OpenSSL; None: it is another error."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_message:
        return f"certificate verify failed: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return (error.reason or "").replace("_", " ").lower() or None
    return None
