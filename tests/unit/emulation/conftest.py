"""Fixtures of the emulator's tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tests.unit.emulation.fake_api import FakeApi, serve


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    server = serve(fake)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield fake
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API", "API_KEY", "USER_ID", "SOURCE", "EMULATOR_STATE"):
        monkeypatch.delenv(f"PINTEREST_{name}", raising=False)
