"""The panel of bytes and text: what comes of a text, of lost bytes, of hostile ones, and the code that does the same. How it is worked in a browser: tests/browser."""

from __future__ import annotations

import ast
import codecs
import itertools
import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

import helpers
from helpers.course import storing
from helpers.notebook.boxes import STORED, WIDGET_VIEW
from helpers.notebook.widget import LiveWidget
from helpers.panels import TextPanel
from helpers.panels.texts.panel import ENCODINGS, HANDLERS, LONGEST
from helpers.panels.texts.state import MOST
from tests.support.costs import costs_less
from tests.support.notebooks import notebook_of, send_to

EVIL = "<script>evil()</script><img src=x onerror='evil()'>\x1b[31m\u202e\x00\ud800" + "e\u0301" * 50
SAMPLES = ["", "Z", "Zürich", "5 €", "世界", "👩\u200d💻", "e\u0301", "שלום", "a\r\nb", "'\"\\", "\x00", "\ud800", EVIL]


def run(lines: str) -> tuple[object, str]:
    """What the last line gives, or the last line of the traceback."""
    *before, last = ast.parse(lines).body
    space: dict[str, Any] = {"codecs": codecs}
    try:
        exec(compile(ast.Module([*before], []), "cell", "exec"), space)
        if isinstance(last, ast.Expr):
            return eval(compile(ast.Expression(last.value), "cell", "eval"), space), ""
        exec(compile(ast.Module([last], []), "cell", "exec"), space)
        return space["data"], ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def comments(lines: str) -> list[str]:
    return [line for line in lines.splitlines() if line.startswith("#")]


# There and back.


def test_it_begins_with_a_text_its_bytes_and_the_same_text_again() -> None:
    panel = helpers.panels.text()
    shown = panel.describe()
    assert "- encode, utf-8: 6 characters become 7 bytes\n" in shown
    assert "- bytes: all 7 arrive\n" in shown
    assert "- decode, utf-8: gives 'Zürich', the same text\n" in shown
    assert "c3 = 110[00011], bc = 10[111100]" in shown
    seen = panel.seen()
    assert bytes.fromhex(seen["bytes"]["hex"]) == "Zürich".encode()
    assert "U+00FC" in seen["encodes"]["words"]
    assert not seen["decodes"]["image"]  # it would show nothing new
    assert panel.as_code() == (
        "data = 'Zürich'.encode('utf-8')\n# b'Z\\xc3\\xbcrich'\ndata.decode('utf-8')\n# 'Zürich'"
    )


def test_a_dropped_byte() -> None:
    panel = helpers.panels.text()
    panel.drop(2)
    seen = panel.seen()
    assert seen["bytes"]["dropped"] == [2]
    assert seen["decoded"] == {
        "said": "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xc3 in position 1: invalid continuation byte",
        "fell": True,
    }
    assert "broken, position 1" in seen["decodes"]["words"]
    assert "data = data[:2] + data[3:]\n# b'Z\\xc3rich'\n" in panel.as_code()
    panel.decode(errors="ignore")
    assert panel.seen()["decoded"]["said"] == "gives 'Zrich', not the text above"
    panel.drop(2, False)
    assert panel.seen()["decoded"]["said"] == "gives 'Zürich', the same text"


def test_a_cut_loses_the_rest_or_makes_a_second_piece() -> None:
    panel = helpers.panels.text()
    panel.cut(2)
    assert "unexpected end of data" in panel.seen()["decoded"]["said"]
    assert "data = data[:2]\n# b'Z\\xc3'\n" in panel.as_code()
    panel.cut(2, in_pieces=True)
    seen = panel.seen()
    assert seen["bytes"]["said"] == "all 7 arrive, in two pieces: 2 and 5"
    assert seen["decoded"]["said"] == "an incremental decoder gives 'Zürich', the same text"
    assert "--- cut ---" in seen["decodes"]["words"] or "| cut |" in seen["decodes"]["words"]
    assert "first, second = data[:2], data[2:]" in panel.as_code()
    panel.put_back()
    assert panel.seen()["bytes"]["said"] == "all 7 arrive"


