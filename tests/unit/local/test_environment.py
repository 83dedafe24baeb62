"""The clients of an environment, without a server."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.environment import s3_client
from local.secrets import Secrets
from local.settings import Settings


@pytest.mark.parametrize("variable", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_ignores_the_users_aws_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "missing")
    settings = Settings(state=tmp_path, landing_port=23459)

    assert s3_client(settings, Secrets()).meta.endpoint_url == "http://127.0.0.1:23459"
