"""Tests of the client of the local S3, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.environment import s3_client
from local.secrets import Secrets
from local.settings import Settings


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_the_users_own_profile_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "there-is-none")
    settings = Settings(state=tmp_path, landing_port=23459)

    assert s3_client(settings, Secrets()).meta.endpoint_url == "http://127.0.0.1:23459"
