"""The AWS signature of the emulator's requests: credentials and region."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from emulation.errors import SettingsError
from emulation.signature import signature_for


@pytest.fixture(autouse=True)
def _no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give a machine without AWS settings."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))


@pytest.fixture
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret-of-these-tests")


def signed(api: str) -> str:
    """Return the Authorization of a request to `api`."""
    headers = {"Content-Type": "application/json"}
    request = requests.Request(
        "POST", f"{api}/topics/demo.pin", headers=headers, auth=signature_for(api)
    )
    return request.prepare().headers["Authorization"]


@pytest.mark.usefixtures("_credentials")
def test_the_region_of_an_api_in_aws_is_in_its_name() -> None:
    api = "https://a1b2.execute-api.eu-west-2.amazonaws.com/prod"
    assert "/eu-west-2/execute-api/aws4_request" in signed(api)


@pytest.mark.usefixtures("_credentials")
def test_the_region_of_another_name_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(SettingsError, match="set AWS_DEFAULT_REGION"):
        signature_for("https://pins.example/prod")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert "/eu-west-1/execute-api/aws4_request" in signed("https://pins.example/prod")


def test_no_credentials_are_an_error_that_says_how_to_set_them() -> None:
    with pytest.raises(SettingsError, match="set AWS_PROFILE, or AWS_ACCESS_KEY_ID"):
        signature_for("https://a1b2.execute-api.eu-west-2.amazonaws.com/prod")
