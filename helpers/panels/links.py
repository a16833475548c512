"""The panel of a link: sliders to set its faults while a conversation runs, with the picture of that beneath.

There are three of it, which say the same: a live one (a widget), one in HTML for a page without a kernel, and plain text (`LinkPanel.describe`).
"""

from __future__ import annotations

import functools
import html
import threading
import weakref
from collections.abc import Callable
from typing import Any

from helpers.console import visible
from helpers.link import Link
from helpers.panels.runs import Runs
from helpers.panels.settings import Settings
from helpers.storing import WIDGET_VIEW

FIRST = 2.0
"""Seconds that making a panel waits for its first run: most are over in a moment, and stand in the cell's output from the beginning."""

_panels: weakref.WeakValueDictionary[int, LinkPanel] = weakref.WeakValueDictionary()


def link(link: Link, talk: Callable[[], object]) -> LinkPanel:
    """A panel to play with the faults of `link`, which runs, while `talk()` holds a conversation through it.

    `talk` is the client: it connects to `link.address`, sends, receives. It runs at once, again whenever a slider is moved, and on a button; what it
    prints and raises is shown in the panel. As the last line of a cell the panel is shown. A second panel for the same link closes the first.

    >>> def talk():
    ...     with socket.create_connection(link.address) as s:
    ...         s.sendall(b"hello")
    ...         s.recv(1024)
    >>> helpers.panels.link(link, talk)
    """
    if not isinstance(link, Link):
        raise TypeError(f"A panel is made for a link: helpers.panels.link(link, talk). This is {link!r}.")
    if not callable(talk):
        raise TypeError(f"talk is a function that the panel calls: write talk, not talk(). This is {talk!r}.")
    if (former := _panels.get(id(link))) is not None:
        former.close()
    panel = _panels[id(link)] = LinkPanel(link, talk)
    panel.begin()
    return panel


