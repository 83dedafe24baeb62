"""Tests of ministack as a service, without starting it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.services.ministack import ministack
from local.supervisor.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Service:
    return ministack("kinesis", 23458, tmp_path, ["kinesis"], {"PERSIST_STATE": "1"})


def test_it_listens_on_loopback_at_its_port(service: Service) -> None:
    assert {"--host=127.0.0.1", "--port=23458"} <= set(service.command)


@pytest.mark.parametrize("name", ["STATE_DIR", "TMPDIR"])
def test_every_folder_that_it_writes_is_below_its_home(
    service: Service, tmp_path: Path, name: str
) -> None:
    assert Path(service.environment[name]).is_relative_to(tmp_path)


@pytest.mark.parametrize("name", ["IOT_MTLS_ENABLED", "SFTP_ENABLED"])
def test_it_opens_no_other_port(service: Service, name: str) -> None:
    assert service.environment[name] == "0"


def test_of_the_users_own_variables_only_the_wanted_ones_reach_it(service: Service) -> None:
    assert service.environment["PERSIST_STATE"] == "1"
    assert set(service.without) == {"AUTH", "USE_SSL"}


def test_it_can_be_prepared_again(service: Service, tmp_path: Path) -> None:
    service.prepare()
    service.prepare()
    assert (tmp_path / "scratch").is_dir()