def test_other_encodings_each_way() -> None:
    panel = helpers.panels.text()
    panel.decode("latin-1")
    assert panel.seen()["decoded"]["said"] == "gives 'ZÃ¼rich', not the text above"
    panel.encode("latin-1")
    assert panel.seen()["decoded"]["said"] == "gives 'Zürich', the same text"
    panel.decode("utf-8")
    assert "byte 0xfc in position 1: invalid start byte" in panel.seen()["decoded"]["said"]
    panel.encode("ascii")
    seen = panel.seen()
    assert seen["encoded"]["said"].startswith("UnicodeEncodeError: 'ascii' codec can't encode character")
    assert (seen["bytes"]["number"], seen["decoded"]["said"]) == (0, "nothing to decode")
    assert panel.as_code().splitlines()[-1] == f"# {seen['encoded']['said']}"
    panel.encode("ascii", "xmlcharrefreplace")
    panel.decode()
    assert panel.seen()["decoded"]["said"] == "gives 'Z&#252;rich', not the text above"


def test_other_bytes_are_whole_and_the_same_bytes_stay_as_they_are() -> None:
    panel = helpers.panels.text()
    panel.drop(1)
    panel.cut(5)
    panel.encode("utf-8", "replace")
    panel.decode("cp1252")
    assert panel.seen()["bytes"]["dropped"] == [1]
    assert panel.seen()["controls"]["cut"] == 5
    panel.encode("latin-1")
    assert panel.seen()["bytes"]["dropped"] == []
    assert panel.seen()["controls"]["cut"] == 6
    panel.drop(1)
    panel.type("Züri")
    assert panel.seen()["bytes"]["said"] == "all 4 arrive"


