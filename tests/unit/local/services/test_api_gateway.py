"""How the stack starts the gateway."""

from __future__ import annotations

from pathlib import Path

from local.secrets import Secrets
from local.services.api_gateway import service
from local.settings import Settings


def test_secrets_travel_in_the_environment_only(tmp_path: Path) -> None:
    secrets = Secrets()
    made = service(Settings(state=tmp_path), secrets)

    for name, secret in [
        ("API_GATEWAY_API_KEY", secrets.api_key),
        ("API_GATEWAY_AWS_ACCESS_KEY_ID", secrets.aws_access_key_id),
        ("API_GATEWAY_AWS_SECRET_ACCESS_KEY", secrets.aws_secret_access_key),
    ]:
        assert made.environment[name] == secret
        assert secret not in " ".join(made.command)


def test_its_health_is_no_part_of_the_api(tmp_path: Path) -> None:
    made = service(Settings(state=tmp_path, api_gateway_port=18080), Secrets())

    assert made.health_url == "http://127.0.0.1:18080/_health"


def test_it_needs_what_it_calls(tmp_path: Path) -> None:
    made = service(Settings(state=tmp_path, kafka_rest_port=18082, kinesis_port=14567), Secrets())

    assert made.needs == ("kafka_rest", "kinesis")
    assert "http://127.0.0.1:18082" in made.environment["API_GATEWAY_PLACEHOLDERS"]
    assert made.environment["API_GATEWAY_KINESIS_URL"] == "http://127.0.0.1:14567"
