"""Answers to the capstones. A file for each exercise; where there are many, right and wrong ones stand apart."""

from __future__ import annotations

from tests.checking.answers import Wrong
from tests.checking.answers.lesson20 import attack, chats, serve_files, wrong_attack, wrong_chats, wrong_serve_files

RIGHT: dict[str, list[str]] = {"chat_server": chats.RIGHT, "serve_files": serve_files.RIGHT, "attack": attack.RIGHT}
WRONG: dict[str, list[Wrong]] = {
    "chat_server": wrong_chats.WRONG,
    "serve_files": wrong_serve_files.WRONG,
    "attack": wrong_attack.WRONG,
}
