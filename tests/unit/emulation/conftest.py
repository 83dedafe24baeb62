"""Fixtures of the emulator's tests."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.emulator_command import Command
from tests.support.fake_api import FakeApi, serve
from tests.support.sources import write_posts


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


@pytest.fixture
def environment(api: FakeApi, tmp_path: Path) -> dict[str, str]:
    return {
        "PINTEREST_API": api.url,
        "PINTEREST_API_KEY": "the-key",
        "PINTEREST_EMULATOR_STATE": str(tmp_path / "state"),
    }


@pytest.fixture
def command(environment: dict[str, str]) -> Command:
    return Command(environment)


@pytest.fixture
def source(tmp_path: Path) -> str:
    return write_posts(tmp_path / "posts.db", range(10))
