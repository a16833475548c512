"""What is said of TLS: of its records, which pass between the lanes, and of the calls of its sockets, which give and take plaintext.

Comes in: an `Event`. Goes out: words. Only the `Wording` asks here.
"""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterable

from helpers.recording.events import ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, Event, Record
from helpers.sockets.tapes import CLEAN_END, RAGGED_END
from helpers.words import listed, many, number, visible

_KINDS = {
    CHANGE_CIPHER_SPEC: "change cipher spec",
    ALERT: "alert",
    HANDSHAKE: "handshake",
    APPLICATION_DATA: "application data",
}
_MESSAGES = {
    0: "HelloRequest",
    1: "ClientHello",
    2: "ServerHello",
    4: "NewSessionTicket",
    5: "EndOfEarlyData",
    8: "EncryptedExtensions",
    11: "Certificate",
    12: "ServerKeyExchange",
    13: "CertificateRequest",
    14: "ServerHelloDone",
    15: "CertificateVerify",
    16: "ClientKeyExchange",
    20: "Finished",
    22: "CertificateStatus",
    24: "KeyUpdate",
    25: "CompressedCertificate",
}
_ALERTS = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    100: "no_renegotiation",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""RFC 8446 and what it names of older ones."""
_TELLING = ("ServerHello", "Certificate")
"""Of many, that one is named with the last."""
_NARROWER = 2
"""Characters by which a line may be longer that is not code."""
_MAJOR = 3
"""The first byte of every version that a record may have."""
_MOST = 2
"""Messages of a handshake that are named in a picture one by one."""


def kind_of(event: Event) -> str:
    """What its records are: "handshake", "alert unknown_ca", "application data"."""
    if is_counted(event):
        return "TLS records"
    met = list(dict.fromkeys(record.inner for record in event.records))
    kinds = [each for each in met if each != CHANGE_CIPHER_SPEC] or met
    if _is_none(event):
        return f"no TLS record: {event.data!r}"
    return listed([_named(event, kind) for kind in kinds])


def _named(event: Event, kind: int) -> str:
    if kind != ALERT:
        return _KINDS.get(kind, f"records of kind {kind}")
    codes = [code for record in event.records if record.inner == ALERT for code in record.messages]
    return " ".join(["alert", *dict.fromkeys(_ALERTS.get(code, f"number {code}") for code in codes)])


def _is_none(event: Event) -> bool:
    """Whether what came is no record, but what stands in the place of its header."""
    return not is_counted(event) and event.records[0].version >> 8 != _MAJOR


def is_counted(event: Event) -> bool:
    """Whether nothing is known of its records but how many bytes they have."""
    return event.records[0].kind == 0


def in_a_label(event: Event, most: int) -> list[str]:
    """The records in lines of at most about `most` characters, beside their mark."""
    kind, size = kind_of(event), many(event.size, "byte")
    if len(kind) + len(size) + 2 <= most + _NARROWER:
        return [f"{kind}, {size}"]
    return [*textwrap.wrap(f"{kind},", most), size]


def below_a_label(event: Event) -> str:
    """What else is to be said of them there: clauses with semicolons between them."""
    count = len(event.records)
    if is_counted(event) or _is_none(event):
        return ""
    records = f"in {number(count)} records" if count > 1 else ""
    clear, hidden = _messages(event, encrypted=False), _messages(event, encrypted=True)
    clauses = list(filter(None, [": ".join(filter(None, [records, _shortly(clear)]))]))
    clauses += [f"encrypted: {_shortly(hidden)}"] if hidden else []
    if not hidden and any(record.encrypted for record in event.records):
        clauses.append("encrypted")
    return "; ".join(clauses)


def in_a_sentence(event: Event) -> str:
    """The records in a line of the plain text."""
    does = "sends" if event.sends else "receives"
    if is_counted(event) or _is_none(event):
        return f"{does} {kind_of(event)}, {many(event.size, 'byte')}"
    records = f"{does} {kind_of(event)}, {many(event.size, 'byte')} in {many(len(event.records), 'record')}"
    clear, hidden = _messages(event, encrypted=False), _messages(event, encrypted=True)
    clauses = [", ".join(clear)] if clear else []
    clauses += [f"encrypted: {', '.join(hidden)}"] if hidden else []
    return f"{records} ({'; '.join(clauses)})" if clauses else records


def _messages(event: Event, encrypted: bool) -> list[str]:
    """The messages of a handshake, each once; of several alike in a row, how many."""
    records: Iterable[Record] = (each for each in event.records if each.inner == HANDSHAKE)
    found = [
        _MESSAGES.get(number_, f"message {number_}")
        for each in records
        if each.encrypted is encrypted
        for number_ in each.messages
    ]
    runs = [(name, len(list(run))) for name, run in itertools.groupby(found)]
    return [name if count == 1 else f"{number(count)} {name}s" for name, count in runs]


def _shortly(messages: list[str]) -> str:
    if len(messages) <= _MOST:
        return ", ".join(messages)
    first = next((each for each in messages if each in _TELLING), messages[0])
    return f"{first} … {messages[-1]}"


def note_of(event: Event) -> str:
    """What is to be said of a call of a TLS socket that raised nothing."""
    if event.told == CLEAN_END:
        return "end of stream: close_notify"
    if event.told == RAGGED_END:
        return "end of stream, without close_notify"
    if event.call in ("wrap_socket", "do_handshake") and event.told:
        return visible(event.told.replace("v", " ", 1))
    return ""


def failure_of(event: Event) -> str:
    """The error that it raised, and why."""
    return f"{event.error}: {visible(event.told)}" if event.told else str(event.error)
