"""Tests of the local S3 as a service, without starting it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.landing.service import service
from local.stack.secrets import Secrets
from local.stack.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, landing_port=23458)


def test_it_listens_on_loopback_at_its_port(settings: Settings) -> None:
    environment = service(settings, Secrets()).environment
    assert (environment["BIND_HOST"], environment["GATEWAY_PORT"]) == ("127.0.0.1", "23458")


@pytest.mark.parametrize("name", ["S3_DATA_DIR", "STATE_DIR", "TMPDIR"])
def test_every_folder_that_it_writes_is_below_the_state(settings: Settings, name: str) -> None:
    folder = Path(service(settings, Secrets()).environment[name])
    assert folder.is_relative_to(settings.state / "landing")


@pytest.mark.parametrize("name", ["IOT_MTLS_ENABLED", "SFTP_ENABLED"])
def test_it_opens_no_other_port(settings: Settings, name: str) -> None:
    assert service(settings, Secrets()).environment[name] == "0"


def test_it_can_be_prepared_again(settings: Settings) -> None:
    landing = service(settings, Secrets())
    landing.prepare()
    landing.prepare()
    assert (settings.state / "landing" / "s3").is_dir()
