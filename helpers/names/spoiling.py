"""What becomes of an answer that is right, when a name server is told to spoil it.

Comes in: a message of dnspython's. Goes out: the bytes that are sent.
"""

from __future__ import annotations

import copy
import struct
from typing import Any

import dns.flags
import dns.message
import dns.rdatatype

from helpers.names.answering import HEADER

_POINTER = 0xC000
_COUNTS_OF_ANSWERS = slice(6, 8)


def wire(response: dns.message.Message, most: int = 0) -> bytes:
    """Its bytes; the records in their order. What is too large for `most` bytes (0: for what who asks can take) is truncated, and says so."""
    plainly: dict[str, Any] = {"want_shuffle": False}  # or each run would give another picture
    return response.to_wire(max_size=most, prefer_truncation=True, **plainly)


def truncated(response: dns.message.Message) -> bytes:
    """Without its records, as if they were too large for a datagram."""
    return wire(_without_records(response, dns.flags.TC))


def is_truncated(data: bytes) -> bool:
    """Whether an answer says so."""
    return bool(int.from_bytes(data[2:4], "big") & dns.flags.TC)


def looping(response: dns.message.Message) -> bytes:
    """With one record, in which a name is a pointer to itself: the owner's; where that is an alias, the one that it stands for. What has no record stays as it is."""
    if not response.answer:
        return wire(response)
    record, whole, bare = response.answer[0], wire(response), wire(_without_records(response))
    at = HEADER + len(response.question[0].name.to_digestable()) + 4  # behind the question
    if record.rdtype == dns.rdatatype.CNAME:
        owner, inside = whole[at : at + 2], at + 12
        content = struct.pack("!H", _POINTER | inside)
    else:
        owner = struct.pack("!H", _POINTER | at)
        content = record[0].to_wire()
    loop = owner + struct.pack("!2HIH", record.rdtype, record.rdclass, record.ttl, len(content)) + content
    spoiled = bytearray(bare[:at] + loop + bare[at:])
    spoiled[_COUNTS_OF_ANSWERS] = struct.pack("!H", 1)
    return bytes(spoiled)


def renumbered(data: bytes) -> bytes:
    """With the next id."""
    (number,) = struct.unpack("!H", data[:2])
    return struct.pack("!H", (number + 1) % 0x10000) + data[2:]


def _without_records(response: dns.message.Message, flag: int = 0) -> dns.message.Message:
    bare = copy.copy(response)
    bare.sections = [response.question, [], [], response.additional]
    bare.flags |= flag
    return bare
