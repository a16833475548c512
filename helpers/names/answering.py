"""What a name server that tells the truth answers.

Comes in: the bytes of a question, and what is known of names. Goes out: a message of dnspython's, or what is answered to bytes that are no question. Nothing here talks to a socket.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.opcode
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.reversename
import dns.rrset

from helpers.names.tables import Known, name_of, text_of
from helpers.words import listed, many

HEADER = 12
"""Bytes of a header."""
DATAGRAM = 1232
"""Bytes of an answer over UDP that this server sends at most, and says that it takes: so many pass everywhere in one piece."""
_CHAIN = 8
"""Aliases of aliases that are followed."""
_SAID = 4
"""Records of an answer that a line of the log names."""
_REVERSE = dns.name.from_text("in-addr.arpa"), dns.name.from_text("ip6.arpa")
_TRANSFERS = dns.rdatatype.AXFR, dns.rdatatype.IXFR

Names = Mapping[dns.name.Name, Known]


class NoQuestion(Exception):
    """These bytes are none that this server answers: why, in words."""

    def __init__(self, words: str, answer: bytes | None = None) -> None:
        super().__init__(words)
        self.answer = answer
        """What is sent nevertheless; None: nothing."""


def question_in(data: bytes) -> dns.message.Message:
    """The question that these bytes are. NoQuestion if they are none."""
    if len(data) < HEADER:
        raise NoQuestion(f"{many(len(data), 'byte')}, fewer than a header has: no answer")
    _, flags, questions, *_ = struct.unpack("!6H", data[:HEADER])
    if flags & dns.flags.QR:  # two servers would answer each other for ever
        raise NoQuestion(f"{many(len(data), 'byte')} that are an answer: no answer")
    opcode = dns.opcode.from_flags(flags)
    if opcode != dns.opcode.QUERY:
        raise NoQuestion(
            f"{many(len(data), 'byte')} with opcode {opcode.value}: NOTIMP", refusal(data, dns.rcode.NOTIMP)
        )
    if questions == 1:
        try:
            return dns.message.from_wire(data, keyring=False)
        except (dns.exception.DNSException, ValueError, struct.error):
            pass
    raise NoQuestion(f"{many(len(data), 'byte')} that are no question: FORMERR", refusal(data, dns.rcode.FORMERR))


def refusal(data: bytes, rcode: dns.rcode.Rcode) -> bytes:
    """An answer that is only a header, to whatever has one."""
    number, flags = struct.unpack("!2H", data[:4])
    kept = flags & (0x7800 | dns.flags.RD)  # opcode, and whether recursion is desired
    return struct.pack("!6H", number, dns.flags.QR | dns.flags.RA | kept | rcode, 0, 0, 0, 0)


def answer_to(question: dns.message.Message, names: Names, ttl: int) -> dns.message.Message:
    """What this server answers, which knows `names` and whatever may be said of them: each is in the zone of its last two labels."""
    response = dns.message.make_response(question, recursion_available=True, our_payload=DATAGRAM)
    asked = question.question[0]
    zone = _zone_of(asked.name, names)
    if question.edns > 0:
        response.set_rcode(dns.rcode.BADVERS)
    elif zone is None or asked.rdclass not in (dns.rdataclass.IN, dns.rdataclass.ANY) or asked.rdtype in _TRANSFERS:
        response.set_rcode(dns.rcode.REFUSED)
    else:
        response.flags |= dns.flags.AA
        _answer(response, asked, names, ttl)
    return response


def _answer(response: dns.message.Message, asked: dns.rrset.RRset, names: Names, ttl: int) -> None:
    """Follow the aliases, as far as this server knows them; then say what there is."""
    name = asked.name
    seen = {name}
    while asked.rdtype not in (dns.rdatatype.CNAME, dns.rdatatype.ANY) and isinstance(alias := names.get(name), str):
        response.answer.append(_records(name, ttl, "CNAME", alias + "."))
        name = name_of(alias)
        if name in seen or len(seen) == _CHAIN or _zone_of(name, names) is None:
            return
        seen.add(name)
    found = list(_found(name, asked.rdtype, names, ttl))
    response.answer += found
    if found:
        return
    zone = _zone_of(name, names)
    assert zone is not None
    response.authority.append(_start_of(zone, ttl))
    if not _exists(name, names):
        response.set_rcode(dns.rcode.NXDOMAIN)


def _found(name: dns.name.Name, kind: dns.rdatatype.RdataType, names: Names, ttl: int) -> Iterator[dns.rrset.RRset]:
    for each, texts in _all_of(name, names):
        if texts and kind in (dns.rdatatype.from_text(each), dns.rdatatype.ANY):
            yield _records(name, ttl, each, *texts)
    if kind in (dns.rdatatype.SOA, dns.rdatatype.ANY) and name == _zone_of(name, names):
        yield _start_of(name, ttl)


def _all_of(name: dns.name.Name, names: Names) -> Iterator[tuple[str, list[str]]]:
    """Types, and what the records of that type say."""
    has = names.get(name, ())
    if isinstance(has, str):
        yield "CNAME", [has + "."]
        return
    yield "A", [address for address in has if ":" not in address]
    yield "AAAA", [address for address in has if ":" in address]
    if address := _reversed(name):
        yield "PTR", [text_of(each) + "." for each, has in names.items() if not isinstance(has, str) and address in has]


def _reversed(name: dns.name.Name) -> str | None:
    """The address whose name this is: 127.0.0.1 of 1.0.0.127.in-addr.arpa."""
    if not any(name.is_subdomain(each) for each in _REVERSE):
        return None
    try:
        return dns.reversename.to_address(name)
    except (dns.exception.DNSException, ValueError):
        return None


def _records(name: dns.name.Name, ttl: int, kind: str, *texts: str) -> dns.rrset.RRset:
    return dns.rrset.from_text(name, ttl, "IN", kind, *texts)


def _start_of(zone: dns.name.Name, ttl: int) -> dns.rrset.RRset:
    """Its SOA, which also says for how long nobody need ask again for what there is not."""
    inside = text_of(zone)
    return _records(zone, ttl, "SOA", f"ns.{inside}. hostmaster.{inside}. 1 3600 600 86400 {ttl}")


def _zone_of(name: dns.name.Name, names: Names) -> dns.name.Name | None:
    """The zone that it is in; None: it is in none of this server's."""
    zones = [zone for zone in (*_REVERSE, *map(_zone, names)) if name.is_subdomain(zone)]
    return max(zones, key=len, default=None)