@pytest.mark.slow
@pytest.mark.parametrize("errors", HANDLERS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_code_gives_what_its_comments_say(encoding: str, errors: str) -> None:
    chance = random.Random(f"{encoding} {errors}")
    for text in SAMPLES:
        panel = helpers.panels.text(text, encoding, errors)
        try:
            number = len(text.encode(encoding, errors))
        except (TypeError, UnicodeError):
            number = 0
        for position in chance.sample(range(number), min(number, 3)):
            panel.drop(position)
        panel.cut(chance.randint(0, number), in_pieces=chance.random() < 0.5)
        gives, raises = run(panel.as_code())
        told = comments(panel.as_code())[-1].removeprefix("# ")
        if raises:
            assert told == raises
        elif "… and" not in told:
            assert ast.literal_eval(told) == gives
        assert panel.as_code().replace("\n", "").isprintable()


# Bytes instead of a text.


@pytest.mark.parametrize("typed", [r"b'J\xf6rg'", r' b"J\xf6rg"' + "\n", r"B'J\366rg'"])
def test_bytes_are_typed_as_python_writes_them(typed: str) -> None:
    panel = helpers.panels.text(typed)
    seen = panel.seen()
    assert seen["field"]["is_bytes"]
    assert json.loads(seen["field"]["text"]) == typed  # as it was typed
    assert bytes.fromhex(seen["bytes"]["hex"]) == b"J\xf6rg"
    assert not seen["encodes"]["image"] and "broken, position 1" in seen["decodes"]["words"]
    assert panel.as_code().startswith("data = b'J\\xf6rg'\ndata.decode('utf-8')\n# UnicodeDecodeError")
    assert "encode" not in panel.describe().partition("\n\n")[0]


def test_a_panel_of_bytes() -> None:
    panel = helpers.panels.text(b"Z\xc3\xbcrich", errors="replace")
    assert json.loads(panel.seen()["field"]["text"]) == r"b'Z\xc3\xbcrich'"
    assert panel.seen()["decoded"]["said"] == "gives 'Zürich'"
    panel.drop(2)
    assert panel.seen()["decoded"]["said"] == "gives 'Z�rich'"


@pytest.mark.parametrize(
    "typed",
    ["b'", "b'a", "b'a'b'b'", "b'ü'", r"b'\xg0'", r"b'\d'", r"b'\400'", "b'''a'''", "rb'a'", "b'a' + b'b'", "b"],
)
def test_anything_else_is_a_text(typed: str, recwarn: pytest.WarningsRecorder) -> None:
    assert not helpers.panels.text(typed).seen()["field"]["is_bytes"]
    assert not recwarn


def test_a_literal_that_never_ends_is_looked_through_quickly() -> None:
    assert costs_less(2, lambda: helpers.panels.text("b'" + r"\111" * 1000).type("b'" + r"\1" * 4000), tries=3)


# Long and hostile ones.


def test_a_megabyte_is_cut_and_the_panel_says_so() -> None:
    def cut() -> TextPanel:
        panel = helpers.panels.text("é" * 1_000_000, "utf-8")
        panel.decode("ascii")  # each byte is broken
        panel.describe()
        return panel

    assert costs_less(5, cut, tries=3)
    panel = cut()
    shown = panel.describe()
    assert f"Only the first {MOST:,} characters are kept; {1_000_000 - MOST:,} are left out." in shown
    assert "left out …" in panel.seen()["encodes"]["words"]
    assert len(shown) < 20_000
    assert json.loads(panel.seen()["field"]["text"]) == "é" * MOST
    panel.obey({"do": "type", "text": "x" * LONGEST, "more": 1000})
    assert f"{LONGEST + 1000 - MOST:,} are left out" in panel.describe()
    panel.type(bytes(MOST + 1))
    assert f"Only the first {MOST:,} bytes are kept; 1 is left out." in panel.describe()
    assert json.loads(panel.seen()["field"]["text"]) == repr(bytes(MOST))


def test_hostile_text_stays_text_and_is_visible() -> None:
    for panel in (helpers.panels.text(EVIL), helpers.panels.text(EVIL.encode("utf-8", "surrogatepass"))):
        html = panel.as_html()
        assert not re.search(r"<script|<img src=x", html)
        seen = panel.seen()
        shown = [html, panel.describe(), repr(panel), *(str(part) for part in seen.values())]
        assert not any(character in text for text in shown for character in "\x1b\u202e\x00\ud800")
        assert "\u0301" not in panel.as_code()
        json.dumps(seen, ensure_ascii=False).encode()  # as a kernel sends it
    panel = helpers.panels.text(EVIL)
    assert json.loads(panel.seen()["field"]["text"]) == EVIL  # what was typed stays as it is


# Wrong arguments, and messages that make no sense.


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((5,), TypeError, r"takes a text or bytes: helpers\.panels\.text\('Zürich'\)\. This is 5\."),
        (("Z", 8), TypeError, "encoding and errors are names: .* This is 8"),
        (("Z", "utf-8", None), TypeError, "encoding and errors are names: .* This is None"),
        (("Z", "utf-88"), ValueError, "Python knows no text encoding named 'utf-88': write 'utf-8'"),
        (("Z", "rot13"), ValueError, "no text encoding named 'rot13'"),
        (("Z", "utf-8", "lenient"), ValueError, "Python knows no error handler named 'lenient': write 'strict'"),
    ],
)
def test_wrong_arguments_get_a_sentence(arguments: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        helpers.panels.text(*arguments)


def test_a_wrong_argument_is_shown_briefly() -> None:
    with pytest.raises(TypeError) as caught:
        helpers.panels.text([b"x" * 10**6, "\x1b"])  # type: ignore[arg-type]
    assert len(str(caught.value)) < 200 and "\x1b" not in str(caught.value)


def test_an_error_handler_that_was_changed() -> None:
    for mark in "?!":
        codecs.register_error("mine", lambda error, mark=mark: (mark, error.end))  # type: ignore[misc]
        panel = helpers.panels.text("é", "ascii", "mine")
        assert f"# b'{mark}'" in panel.as_code() and f"gives b'{mark}'" in panel.describe()


def test_a_codec_that_knows_nothing_of_pieces() -> None:
    def find(name: str) -> codecs.CodecInfo | None:
        plain = codecs.lookup("ascii")
        return codecs.CodecInfo(plain.encode, plain.decode, name="whole") if name == "whole" else None

    codecs.register(find)
    try:
        panel = helpers.panels.text("abc", "whole")
        panel.cut(1, in_pieces=True)
        assert "LookupError: whole" in panel.as_code()
    finally:
        codecs.unregister(find)


def test_a_byte_that_is_not_there_gets_a_sentence() -> None:
    panel = helpers.panels.text()
    for position in (-1, 7):
        with pytest.raises(IndexError, match=f"There is no byte at position {position}: there are 7, counted from 0"):
            panel.drop(position)
    with pytest.raises(IndexError, match="cannot be cut at position 8: there are 7 bytes"):
        panel.cut(8)


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "dance"},
        {"do": "type", "text": 5, "more": 0},
        {"do": "type", "text": "x"},
        {"do": "type", "text": "Zürich", "more": -5},
        {"do": "encode", "encoding": "utf-88", "errors": "strict"},
        {"do": "decode", "encoding": "utf-8", "errors": "lenient"},
        {"do": "drop", "position": 7, "on": True},
        {"do": "drop", "position": "1", "on": True},
        {"do": "cut", "position": -1},
        {"do": "pieces", "on": "yes"},
    ],
)
def test_messages_that_make_no_sense_change_nothing(message: dict[str, Any]) -> None:
    panel = helpers.panels.text()
    before = panel.describe()
    panel.obey(message)
    assert panel.describe() == before


