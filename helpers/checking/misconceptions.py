"""What learners get wrong about sockets, by number: collected from public questions, issues and course forums.

Who may import it: the report, which names the one that a function fell for, and tests.
"""

from __future__ import annotations

MISCONCEPTIONS = {
    1: "one `send` is one `recv`",
    2: "`recv(n)` returns n bytes",
    3: "a `recv` larger than the message is harmless (it swallows the start of the next)",
    4: "payload bytes read as the length",
    5: "a length-prefixed message (or the prefix itself) arrives whole",
    6: "`send` sends everything",
    7: "a str can be sent",
    8: "`data.split(',')` on bytes",
    9: "each chunk can be decoded on its own (UTF-8 cut in two)",
    10: "`errors='ignore'` mends a decoding error",
    11: "`b''` means \"nothing yet\": the loop spins",
    12: "the peer's end of message is the end of the stream: both wait for ever",
    13: "a frozen cell is a broken notebook (blocking `accept`)",
    14: "`listen()` waits for a client",
    15: "the client can start first",
    16: '"connection refused" is the firewall (refused versus timeout)',
    17: "the port is free as soon as the program ends (TIME_WAIT)",
    18: "`localhost` is 127.0.0.1; `''` is a destination",
    19: "binding `''` or `0.0.0.0` is the same as loopback",
    20: 'a second client "sticks in connect"',
    21: "reset, broken pipe and end of stream are the same thing",
    22: "a closed socket can connect again",
    23: "coalescing is Nagle's algorithm",
    24: 'the bytes on the wire are "UTF-8" by nature',
    25: "`int()` of what arrived is safe",
}
