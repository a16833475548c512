"""Every socket of these tests is traced."""

from __future__ import annotations

import ssl

import pytest

from helpers.running.install import install
from tests.support.certificates import Contexts, contexts_for


@pytest.fixture(autouse=True)
def traced() -> None:
    install()


@pytest.fixture
def contexts() -> Contexts:
    return contexts_for()


@pytest.fixture(params=[ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_2], ids=["TLS 1.3", "TLS 1.2"])
def either(request: pytest.FixtureRequest) -> Contexts:
    return contexts_for(request.param)
