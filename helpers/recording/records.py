"""TLS records as they are told: those that one call wrote, or read, one after the other, are one event; and a call stands above what it wrote, and below what it read.

Comes in: the rows of a tape, where each record is an entry, what is said within it another, and the call that brought it about comes last. Goes out: rows again. Who imports it: `history`, before it
looks at anything: from there on records are sends and receives of the stream like any others, and calls of TLS move no bytes.
"""

from __future__ import annotations

import bisect
import collections
import dataclasses
from collections.abc import Iterable, Iterator

from helpers.recording.events import ALERT, APPLICATION_DATA, HANDSHAKE, Record
from helpers.sockets.tapes import (
    EOF,
    RAGGED_END,
    RECEIVE_RECORD,
    SEND_RECORD,
    TLS,
    TLS_MESSAGE,
    TLS_RECORD,
    TLS_WRITES,
    Caller,
    Entry,
    More,
    Thread,
)

Row = tuple[Entry, Caller]

RECORDS = SEND_RECORD, RECEIVE_RECORD
TELLS_RECORDS = {*RECORDS, TLS_RECORD}
"""The entries that `tell_records` makes others of."""
_INNER = 257
_LATER = {"TimeoutError", "SSLWantReadError", "SSLWantWriteError"}


@dataclasses.dataclass
class _Met:
    """A record, and what is said within it."""

    at: int
    entry: Entry
    caller: Caller
    inner: int | None = None
    messages: list[int] = dataclasses.field(default_factory=list)

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of what is in it."""
        return self.inner is None and not self.messages

    @property
    def told(self) -> Record:
        if not self.entry.data:
            return Record(0, 0, self.entry.size, 0)  # counted, not seen
        kind, high, low = self.entry.data[:3]
        return Record(kind, high << 8 | low, self.entry.size, self.inner or kind, tuple(self.messages))

    @property
    def sort(self) -> tuple[str, bool, bool]:
        """What may stand in one event."""
        kind = self.told.inner
        return self.entry.call, kind == APPLICATION_DATA, kind == ALERT


def tell_records(rows: Iterable[Row]) -> list[Row]:
    """The same rows, with one for each run of records."""
    rows = list(rows)
    passing = _passing(entry for entry, _ in rows)
    if passing:
        rows = [_as_records(row, passing) for row in rows if row[0].call != TLS_RECORD]
    told: list[tuple[float, Row]] = []
    open_: dict[tuple[int, Thread], list[_Met]] = collections.defaultdict(list)
    for at, (entry, caller) in enumerate(rows):
        key = entry.trace.number, entry.thread
        if entry.call in RECORDS and not (entry.more is not None and entry.more.detail):
            open_[key].append(_Met(at, entry, caller))
        elif entry.call == TLS_MESSAGE:
            _add_message(open_.get(key, ()), entry)
        else:
            met = _on_their_way(open_.pop(key, []), entry)
            if met and _is_begun(met[-1], entry):
                open_[key].append(met.pop())  # the next call reads the rest
            runs = list(_runs(met, entry))
            above = bool(runs) and (entry.call in TLS_WRITES or is_ragged(entry))
            told += runs
            told.append((runs[0][0] - 0.5 if above else at, (entry, caller)))
    for met in open_.values():
        told += _runs([each for each in met if not _is_begun(each, None)], None)
    told.sort(key=lambda each: each[0])
    return [row for _, row in told]


def _on_their_way(met: list[_Met], call: Entry) -> list[_Met]:
    """Without those that never were: OpenSSL tells of a record before it writes it, and of an alert again when that has gone well."""
    if met and call.call in TLS_WRITES and _is_refused(call) and met[-1].entry.call == SEND_RECORD:
        met = met[:-1]
    return [each for each in met if each.entry.call != SEND_RECORD or each.told.inner != ALERT or each.messages]


def _is_refused(call: Entry) -> bool:
    """Whether it failed, and not because it would have had to wait: then its record may still go."""
    error = call.more.error if call.more is not None else None
    return error is not None and error not in _LATER


def is_ragged(call: Entry) -> bool:
    """Whether a call of a TLS socket met the end of the stream where there was more to come: what it wrote (an alert), it wrote because of that."""
    more = call.more
    return more is not None and call.call.startswith(TLS) and (more.detail == RAGGED_END or more.error == EOF)


def _is_begun(last: _Met, call: Entry | None) -> bool:
    """Whether no more than the header of a record was read in a call that brought nothing."""
    came = call is not None and call.ended is not None and (call.more is None or not call.more.error)
    return last.entry.call == RECEIVE_RECORD and last.unknown and not came


_Passing = dict[tuple[int, bool], list[_Met]]
"""By the number of the socket, and whether they are sent: records that pass through calls which have other names."""


def _passing(entries: Iterable[Entry]) -> _Passing:
    found: _Passing = collections.defaultdict(list)
    for entry in entries:
        if entry.call == TLS_RECORD:
            found[entry.trace.number, bool(entry.asked)].append(_Met(0, entry, Caller("", None)))
        elif entry.call == TLS_MESSAGE and (met := found.get((entry.trace.number, bool(entry.offset)))):
            _tell_of(met[-1], entry)
    return found


def _as_records(row: Row, passing: _Passing) -> Row:
    """A call that sends or receives, as the records that pass through it; itself where there are none."""
    entry, caller = row
    sends = entry.call.startswith("send")
    met = passing.get((entry.trace.number, sends))
    if not met or not entry.size or not (sends or entry.call.startswith("recv")):
        return row
    first = bisect.bisect_right(met, entry.offset, key=lambda each: each.entry.offset + each.entry.size)
    last = bisect.bisect_left(met, entry.offset + entry.size, key=lambda each: each.entry.offset)
    if first >= last:
        return row
    records = tuple(each.told for each in met[first:last])
    return entry._replace(call=RECORDS[not sends], more=More(detail=records)), caller


def _tell_of(record: _Met, message: Entry) -> None:
    """What is said within it."""
    kind, number = message.asked >> 8, message.asked & 0xFF
    if kind == _INNER:
        record.inner = number
    elif kind in (HANDSHAKE, ALERT):
        record.messages.append(number)


def _add_message(met: Iterable[_Met], entry: Entry) -> None:
    """To the record in which it is: the last one in that direction."""
    call = RECORDS[not entry.offset]
    record = next((each for each in reversed(list(met)) if each.entry.call == call), None)
    if record is not None:
        _tell_of(record, entry)


def _runs(met: Iterable[_Met], call: Entry | None) -> Iterator[tuple[float, Row]]:
    """One row for those that belong together, at the place of its last one. `call`: whose they are."""
    runs: list[list[_Met]] = []
    for each in met:
        if runs and runs[-1][-1].sort == each.sort:
            runs[-1].append(each)
        else:
            runs.append([each])
    # What a call waits for is what it reads: it began to wait when it was called, or when the last one had passed.
    before = call.begun if call is not None and call.call.startswith(TLS) else None
    for run in runs:
        first, last = run[0], run[-1]
        begun = first.entry.begun
        if first.entry.call == RECEIVE_RECORD and before is not None:
            begun = min(before, begun or before)
        size = sum(each.entry.size for each in run)
        entry = first.entry._replace(
            begun=begun,
            ended=last.entry.ended,
            size=size,
            asked=size,
            more=More(detail=tuple(each.told for each in run)),
        )
        before = last.entry.ended
        yield last.at, (entry, first.caller)
