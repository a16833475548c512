r"""What stands on a program's screen: `\r`, `\b`, erasing, colours, and whatever else a program or a stranger may send there."""

from __future__ import annotations

import re
import threading
import tracemalloc
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers.running.terminal import PLAIN, ROW, Run, Style, Terminal
from helpers.running.transcript import KEPT, MOST_NEW, TerminalTranscript, Transcript
from helpers.words import MARKS, visible
from tests.recording.support import ALL_THE_SAME
from tests.support.interrupting import interrupted
from tests.support.waiting import eventually

PAINTED = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"], include_characters="\n\t日é\u0301😀"), max_size=12
)
ORDERS = st.one_of(
    st.sampled_from(
        [
            "\r",
            "\b",
            "\n",
            "\x1b[K",
            "\x1b[0m",
            "\x1b[m",
            "\x1b[31;1m",
            "\x1b[38;5;200m",
            "\x1b[48;2;1;2;3m",
            "\x1b[2J",
            "\x1b",
            "\x1b[",
        ]
    ),
    st.builds("\x1b[{}{}".format, st.integers(0, 12), st.sampled_from("CDGK")),
)
PRINTED = st.lists(st.one_of(PAINTED, ORDERS), max_size=20).map("".join)
NARROW = st.lists(st.one_of(st.text("abc \n", max_size=5), ORDERS), max_size=20).map("".join)


def screen(*pieces: str) -> list[Run]:
    transcript = TerminalTranscript()
    for piece in pieces:
        transcript.write(piece)
    return transcript.runs


def shown(*pieces: str) -> str:
    return "".join(run.text for run in screen(*pieces))


def in_pieces(text: str, cuts: list[int]) -> list[str]:
    places = [0, *sorted({cut % (len(text) + 1) for cut in cuts}), len(text)]
    return [text[begin:end] for begin, end in zip(places, places[1:], strict=False)]


@pytest.mark.parametrize(
    ("printed", "stands"),
    [
        ("10%\r20%\r100%", "100%"),
        ("a long line\rshort", "shortg line"),
        ("a long line\r\x1b[Kshort", "short"),
        ("one\r\ntwo\r\n", "one\ntwo\n"),
        ("hidden\rshown \nnext", "shown \nnext"),
        ("abc\b\bX", "aXc"),
        ("abc\b \b\b", "ab "),
        ("\b\b\bx", "x"),
        ("spin |\b/\b-\b\\\b done", "spin  done"),
        ("12345\x1b[3D\x1b[K", "12"),
        ("12345\x1b[2D\x1b[1K", "    5"),
        ("12345\x1b[2Kx", "     x"),
        ("ab\x1b[3Cc", "ab   c"),
        ("abc\x1b[Gx\x1b[3Gy", "xby"),
        ("ab\x1b[999999999Cc", "ab" + " " * 77 + "c"),
        ("a\tb", "a\tb"),
        ("a\tb\r\tX", "a\tX"),
        ("a\tb\r--", "--      b"),
        ("12345678\r\tX", "12345678X"),
        ("日本\rab", "ab本"),
        ("日本\ra", "a 本"),
        ("日本\b\b\bx", " x本"),
        ("e\u0301a\rx", "xa"),
        ("\x1b[?25l50%\r100%\x1b[?25h\n", "100%\n"),
        ("\x1b(B\x1b[m$ ", "$ "),
    ],
)
def test_a_line_is_what_a_terminal_makes_of_it(printed: str, stands: str) -> None:
    assert shown(printed) == stands
    assert shown(*printed) == stands


@pytest.mark.parametrize(
    "printed",
    [
        "\x1b[2J", "\x1b[H", "\x1b[3A", "\x1b[1;1H", "\x1b[s", "\x1b[?1049h", "\x1bc", "\x1b7", "\x1bM",  # out of the line
        "\x1b]0;title\x07", "\x1b]8;;http://x\x1b\\link", "\x1bP1$r\x1b\\",  # to the terminal itself
        "\x1b[6n", "\x1b[c", "\x1b[8m", "\x1b[1;8m", "\x1b[38;5m", "\x1b[38;5;256m", "\x1b[38;2;1;2m", "\x1b[99m", "\x1b[3K", "\x1b[4:3m",
        "\x07", "\x00", "\x0b", "\x0c", "\x0e", "\x7f", "\x85", "\x9b31m", "\x1b", "\x1b[", "\x1b[31",
    ],
)  # fmt: skip
def test_what_would_act_elsewhere_is_spelled_out(printed: str) -> None:
    stands = visible(printed)
    assert shown(stands) == shown(printed) != ""
    assert [run.style for run in screen(printed)] == [PLAIN]
    assert shown(f"<{printed}>", *f"<{printed}>") == f"<{stands}><{stands}>"


def test_an_escape_sequence_of_a_megabyte_is_text() -> None:
    assert shown("\x1b[" + "1;" * 500_000 + "m").startswith(r"\x1b[1;1;1;")
    assert len(shown(*["\x1b[", *["1;" * 500] * 1000])) < 2 * KEPT + 100