def _zone(name: dns.name.Name) -> dns.name.Name:
    return name.split(3)[1] if len(name) > 3 else name  # the third label is the empty one of the root


def _exists(name: dns.name.Name, names: Names) -> bool:
    """Whether there is such a name, or one below it."""
    known = [*names, *_REVERSE]
    known += [
        dns.reversename.from_address(address) for has in names.values() if not isinstance(has, str) for address in has
    ]
    return any(each.is_subdomain(name) for each in known)


# In words


def asked_in_words(question: dns.message.Message) -> str:
    """www.example.org A. What has other characters than names of hosts have, as Python writes text."""
    asked = question.question[0]
    name = text_of(asked.name)
    is_plain = name.isascii() and not set(name.lower()) - set("abcdefghijklmnopqrstuvwxyz0123456789-_.")
    return f"{name if is_plain else repr(name)} {dns.rdatatype.to_text(asked.rdtype)}"


def in_words(response: dns.message.Message) -> str:
    """127.0.0.1 and 127.0.0.2; NXDOMAIN; no such record."""
    texts = [_in_words(rrset.rdtype, record.to_text()) for rrset in response.answer for record in rrset]
    if len(texts) > _SAID + 1:
        texts[_SAID:] = [f"{len(texts) - _SAID} more"]
    if response.rcode() != dns.rcode.NOERROR:
        return ", ".join([*texts, dns.rcode.to_text(response.rcode())])
    return listed(texts) or "no such record"


def _in_words(kind: dns.rdatatype.RdataType, text: str) -> str:
    words = text.rstrip(".")
    return f"alias of {words}" if kind == dns.rdatatype.CNAME else words
