"""One connection to the API."""

from __future__ import annotations

import pytest

from emulation.session import open_session, send
from tests.unit.emulation.fake_api import FakeApi, message


def test_no_proxy_leads_to_this_machine(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    api.always = message(418)
    session = open_session(api.url, "the-key", {})
    assert send(session, "PUT", f"{api.url}/x.pin", b"{}").status_code == 418


def test_proxies_of_the_environment_lead_to_other_machines() -> None:
    session = open_session("https://api.example/prod", "key", {})
    assert session.trust_env
