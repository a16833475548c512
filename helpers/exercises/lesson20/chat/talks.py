"""What happens in a chat of a few: private lines, and what those hear who come late; whole, in pieces, and by somebody who means no good.

Comes in: a chat in which nobody is yet. Goes out: `Fell`. Who may import it: the exercise.
"""

from __future__ import annotations

import contextlib
import sys

from helpers.checking.verdicts import Fell, Hangs, shown
from helpers.exercises.lesson20.chat.place import Chat, open_chat
from helpers.exercises.rooms.room import Scene, adding

SCENES: list[Scene[Chat]] = []
scene = adding(SCENES)

NO_NAMES = [
    b"@grace",
    b"*",
    b"!",
    b"ada:",
    b"two words",
    b" ada",
    b"grace ",
    "Zürich".encode(),
    b"\x1b[2J",
    b"ada\x00",
    b"a.b",
    b"a^b",
    b"[a]",
    b"a/b",
    b"\xff",
    b"* grace left",
    b"GET / HTTP/1.1",
]
"""Each would make a line that may be read in two ways, or is no text."""
ODD_NAMES = ["quit", "all", "None", "-", "_", "0", "Ada"]
"""Allowed, and nothing but names."""
LOOK_ALIKE = [
    b"* ada left",
    b"! no",
    b"@linus hello",
    b"linus: hello",
    b"/help",
    b"/quit",
    b"",
    b"two\ttabs\tand a \\",
    b"\x00\xff\x1b[2J",
]


@scene(1, "a private line: one hears it, and nobody else does")
def _private(chat: Chat) -> None:
    ada, grace, linus = chat.join("ada", "grace", "linus")
    chat.whisper(ada, linus, b"for you alone")
    ada.line(b"for all")
    chat.whisper(linus, ada, b"I have heard it")
    chat.whisper(ada, grace, b"now for you")
    grace.line(b"and for all again")


@scene(1, "private lines to somebody who is not there, to one who has left, and to oneself")
def _not_there(chat: Chat) -> None:
    ada, grace, linus = chat.join("ada", "grace", "linus")
    ada.say(b"@nobody are you there?\n")
    chat.must_be_told(ada, "ada wrote b'@nobody are you there?'")
    ada.line(b"nobody is not there")
    linus.leave()
    chat.all_hear(b"* linus left\n", by=linus)
    ada.say(b"@linus are you there?\n")
    chat.must_be_told(ada, "ada wrote b'@linus are you there?', and linus had left")
    grace.line(b"linus is not there either")
    ada.say(b"@ada a note to myself\n")
    ada.must_hear(b"@ada: a note to myself\n", by=ada)
    (linus,) = chat.join("linus")
    chat.whisper(ada, linus, b"there you are again")
    grace.line(b"so he is")


