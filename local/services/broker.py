"""The Kafka broker as a service of the stack: one node, both broker and controller."""

from __future__ import annotations

import base64
import subprocess
import uuid
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from local.environment import kafka_client_configuration
from local.errors import StackError
from local.kafka.java import java, render
from local.secrets import Secrets
from local.settings import HOST, Settings
from local.supervisor.service import Service

__all__ = ["service"]

_HEAP = "384m"
_ANSWER_SECONDS = 30


def service(settings: Settings, _secrets: Secrets) -> Service:
    """Return the broker; it is ready when it answers a client."""
    home = settings.state / "kafka"
    return Service(
        name="broker",
        command=java(
            "kafka.Kafka", str(home / "broker.properties"), heap=_HEAP, scratch=home / "scratch"
        ),
        ports={
            "PINTEREST_BROKER_PORT": settings.broker_port,
            "PINTEREST_CONTROLLER_PORT": settings.controller_port,
        },
        prepare=lambda: _prepare(settings, home),
        on_ready=lambda: _require_answer(settings),
        stop_seconds=20,
    )


def _prepare(settings: Settings, home: Path) -> None:
    (home / "scratch").mkdir(parents=True, exist_ok=True)
    render(
        "broker.properties",
        home / "broker.properties",
        host=HOST,
        broker_port=settings.broker_port,
        controller_port=settings.controller_port,
        data=home / "data",
    )
    if not (home / "data" / "meta.properties").exists():
        _format_storage(home)


def _format_storage(home: Path) -> None:
    properties = str(home / "broker.properties")
    arguments = ("format", "--cluster-id", _new_cluster_id(), "--config", properties)
    tool = java("kafka.tools.StorageTool", *arguments, heap="64m", scratch=home / "scratch")
    result = subprocess.run(tool, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        output = f"{result.stdout}{result.stderr}"
        raise StackError(f"cannot format the broker's storage in {home}: {output}")


def _new_cluster_id() -> str:
    """Return a random id in Kafka's form: a UUID in URL-safe base64, without padding."""
    while True:
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not name.startswith("-"):  # the tool reads that as an option
            return name


def _require_answer(settings: Settings) -> None:
    """Wait for metadata: the port listens before the broker accepts requests.

    Raises:
        StackError: Raised when the broker does not answer.
    """
    client = AdminClient(kafka_client_configuration(settings))
    try:
        client.list_topics(timeout=_ANSWER_SECONDS)
    except KafkaException as error:
        message = f"the broker at {settings.bootstrap_servers} listens but does not answer: {error}"
        raise StackError(message) from error