def test_the_controls_do_what_the_methods_do() -> None:
    by_hand, by_code = helpers.panels.text("x"), helpers.panels.text("x")
    steps: list[tuple[dict[str, Any], Any]] = [
        ({"do": "type", "text": "Grüße", "more": 0}, lambda: by_code.type("Grüße")),
        (
            {"do": "encode", "encoding": "utf-16-le", "errors": "ignore"},
            lambda: by_code.encode("utf-16-le", "ignore"),
        ),
        ({"do": "decode", "encoding": "utf-8", "errors": "replace"}, lambda: by_code.decode("utf-8", "replace")),
        ({"do": "drop", "position": 3, "on": True}, lambda: by_code.drop(3)),
        ({"do": "cut", "position": 5}, lambda: by_code.cut(5)),
        ({"do": "pieces", "on": True}, lambda: by_code.cut(5, in_pieces=True)),
        ({"do": "drop", "position": 3, "on": False}, lambda: by_code.drop(3, dropped=False)),
        ({"do": "put back"}, lambda: by_code.put_back()),
    ]
    told = set()
    for message, call in steps:
        by_hand.obey(message)
        call()
        assert by_hand.seen() == by_code.seen()
        told.add(by_hand.describe())
    assert len(told) == len(steps) - 1  # each did something; the last led back to what had been


# What the browser gets, and what is stored.


def test_an_answer_travels_only_in_parts_that_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = helpers.panels.text()
    widget = LiveWidget(panel)
    sent: list[set[str]] = []
    monkeypatch.setattr(widget, "send_state", lambda key=None: sent.append(set(key or ())))
    panel.decode("latin-1")
    assert {"controls", "decoded", "decodes", "code"} == set().union(*sent)
    assert widget.decoded["said"] == "gives 'ZÃ¼rich', not the text above"
    widget.close()


def test_closed_it_does_nothing() -> None:
    panel = helpers.panels.text()
    panel.close()
    panel.type("x")
    panel.obey({"do": "type", "text": "x", "more": 0})
    assert "Zürich" in panel.describe()
    assert panel.seen()["controls"]["closed"]


def test_stored_it_is_the_same_at_every_run() -> None:
    def made() -> TextPanel:
        panel = helpers.panels.text("Grüße, 世界 😀")
        panel.drop(3)
        return panel

    assert made().as_html() == made().as_html()
    assert made().describe() == made().describe()
    assert made().as_html().count('<img alt="') == 2
    assert made()._repr_mimebundle_() == {"text/plain": made().describe(), "text/html": made().as_html()}


def test_in_a_plain_script_it_is_text() -> None:
    assert set(helpers.panels.text()._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_every_cut_of_a_text_is_survived_by_a_decoder_that_remembers() -> None:
    text = "Grüße 世界 😀"
    for encoding in ("utf-8", "utf-16", "utf-32-le", "utf-16-be"):
        panel = helpers.panels.text(text, encoding)
        for position in range(len(text.encode(encoding))):
            panel.cut(position, in_pieces=True)
            assert panel.seen()["decoded"]["said"].endswith("the same text"), (encoding, position)


def test_any_set_of_dropped_bytes_makes_right_code() -> None:
    panel = helpers.panels.text("abcdef", "ascii")
    for lost in itertools.chain.from_iterable(itertools.combinations(range(6), n) for n in range(7)):
        panel.put_back()
        for position in lost:
            panel.drop(position)
        left = "".join(letter for position, letter in enumerate("abcdef") if position not in lost)
        assert run(panel.as_code()) == (left, "")


def test_a_key_costs_the_kernel_little() -> None:
    text = ("Grüße, 世界 😀 " * 9)[:99]
    panel = helpers.panels.text(text)
    panel.decode("latin-1")  # two pictures
    widget = LiveWidget(panel)
    letters = itertools.cycle("abcdefghij")
    assert costs_less(0.05, lambda: send_to(widget, do="type", text=text + next(letters), more=0, id=1))
    widget.close()
    assert "100 characters become" in widget.encoded["said"]


# In a kernel.


@pytest.mark.slow
def test_a_cell_that_holds_a_panel_runs_unattended(tmp_path: Path) -> None:
    cells = ["import helpers\nhelpers.panels.text('Z\\ud800ü')", "panel = helpers.panels.text()\npanel.drop(2)\npanel"]
    lesson = notebook_of(*cells)
    storing.run(lesson, tmp_path)
    hostile, shown = (cell.outputs[0].data for cell in lesson.cells)
    assert set(hostile) == set(shown) == {"text/plain", "text/html", WIDGET_VIEW}
    panel = helpers.panels.text()
    panel.drop(2)
    assert (shown["text/plain"], shown["text/html"]) == (f"{panel.as_text()}\n({STORED})", panel.as_html())
    assert STORED in panel.as_html()
