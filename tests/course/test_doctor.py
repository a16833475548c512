"""`python3 -m helpers doctor`: what it says of machines on which something is missing, or in the way."""

from __future__ import annotations

import shutil
import socket
import sys
from pathlib import Path

import pytest

from helpers.course import doctor, front_door


@pytest.mark.xdist_group("port 65431")
def test_doctor_finds_the_lectures_port_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", doctor.LECTURE_PORT)):
        assert front_door.main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "\nmend  port 65431, the lecture's, is free: stop the program that listens on it" in said


def test_doctor_where_sockets_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "create_server", refuse)
    assert [check.ok for check in (doctor.loopback(), doctor.free_port(), doctor.ipv6())] == [False, False, True]
    assert "does not need it" in doctor.ipv6().what


@pytest.mark.parametrize(("in_a_notebook", "ok"), [(False, False), (True, True)])
def test_doctor_without_a_browser(in_a_notebook: bool, ok: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    no_browser(monkeypatch)
    if in_a_notebook:
        monkeypatch.setitem(sys.modules, "ipykernel", doctor)  # any module will do
    assert doctor.browser().ok == ok
    assert ("sudo apt install chromium" in doctor.browser().mend) != ok


def test_doctor_with_a_browser_that_the_tests_cannot_drive(monkeypatch: pytest.MonkeyPatch) -> None:
    no_browser(monkeypatch)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/firefox" if name == "firefox" else None)
    assert doctor.browser().ok
    assert "tests need Chromium, Chrome or Edge: on Debian and Ubuntu, sudo apt install" in doctor.browser().what


def test_a_browser_that_is_not_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_browser(monkeypatch)
    (tmp_path / "chrome.exe").touch()
    monkeypatch.setenv("PROGRAMS", str(tmp_path))
    monkeypatch.setattr(doctor, "CHROMIUM_PLACES", ("/no/such/place", "${PROGRAMS}/chrome.exe"))
    assert doctor.find_chromium() == f"{tmp_path}/chrome.exe"
    assert doctor.browser() == doctor.Check("a browser")


def no_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked in a terminal, of a machine that has none."""
    import webbrowser

    def fail() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(doctor, "CHROMIUM_PLACES", ())
    monkeypatch.setattr(webbrowser, "get", fail)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)


def test_a_port_that_windows_keeps_is_held_by_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> socket.socket:
        raise PermissionError(10013, "forbidden by its access permissions")

    monkeypatch.setattr(socket, "create_server", denied)
    assert "excludedportrange" in doctor.lecture_port().mend