@scene(1, "one who comes late hears what was said, and then who has come")
def _late(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    ada.line(b"shall we begin?")
    grace.line(b"linus is not here yet")
    ada.line(b"then tell me the news")
    (linus,) = chat.join("linus")
    linus.line(b"what did I miss?")
    grace.line(b"nothing, you have heard it all")
    chat.join("alan")
    ada.line(b"now we are four")


@scene(1, "the history has what was said to all, nothing else, and outlives those who said it")
def _only_what_was_said(chat: Chat) -> None:
    ada, grace, linus = chat.join("ada", "grace", "linus")
    ada.line(b"one")
    chat.whisper(ada, grace, b"not for the others")
    ada.say(b"@nobody nor this\n")
    chat.must_be_told(ada, "ada wrote b'@nobody nor this'")
    grace.line(b"two")
    for each in ada, linus, grace:
        each.leave()
        chat.all_hear(b"* %s left\n" % each.name.encode(), by=each)
    chat.rest()
    chat.happened = "All had left, and what they had said is still the history"
    (alan,) = chat.join("alan")
    (ada,) = chat.join("ada")
    chat.whisper(alan, ada, b"you have been here before")
    alan.line(b"three")


@scene(2, "Ctrl-C when all have left, and started again: the history has ended with the server", whole=True)
def _started_again(chat: Chat) -> None:
    if sys.platform == "win32":
        return  # nothing interrupts a blocked call there
    ada, grace = chat.join("ada", "grace")
    ada.line(b"this was said before")
    for each in ada, grace:
        each.leave()
        chat.all_hear(b"* %s left\n" % each.name.encode(), by=each)
    chat.rest()
    chat.must_end_at_interrupt()
    chat = open_chat(chat.judge, as_left=True)
    chat.happened = "The chat had been ended with Ctrl-C, and started again in the same program, as a notebook does it"
    linus = chat.visit("linus")
    linus.say(b"linus\n")
    with contextlib.suppress(Hangs):  # who hears nothing has not joined, of which there is more to say
        chat.wait(lambda: linus.gone or bool(linus.heard))
    if linus.heard[:1] == [b"ada: this was said before\n"]:
        raise Fell(
            f"{chat.happened}. linus, the first who came, heard {shown(linus.heard[0])}, which was said in the chat before: the history ends with the server. "
            "A variable of the module lives as long as the program, and so do a class's and a default value: make the history anew in each call of chat_server.",
            about=["linus"],
        )
    linus.has_joined()
    chat.join("ada")
    linus.line(b"all is new here")


@scene(2, "a private line in pieces, and somebody else's line in between")
def _in_pieces(chat: Chat) -> None:
    ada, grace, linus = chat.join("ada", "grace", "linus")
    for piece, meanwhile in ((b"@", b"what is it?"), (b"gra", b"go on"), (b"ce", b"to me?"), (b" psst, gr", b"yes?")):
        ada.say(piece)
        ada.peer.wait_until_taken()
        linus.line(meanwhile)
    ada.say(b"ace\r\n")
    grace.must_hear(b"@ada: psst, grace\n", by=ada)
    ada.say(*(bytes([each]) for each in b"@linus byte by byte\r\n"))
    linus.must_hear(b"@ada: byte by byte\n", by=ada)
    grace.line(b"I have heard mine")


@scene(2, "private lines and one for all, in one piece: each goes to whom it is for, in their order")
def _in_one_piece(chat: Chat) -> None:
    ada, grace, linus = chat.join("ada", "grace", "linus")
    ada.say(b"@grace one\n@linus two\nthree\n@grace four\n@nobody five\n@grace six\n")
    grace.must_hear(b"@ada: one\n", b"ada: three\n", b"@ada: four\n", b"@ada: six\n", by=ada)
    linus.must_hear(b"@ada: two\n", b"ada: three\n", by=ada)
    chat.must_be_told(ada, "ada wrote b'@nobody five' between other lines")
    hasty = chat.visit("hasty")
    hasty.say(b"hasty\n@grace here I am\nhello\n")
    hasty.has_joined()
    grace.must_hear(b"@hasty: here I am\n", b"hasty: hello\n", by=hasty)
    for each in ada, linus:
        each.must_hear(b"hasty: hello\n", by=hasty)
    linus.line(b"how quick")


@scene(2, "lines that are nearly private, or oddly")
def _nearly(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    for line, text in (
        (b"@grace", b""),
        (b"@grace ", b""),
        (b"@grace  two  blanks ", b" two  blanks "),
        (b"@grace @grace", b"@grace"),
    ):
        chat.happened = f"ada wrote {line!r}, which is private: whom it is for ends at the first blank, or with the line, and the text is all that stands behind that blank"
        ada.say(line + b"\n")
        grace.must_hear(b"@ada: %s\n" % text, by=ada)
    for line in (b"@", b"@ hello", b"@ grace hello", b"@GRACE hello", b"@grace: hello", b"@grace\thello", b"@@grace hello", b"@grac e", b"@grace,ada hello"):  # fmt: skip
        chat.happened = f"ada wrote {line!r}"
        ada.say(line + b"\n")
        chat.must_be_told(ada, f"ada wrote {line!r}, and nobody has such a name")
    for text in (b" @grace hello", b"hello @grace", b"(@grace)"):
        chat.happened = f"ada said {text!r}, which begins with no b'@' and is for all"
        ada.line(text)
    chat.join("linus")
    grace.line(b"that was for me, and that was not")


@scene(2, "lines that look like the protocol's own, and bytes that are no text: private, and in the history")
def _look_alike(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    noise = bytes(chat.judge.chance.sample(range(128, 256), 12))
    for text in (*LOOK_ALIKE, noise):
        chat.happened = f"ada wrote {text!r} to grace alone"
        chat.whisper(ada, grace, text)
        if not text.startswith(b"@"):
            chat.happened = f"ada said {text!r}, which is a line as any other"
            ada.line(text)
    chat.happened = "What had been said looked like the protocol's own lines, or was no text"
    (linus,) = chat.join("linus")
    chat.whisper(linus, ada, noise)
    linus.line(b"I have heard it all")


@scene(2, "names that would make a line mean two things, and odd ones that are allowed")
def _odd_names(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    for name in NO_NAMES:
        what = f"A client gave the name {name!r}, and a name has letters A to Z and a to z, digits, - and _"
        stranger = chat.visit("stranger")
        stranger.say(name + b"\n")
        stranger.must_be_turned_away(what)
        chat.happened = f"{what}: it was turned away, of which nobody else hears"
        ada.line(b"who was that?")
    hasty = chat.visit("hasty")
    hasty.say(b"@grace\nalan\n@ada let me in\nhello\n")
    what = "A client gave the name b'@grace', and sent lines behind it, in one piece"
    hasty.must_be_let_go(f"{what}: it is told that this is no name, and let go")
    chat.happened = f"{what}: after a bad name the connection is closed, and what came behind that name is nobody's line, and no other name"
    ada.line(b"who was that?")
    grace.line(b"somebody in a hurry")
    for each in ODD_NAMES:
        chat.happened = f"A member is called {each!r}, which is a name as any other"
        (odd,) = chat.join(each)
        chat.whisper(ada, odd, b"what a name")
        odd.line(b"it is my name")
    chat.whisper(grace, ada, b"how odd")


@scene(2, "half a private line, and the end: nobody hears of it")
def _half_a_line(chat: Chat) -> None:
    ada, grace, linus = chat.join("ada", "grace", "linus")
    ada.say(b"@grace half a li")
    ada.peer.wait_until_taken()
    chat.happened = "ada closed her connection in the middle of a private line, and what has no newline is no line"
    ada.leave()
    chat.all_hear(b"* ada left\n", by=ada)
    linus.say(b"@grace whole\n@grace half")
    linus.peer.wait_until_taken()
    linus.break_off()
    grace.must_hear(b"@linus: whole\n", b"* linus left\n", by=linus)
    chat.join("ada")
    grace.line(b"was there more?")


@scene(2, "one who gives a name and half-closes: it hears the history, that it has joined, and the end")
def _half_close(chat: Chat) -> None:
    ada, grace = chat.join("ada", "grace")
    ada.line(b"the door is open")
    grace.line(b"somebody looks in")
    linus = chat.visit("linus")
    chat.happened = "linus gave his name and ended his half of the connection (FIN)"
    linus.say(b"linus\n")
    linus.end()
    for each in ada, grace:
        each.must_hear(b"* linus joined\n", b"* linus left\n", by=linus)
    linus.must_be_let_go(
        "linus has ended his half of the connection: he hears what waits for him, and then the end", 12
    )
    chat.welcome(linus)
    linus.must_hear(b"* linus joined\n", by=linus)
    ada.line(b"and is gone")
