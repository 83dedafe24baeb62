"""Tests of the broker and Connect as services, without starting them."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from local.secrets import Secrets
from local.services import broker, connect
from local.services.broker import _new_cluster_id
from local.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, connect_port=23456, broker_port=23457)


def test_no_secret_is_in_a_command_or_a_file(settings: Settings) -> None:
    secrets = Secrets()
    service = connect.service(settings, secrets)
    service.prepare()
    written = "".join(p.read_text() for p in settings.state.rglob("*.properties"))
    for secret in (secrets.aws_access_key_id, secrets.aws_secret_access_key):
        assert secret not in " ".join(service.command)
        assert secret not in written


def test_connect_listens_on_loopback_and_finds_the_broker(settings: Settings) -> None:
    connect.service(settings, Secrets()).prepare()
    lines = (settings.state / "connect" / "connect.properties").read_text().splitlines()
    assert "listeners = http://127.0.0.1:23456" in lines
    assert "bootstrap.servers = 127.0.0.1:23457" in lines


def test_connect_needs_the_broker_and_the_bucket(settings: Settings) -> None:
    service = connect.service(settings, Secrets())
    assert set(service.needs) == {"broker", "landing"}
    assert service.health_url == "http://127.0.0.1:23456/health"
    assert service.parent_death_signal is signal.SIGKILL


def test_every_file_of_the_broker_is_below_the_state(settings: Settings) -> None:
    command = " ".join(broker.service(settings, Secrets()).command)
    assert f"-Djava.io.tmpdir={settings.state}/kafka/scratch" in command
    assert f"{settings.state}/kafka/broker.properties" in command


def test_a_cluster_id_is_no_option_of_the_tool_that_gets_it() -> None:
    ids = {_new_cluster_id() for _ in range(300)}
    assert len(ids) == 300
    assert {len(cluster_id) for cluster_id in ids} == {22}
    assert not any(cluster_id.startswith("-") for cluster_id in ids)
