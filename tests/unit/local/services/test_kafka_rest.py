"""How the stack starts the Kafka REST proxy."""

from __future__ import annotations

from pathlib import Path

from local.secrets import Secrets
from local.services.kafka_rest import service
from local.settings import Settings


def test_it_writes_to_the_environments_broker(tmp_path: Path) -> None:
    made = service(Settings(state=tmp_path, broker_port=19092), Secrets())

    assert made.needs == ("broker",)
    assert made.environment["KAFKA_REST_BOOTSTRAP_SERVERS"] == "127.0.0.1:19092"


def test_it_is_ready_when_a_broker_answers_it(tmp_path: Path) -> None:
    made = service(Settings(state=tmp_path, kafka_rest_port=18082), Secrets())

    assert made.health_url == "http://127.0.0.1:18082/health"