def test_what_is_spelled_out_cannot_be_hidden_again() -> None:
    assert shown("\x1b[2J\rtwo\b\x1b[K\x1b[31m!\none\rtwo") == r"\x1b[2J\rtwo\x08\x1b[K!" + "\ntwo"


RED = Style(foreground=1)


@pytest.mark.parametrize(
    ("orders", "style"),
    [
        ("\x1b[31m", RED),
        ("\x1b[31m\x1b[1m", Style(1, bold=True)),
        ("\x1b[1;2;3;4;7;9;91;104m", Style(9, 12, True, True, True, True, True, True)),
        ("\x1b[1;2;3;4;7;9m\x1b[22;23;24;27;29m", PLAIN),
        ("\x1b[31;42m\x1b[39;49m", PLAIN),
        ("\x1b[1;31m\x1b[m", PLAIN),
        ("\x1b[1;31m\x1b[0;4m", Style(underlined=True)),
        ("\x1b[31m\x1b[;1m", Style(bold=True)),
        ("\x1b[38;5;208;48;2;1;2;3;1m", Style(208, (1, 2, 3), bold=True)),
        ("\x1b[5;31m", RED),
        ("\x1b[31m\x1b[8m", RED),
    ],
)
def test_colours_are_styles(orders: str, style: Style) -> None:
    text, seen = screen(f"{orders}word")[-1]
    assert text.endswith("word") and seen == style


def test_a_style_lasts_until_it_is_changed_and_stays_with_what_was_written_in_it() -> None:
    assert screen("a\x1b[31mb\nc\rd\x1b[0me\rX") == [Run("a", PLAIN), Run("b\n", RED), Run("Xe", PLAIN)]
    assert screen("\x1b[31mred\x1b[0m\r\x1b[2Cx") == [Run("re", RED), Run("x", PLAIN)]
    assert screen("a\x1b[31m\u0301\u0301") == [Run("a\u0301\u0301", PLAIN)]  # marks belong to their letter


@pytest.mark.slow
@settings(ALL_THE_SAME, max_examples=200)
@given(PAINTED, st.lists(st.integers(0, 100)))
def test_text_without_controls_is_what_it_was(text: str, cuts: list[int]) -> None:
    assert shown(*in_pieces(text, cuts)) == text


@settings(ALL_THE_SAME, max_examples=200)
@given(PRINTED, st.lists(st.integers(0, 300)))
def test_it_does_not_matter_where_it_is_cut(printed: str, cuts: list[int]) -> None:
    transcript = TerminalTranscript()
    for piece in in_pieces(printed, cuts):
        transcript.write(piece)
        assert transcript.runs is not None  # read in between, too
    assert transcript.runs == screen(printed)
    assert transcript.exact == printed


@settings(ALL_THE_SAME, max_examples=200)
@given(st.one_of(PRINTED, st.text()))
def test_nothing_acts_outside_of_its_line(printed: str) -> None:
    stands = shown(printed)
    assert stands.count("\n") == printed.count("\n")
    assert not [each for each in stands if unicodedata.category(each) == "Cc" and each not in "\n\t"]


@settings(ALL_THE_SAME, max_examples=200)
@given(NARROW)
def test_it_agrees_with_one_that_is_written_plainly(printed: str) -> None:
    assert shown(printed) == plainly(printed)


def plainly(printed: str) -> str:
    """The same for narrow characters, one at a time."""
    done, line, column, fixed = "", "", 0, False
    for token in re.findall(r"\x1b\[\d*[CDGK]|\x1b\[[\d;]*m|.", printed, re.DOTALL):
        number = int(re.sub(r"\D", "", token) or 0) if len(token) > 1 else 0
        most = max(79, len(line))
        match token[-1] if len(token) > 1 else token:
            case "\n":
                done, line, column, fixed = f"{done}{line}\n", "", 0, False
            case "m" if len(token) > 1:
                pass
            case "\r" if not fixed:
                column = 0
            case "\b" if not fixed:
                column = max(column - 1, 0)
            case "C" if len(token) > 1 and not fixed:
                column = min(column + max(number, 1), most)
            case "D" if len(token) > 1 and not fixed:
                column = max(column - max(number, 1), 0)
            case "G" if len(token) > 1 and not fixed:
                column = min(max(number, 1) - 1, most)
            case "K" if number == 0 and not fixed:
                line = line[:column]
            case "K" if number == 1 and not fixed:
                line = (" " * (column + 1) + line[column + 1 :])[: len(line)]
            case "K" if number == 2 and not fixed:
                line = ""
            case _:
                fixed = fixed or len(token) > 1 or not token.isprintable()
                for each in visible(token):
                    line = line.ljust(column)[:column] + each + line[column + 1 :]
                    column += 1
    return done + line