class LinkPanel:
    """Made by `link`."""

    def __init__(self, link: Link, talk: Callable[[], object]) -> None:
        name = getattr(talk, "__name__", "")
        self.name = name if name.isidentifier() else "talk"
        """What the conversation is called."""
        self._link = link
        self._settings = Settings(link)
        self._runs = Runs(talk, self.name, self._changed)
        self._watchers: list[Callable[[], None]] = []
        self._lock = threading.RLock()  # some kernels call back from several threads
        self._closed = False

    def begin(self) -> None:
        """Run the conversation for the first time, and wait until it has ended, `FIRST` seconds at most."""
        self.run()
        try:
            self._runs.wait(FIRST)
        except BaseException:  # the cell was interrupted
            self.close()
            raise

    def run(self) -> None:
        """Run the conversation again; one that goes on is ended first."""
        if self._link.running:
            self._runs.again()

    def wait(self, timeout: float) -> bool:
        """Wait until nothing runs, `timeout` seconds at most. Whether nothing does."""
        return self._runs.wait(timeout)

    def close(self) -> None:
        """End the conversation if it goes on, and run it no more. The faults stay as they are."""
        if self._closed:
            return
        self._closed = True
        self._runs.close()
        self._changed()
        self._watchers.clear()

    def obey(self, message: dict[str, Any]) -> None:
        """Do what a control asks for; see panel.js. What makes no sense is overlooked."""
        with self._lock:
            if self._closed:
                return
            try:
                changed = self._do(message)
            except (LookupError, ValueError):
                return
            if changed and self._link.running:
                self._runs.note_change()

    def watch_for_changes(self, callback: Callable[[], None]) -> None:
        """Call `callback`, in whatever thread, whenever there is something new to see."""
        self._watchers.append(callback)

    # What there is to see

    @property
    def status(self) -> str:
        """What it does, in a few words."""
        if self._closed:
            return "closed; run the cell again for a new panel"
        status = self._runs.status
        if self._link.running:
            return status
        return f"{status}. The link is stopped, so nobody listens at its address: call link.start(), then run again"

    @property
    def busy(self) -> bool:
        """Whether the conversation goes on, or its bytes are still on their way."""
        return not self._closed and (self._runs.lingers or (self._runs.talk is not None and self._runs.talk.running))

    @property
    def output(self) -> str:
        """What the latest run printed."""
        return visible(self._runs.talk.output) if self._runs.talk is not None else ""

    @property
    def error(self) -> str:
        """What it raised, as text, or why it cannot be ended or drawn."""
        raised = self._runs.talk.error if self._runs.talk is not None else None
        return visible("\n".join(filter(None, (raised, self._runs.trouble))))

    def as_controls(self) -> dict[str, Any]:
        """How the controls stand, for the widget."""
        with self._lock:
            return {**self._settings.as_controls(), "closed": self._closed}

    def as_run(self) -> dict[str, Any]:
        """What the latest run did, for the widget."""
        return {"status": self.status, "busy": self.busy, "output": self.output, "error": self.error}

    def as_picture(self) -> dict[str, str]:
        """The picture of the latest run, for the widget."""
        picture = self._runs.picture
        if picture is None:
            return {"image": "", "alt": "", "words": ""}
        return {"image": str(picture.image), "alt": visible(picture.alt), "words": visible(picture.text)}

    def describe(self) -> str:
        """The panel in plain text."""
        lines = ["panel of the link", *(f"- {line}" for line in self._settings.in_words()), "", "the same in code:"]
        lines += [f"    {line}" for line in self._settings.as_code().splitlines()]
        lines += ["", f"{self.name}: {self.status}"]
        for text in (self.output, self.error):
            lines += [f"| {line}" for line in text.splitlines()]
        if self._runs.picture is not None:
            lines += ["", visible(self._runs.picture.describe())]
        return "\n".join(lines)

    def as_html(self) -> str:
        """The panel as it is now, for a page without a kernel: styled inline, since a notebook that is not trusted loses style sheets."""
        parts = [
            f'<div role="group" aria-label="panel of the link" style="border: {_LINE}; border-radius: 3px; '
            'font-size: 13px; line-height: 1.4">',
            f'<div style="background: {_TINT}; padding: 5px 8px"><strong>Faults of the link</strong></div>',
            f'<ul style="margin: 5px 0">{"".join(f"<li>{_safe(line)}</li>" for line in self._settings.in_words())}</ul>',
            _text("the same in code", self._settings.as_code()),
            f'<div style="background: {_TINT}; border-top: {_LINE}; padding: 5px 8px">'
            f'<strong style="font-family: monospace">{_safe(self.name)}</strong>&ensp;<span>{_safe(self.status)}</span></div>',
            _text(f"output of {self.name}", self.output) if self.output else "",
            _text(f"error of {self.name}", self.error, "; border-left: 4px solid #d55e00") if self.error else "",
            f'<div style="padding: 5px 8px">{self._runs.picture.as_html()}</div>' if self._runs.picture else "",
        ]
        return "".join(parts) + "</div>"

    @functools.cached_property
    def _view(self) -> dict[str, Any] | None:
        """What shows the live panel; None where there is no kernel, or no widget to be had."""
        try:
            from IPython.core.getipython import get_ipython

            if getattr(get_ipython(), "kernel", None) is None:
                return None
            from helpers.panels.widget import LinkWidget  # 150 ms, needed where a panel is shown
        except ImportError:
            return None
        return {"version_major": 2, "version_minor": 0, "model_id": LinkWidget(self).model_id}

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle = {"text/plain": self.describe(), "text/html": self.as_html()}
        return bundle if self._view is None else {**bundle, WIDGET_VIEW: self._view}

    def __repr__(self) -> str:
        return f"<panel of {self._link!r}: {self.status}>"

    def _do(self, message: dict[str, Any]) -> bool:
        """Do it; whether that changes what a run depends on."""
        match message:
            case {"do": "move", "fault": str(fault), "place": int(place)}:
                self._settings.move(fault, place)
            case {"do": "switch", "fault": str(fault), "on": bool(on)}:
                self._settings.switch(fault, on)
            case {"do": "down", "on": bool(on)}:
                self._link.down = on
            case {"do": "all off"}:
                self._settings.all_off()
            case {"do": "turn", "direction": "both" | "upstream" | "downstream" as direction}:
                self._settings.direction = direction
                return False
            case {"do": "run"}:
                self.run()
                return False
            case {"do": "stop"}:
                self._runs.stop()
                return False
            case _:
                return False
        return True

    def _changed(self) -> None:
        for callback in list(self._watchers):
            callback()


_LINE, _TINT = "1px solid rgba(128, 128, 128, 0.5)", "rgba(128, 128, 128, 0.12)"


def _text(label: str, text: str, mark: str = "") -> str:
    return (
        f'<pre tabindex="0" aria-label="{html.escape(visible(label))}" style="border-top: {_LINE}{mark}; margin: 0; '
        f'max-height: 22em; overflow: auto; overflow-wrap: anywhere; padding: 5px 8px; white-space: pre-wrap">{_safe(text)}</pre>'
    )


def _safe(text: str) -> str:
    return html.escape(visible(text), quote=False)
