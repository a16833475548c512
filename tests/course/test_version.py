"""One version, wherever it is said; and what whoever takes the course up reads of it."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from importlib.metadata import version
from typing import Any

import jsonschema
import pytest
import yaml

import helpers
from helpers.course.environment import ROOT

NAMED = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}},
    "additionalProperties": False,
}
PERSON = {
    "type": "object",
    "required": ["family-names", "given-names"],
    "properties": {"family-names": {"type": "string"}, "given-names": {"type": "string"}},
    "additionalProperties": False,
}
AUTHORS = {"type": "array", "minItems": 1, "items": {"anyOf": [NAMED, PERSON]}}
TEXT = {"type": "string", "minLength": 1}
CFF = {
    "type": "object",
    "required": ["cff-version", "message", "title", "authors", "version", "date-released"],
    "properties": {
        "cff-version": {"const": "1.2.0"},
        "message": TEXT,
        "type": {"enum": ["software", "dataset"]},
        "title": TEXT,
        "abstract": TEXT,
        "version": TEXT,
        "date-released": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "authors": AUTHORS,
        "keywords": {"type": "array", "minItems": 1, "uniqueItems": True, "items": TEXT},
        "references": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["type", "title", "authors"],
                "properties": {"type": {"const": "slides"}, "title": TEXT, "notes": TEXT, "authors": AUTHORS},
                "additionalProperties": False,
            },
        },
    },
    "additionalProperties": False,
}
"""What of the Citation File Format 1.2.0 the course uses."""


def cited() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    return read


def test_the_package_has_the_courses_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert "version" not in project and project["dynamic"] == ["version"]  # flit takes it from the package
    assert version("networking-with-python") == helpers.__version__


def test_it_can_be_cited_as_it_is() -> None:
    jsonschema.validate(cited(), CFF)
    assert cited()["version"] == helpers.__version__
    date.fromisoformat(cited()["date-released"])


@pytest.mark.parametrize("changed", [{"version": 1.0}, {"authors": []}, {"cff-version": "1.1.0"}, {"licence": "MIT"}])
def test_what_is_no_citation_is_seen(changed: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(cited() | changed, CFF)


def test_the_newest_version_comes_first_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## (\d+(?:\.\d+)+) \((\d{4}-\d\d-\d\d)\)$", text, re.MULTILINE)
    assert released[0] == (helpers.__version__, cited()["date-released"])
    assert released == sorted(released, key=lambda each: [int(number) for number in each[0].split(".")], reverse=True)