@pytest.mark.parametrize("length", [ROW - 1, ROW, ROW + 1, 5 * ROW + 3])
@pytest.mark.parametrize("letter", ["x", "日", "e\u0301"])
def test_a_long_line_goes_on_in_a_next_row(length: int, letter: str) -> None:
    terminal = Terminal()
    runs = [*terminal.feed(letter * length), *terminal.feed("\rX"), *terminal.line()]
    text = "".join(run.text for run in runs)
    assert len(text) <= len(letter) * length + 1 and text.count("X") == 1
    by_character = Terminal()
    apart = [run for each in f"{letter * length}\rX" for run in by_character.feed(each)] + by_character.line()
    assert "".join(run.text for run in apart) == text


def test_a_flood_of_marks_in_many_colours_does_not_grow_over_its_neighbours() -> None:
    flood = "".join(f"\x1b[{30 + n % 8}m\u0301" for n in range(100))
    program = helpers.background(f"print({'a' + flood!r})", "flood")
    assert program.wait(10)
    for text, _ in program.screen:
        assert re.search(f"\u0301{{{MARKS + 1}}}", visible(text)) is None
    assert [text for text, _ in program.screen] == ["a" + "\u0301" * 100, "\n"]


def test_a_bar_that_grows_for_long_is_one_line() -> None:
    transcript = TerminalTranscript()
    tracemalloc.start()
    for n in range(10_000):
        transcript.write(f"\r{n:6} {'#' * (n % 50):50}")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert str(transcript) == f"  9999 {'#' * 49} "
    assert most < 20 * MOST_NEW  # nobody has read it meanwhile


def test_what_was_overwritten_can_be_looked_up() -> None:
    program = helpers.background("print('delete all files\\rhello           ')\nprint('\\x1b[31mred\\x1b[0m')", "hides")
    assert program.wait(10)
    assert program.output == "hello           \nred\n"
    assert program.printed == "delete all files\rhello           \n\x1b[31mred\x1b[0m\n"


def test_a_long_text_in_colours_keeps_its_beginning_and_its_end() -> None:
    transcript = TerminalTranscript(kept=10)
    for n in range(100):
        transcript.write(f"\x1b[{31 + n % 2}m{n:3}")
    words = "".join(run.text for run in transcript.runs)
    assert words == "  0  1  2 \n… 280 characters are left out here …\n6 97 98 99"
    assert [run.style.foreground for run in transcript.runs if not run.text.isspace()][-3:] == [2, 1, 2]


@pytest.mark.parametrize("kind", [Transcript, TerminalTranscript])
def test_who_is_stopped_while_it_prints_locks_nobody_out(kind: type[Transcript]) -> None:
    """At whatever instruction of `write` that is."""
    number = 0
    while (read := read_after_an_interruption(kind(), number)) is not None:
        assert read in ("before\nafter\n", "before\nduring\nafter\n")
        number += 1
    assert number > 5


def read_after_an_interruption(transcript: Transcript, number: int) -> str | None:
    """What another thread reads when a write was broken off at the instruction of that number; None: it has not as many."""
    transcript.write("before\n")
    if not interrupted(lambda: transcript.write("during\n"), number):
        return None
    transcript.write("after\n")
    read: list[str] = []
    threading.Thread(target=lambda: read.append(str(transcript)), daemon=True).start()
    assert eventually(lambda: read), f"somebody is locked out by an interruption at instruction {number}"
    return read[0]


def test_many_threads_print_at_the_same_time() -> None:
    transcript = TerminalTranscript(kept=10 * KEPT)

    def write() -> None:
        for _ in range(2000):
            transcript.write("line\n")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert set(str(transcript).splitlines()) <= {"line"}
    assert str(transcript) == "line\n" * 8000


def test_an_object_that_prints_when_it_is_destroyed_may_do_so_while_others_read() -> None:
    transcript = TerminalTranscript()

    class Prints(str):
        def __del__(self) -> None:
            transcript.write("x" * MOST_NEW)
            assert "hello" not in str(transcript)[10:]

    transcript.write(Prints("hello\n"))
    assert str(transcript).startswith("hello\n")
    assert str(transcript).endswith("x")


def test_input_ends_where_it_is_ended_and_goes_on_afterwards_as_in_a_terminal() -> None:
    source = """
import sys
print(sys.stdin.read().split())
try:
    input('more? ')
except EOFError as error:
    print(error)
print(input('again? '))
"""
    program = helpers.background(source, "ends", typed=["one", "two"])
    assert eventually(lambda: program.status == "running, waits for input")
    program.end_input()
    assert eventually(lambda: program.output.endswith("more? "))
    program.end_input()
    assert eventually(lambda: program.output.endswith("again? "))
    program.type("still here")
    assert program.wait(10)
    assert program.output == "one\ntwo\n['one', 'two']\nmore? EOF when reading a line\nagain? still here\nstill here\n"
    with pytest.raises(RuntimeError, match="nobody reads its input"):
        program.end_input()


def test_a_password_is_hidden() -> None:
    program = helpers.background("import getpass\nprint(len(getpass.getpass('? ')))\ninput('name? ')", "secret")
    assert (program.hidden, program.status) == (True, "running, waits for input")
    program.type("sesame")
    assert eventually(lambda: program.output == "? \n6\nname? " and not program.hidden)
    program.stop()
    assert "sesame" not in program.printed
