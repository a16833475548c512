"""read_request and requests that two readers take for different ones: what one of them takes for a body is the next request to the other. Each has to be refused, or read in the one way that the standard has for it.

Comes in: `read_request`. Goes out: more scenarios of it. Who may import it: the lesson's package, which imports it for that.
"""

from __future__ import annotations

from helpers.checking.judge import Judge
from helpers.exercises.lesson15 import bad_requests
from helpers.exercises.lesson15.reading import must_refuse
from helpers.exercises.lesson15.requests import read_request


@read_request.scenario(3, "smuggling: two lengths")
def _two_lengths(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.TWO_LENGTHS)


@read_request.scenario(3, "smuggling: a length, and chunks")
def _length_and_chunks(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.LENGTH_AND_CHUNKS)


@read_request.scenario(3, "smuggling: a blank before the colon, and a folded line")
def _blanks(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.BLANKS)


@read_request.scenario(3, "smuggling: line ends that are none")
def _line_ends(judge: Judge) -> None:
    must_refuse(judge, *bad_requests.LINE_ENDS)
