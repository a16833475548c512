"""Every check of these tests notes its progress in a folder of its own."""

from __future__ import annotations

import pathlib

import pytest

from helpers.notebook.learner import FOLDER_VARIABLE


@pytest.fixture(autouse=True)
def progress_of_its_own(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
