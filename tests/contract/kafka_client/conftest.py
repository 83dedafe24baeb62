"""A broker that demands what MSK demands, and the AWS credentials that it accepts."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support.msk import CREDENTIALS, MskBroker, msk_broker


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MskBroker]:
    with msk_broker(tmp_path_factory.mktemp("msk")) as running:
        yield running


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
