"""Tests of the local S3 as a service, without starting it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.secrets import Secrets
from local.services.s3 import service
from local.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path, landing_port=23458)


def test_its_objects_are_below_the_state(settings: Settings) -> None:
    folder = Path(service(settings, Secrets()).environment["S3_DATA_DIR"])
    assert folder.is_relative_to(settings.state / "landing")


def test_it_can_be_prepared_again(settings: Settings) -> None:
    landing = service(settings, Secrets())
    landing.prepare()
    landing.prepare()
    assert (settings.state / "landing" / "s3").is_dir()
