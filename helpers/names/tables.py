"""What a name server knows of names, and what it is told to do about some of them: tables and sets that a learner may change while it runs.

Comes in: names as text, however they are written (`WWW.Example.org.` is `www.example.org`), and values. Goes out: `NameTable`, `NameSet`; a TypeError or ValueError, with a sentence, for what cannot be meant. `answering` and `server` use them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, MutableSet
from typing import Generic, TypeAlias, TypeVar

import dns.exception
import dns.name

from helpers.sockets.owners import Guard

T = TypeVar("T")

Known: TypeAlias = tuple[str, ...] | str
"""What is known of a name: its addresses, in their order; or, as text, the name that it is an alias of."""

LONGEST_DELAY = 3600.0


def name_of(text: object) -> dns.name.Name:
    """The name that `text` says. It equals the same one in other letters, large or small."""
    if isinstance(text, dns.name.Name):
        return text
    if not isinstance(text, str):
        raise TypeError(f"A name is text, such as 'www.example.org', not {text!r}.")
    try:
        name = dns.name.from_text(text)
    except (dns.exception.DNSException, UnicodeError) as error:
        raise ValueError(f"{text!r} cannot be a name: {error}") from None
    if name == dns.name.root:
        raise ValueError(
            f"{text!r} is no name that a server could have an address for; write one such as 'www.example.org'."
        )
    return name


def text_of(name: dns.name.Name) -> str:
    """As a learner writes it: with dots between its labels, and none at the end. The root is a dot. What is no plain character is a backslash and three digits."""
    return name.to_text(omit_final_dot=True) if len(name) > 1 else "."


class NameTable(MutableMapping[str, T], Generic[T]):
    """A value for each of some names. What is put in is made by `check`, or refused by it."""

    def __init__(self, check: Callable[[object], T], values: object = None) -> None:
        self._check = check
        self._writing = Guard()
        self._values: Mapping[dns.name.Name, T] = {}  # never changed, but replaced: the server reads it meanwhile
        if values is not None and not isinstance(values, Mapping):
            raise TypeError(
                f"What is said of names is a dict, with the names as its keys: {{'www.example.org': …}}. This is {values!r}."
            )
        self.update(values or {})

    def by_name(self) -> Mapping[dns.name.Name, T]:
        """What stands there now; it stays as it is."""
        return self._values

    def __getitem__(self, name: object) -> T:
        return self._values[name_of(name)]

    def __setitem__(self, name: object, value: object) -> None:
        key, checked = name_of(name), self._check(value)
        with self._writing:
            self._values = {**self._values, key: checked}

    def __delitem__(self, name: object) -> None:
        key = name_of(name)
        with self._writing:
            left = dict(self._values)
            del left[key]
            self._values = left

    def __iter__(self) -> Iterator[str]:
        return map(text_of, self.by_name())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return repr(dict(self))


class NameSet(MutableSet[str]):
    """Some names."""

    def __init__(self, names: object = ()) -> None:
        if names is None or isinstance(names, str):
            names = (names,) if names else ()
        if not isinstance(names, Iterable):
            raise TypeError(f"Names are given as a set: {{'www.example.org'}}. This is {names!r}.")
        self._writing = Guard()
        self._names = frozenset(map(name_of, names))  # replaced, as above

    def __contains__(self, name: object) -> bool:
        return name_of(name) in self._names

    def __iter__(self) -> Iterator[str]:
        return map(text_of, self._names)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, name: object) -> None:
        with self._writing:
            self._names |= {name_of(name)}

    def discard(self, name: object) -> None:
        with self._writing:
            self._names -= {name_of(name)}

    def __repr__(self) -> str:
        return repr(set(self))


# What stands in the tables


def known(value: object) -> Known:
    """A list of addresses; text is one address, or the name that this one is an alias of."""
    if isinstance(value, str):
        return (str(ipaddress.ip_address(value)),) if _is_address(value) else text_of(name_of(value))
    if not isinstance(value, Iterable):
        raise TypeError(
            f"A name has a list of addresses, such as ['127.0.0.1', '::1'], or, as an alias, another name: 'other.example.org'. It cannot have {value!r}."
        )
    addresses = list(value)
    for address in addresses:
        if not isinstance(address, str) or not _is_address(address):
            raise ValueError(
                f"{address!r} is no address, such as '127.0.0.1' or '::1'. (An alias is a name without a list around it.)"
            )
    return tuple(str(ipaddress.ip_address(address)) for address in addresses)


def _is_address(text: str) -> bool:
    try:
        return "%" not in text and bool(ipaddress.ip_address(text))
    except ValueError:
        return False


def delay(value: object) -> float:
    """Seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LONGEST_DELAY:
        raise ValueError(f"A delay is a number of seconds, such as 0.5. It cannot be {value!r}.")
    return float(value)


def size(value: object) -> int:
    """Bytes."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(
            f"A cut is a number of bytes, such as 20: so many of the answer are left. It cannot be {value!r}."
        )
    return value


def table_of_known(values: object) -> NameTable[Known]:
    return NameTable(known, values)


def table_of_false(values: object) -> NameTable[Known]:
    """As `table_of_known`; names without addresses get one that stands in books only."""
    if isinstance(values, str) or (isinstance(values, Iterable) and not isinstance(values, Mapping)):
        return NameTable(known, dict.fromkeys(NameSet(values), FALSE))
    return NameTable(known, values)


FALSE = "203.0.113.66", "2001:db8::bad"
"""Addresses that belong to nobody: RFC 5737 and 3849 keep them for examples."""


def table_of_delays(values: object) -> NameTable[float]:
    return NameTable(delay, values)


def table_of_cuts(values: object) -> NameTable[int]:
    return NameTable(size, values)
