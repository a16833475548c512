"""Whether this machine can take the course: one line a check, with the mend where there is one.

Runs on a bare Python, before anything is installed. A line that is ok reads the same on every machine.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
from pathlib import Path
from typing import NamedTuple

from helpers.words import visible

LECTURE_PORT = 65431
SECOND = 1.0  # no check takes longer

CHROMIUM_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
CHROMIUM_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "~/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
    r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe",
    r"%ProgramFiles(x86)%\Microsoft\Edge\Application\msedge.exe",
)
"""Where Chromium, Chrome and Edge are, which the course's tests can drive."""
OTHER_BROWSERS = ("firefox", "brave-browser", "epiphany")
GET_CHROMIUM = "on Debian and Ubuntu, sudo apt install chromium; elsewhere install Google Chrome from google.com/chrome"


class Check(NamedTuple):
    """What was looked at, and what to do about it: empty where it is well."""

    what: str
    mend: str = ""

    @property
    def ok(self) -> bool:
        return not self.mend

    def __str__(self) -> str:
        return f"ok    {self.what}" if self.ok else f"mend  {self.what}: {self.mend}"


def doctor() -> None:
    """Print a line for each check: ok, or what to mend."""
    report(checks())


def report(found: list[Check]) -> bool:
    """Print a line for each check; whether all are ok."""
    for check in found:
        print(check)
    return all(check.ok for check in found)


def checks() -> list[Check]:
    """Everything the course needs of a machine."""
    return [python(), installer(), loopback(), free_port(), lecture_port(), ipv6(), browser()]


def machine() -> str:
    """What whoever is asked for help wants to know first."""
    import platform

    return f"Python {platform.python_version()}, {platform.system()} {platform.release()} on {platform.machine()}"


def python() -> Check:
    return Check("Python 3.11 or newer")  # the front door has turned every older one away


def installer() -> Check:
    from importlib.util import find_spec

    what = "venv and pip, which install the course"
    if find_spec("venv") and find_spec("ensurepip"):
        return Check(what)
    return Check(what, "on Debian and Ubuntu, sudo apt install python3-venv; elsewhere install Python from python.org")


def loopback() -> Check:
    what = "a message to 127.0.0.1 comes back"
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(SECOND)
            with socket.create_connection(server.getsockname(), timeout=SECOND) as client:
                conn, _ = server.accept()
                with conn:
                    conn.settimeout(SECOND)
                    client.sendall(b"hello")
                    conn.sendall(conn.recv(5))
                    answer = client.recv(5)
    except OSError as error:
        return Check(
            what, f"a firewall or security program may stand in the way, let Python through it ({visible(str(error))})"
        )
    return Check(what) if answer == b"hello" else Check(what, f"something changes what is sent: {answer!r} came back")


def free_port() -> Check:
    what = "the system hands out a free port"
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            assert server.getsockname()[1] != 0
    except OSError as error:
        return Check(
            what, f"end programs that hold many connections open, or restart the machine ({visible(str(error))})"
        )
    return Check(what)


def lecture_port() -> Check:
    what = f"port {LECTURE_PORT}, the lecture's, is free"
    try:
        socket.create_server(("127.0.0.1", LECTURE_PORT)).close()
    except PermissionError:  # Windows gives ranges of ports to its own parts (Hyper-V), others at each start
        return Check(
            what,
            "this system keeps it for itself: restart the machine, or see which ranges it keeps (`netsh interface ipv4 show excludedportrange"
            " protocol=tcp`). The lessons choose ports of their own; only the lecture's two programs need this one",
        )
    except OSError:
        finder = f"netstat -ano | findstr {LECTURE_PORT}" if sys.platform == "win32" else f"lsof -i :{LECTURE_PORT}"
        return Check(
            what,
            "stop the program that listens on it: a lesson that is still open (Kernel > Shut Down All Kernels),"
            f" the lecture's server.py in another terminal, or what `{finder}` names. Where nothing is named, a server ended there just now:"
            " wait a minute",
        )
    return Check(what)


def ipv6() -> Check:
    """Never wants mending: no lesson needs it. Machines in the cloud and containers often have it switched off."""
    what = "IPv6 loopback ::1"
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return Check(f"{what} (off here; the course does not need it)")
    return Check(what)


def browser() -> Check:
    """A learner's may be any; where it is none that the course's tests can drive, the line says so, as a remark."""
    what = "a browser"
    if "ipykernel" in sys.modules:  # asked from a notebook: somebody is reading it in one, perhaps on another machine
        return Check(what)
    if find_chromium() is not None:
        return Check(what)
    if has_other_browser():
        return Check(f"{what} (the course's own tests need Chromium, Chrome or Edge: {GET_CHROMIUM})")
    return Check(what, f"{GET_CHROMIUM}; or open the address that JupyterLab prints in another machine's browser")


def find_chromium() -> str | None:
    """The program file of an installed Chromium, Chrome or Edge."""
    on_path = (shutil.which(name) for name in CHROMIUM_NAMES)
    in_place = (
        path for place in CHROMIUM_PLACES if Path(path := os.path.expandvars(os.path.expanduser(place))).is_file()
    )
    return next((found for found in (*on_path, *in_place) if found), None)


def has_other_browser() -> bool:
    """Whether this machine has some other browser."""
    import webbrowser

    if any(map(shutil.which, OTHER_BROWSERS)):
        return True
    try:
        webbrowser.get()
    except webbrowser.Error:
        return False
    return True
