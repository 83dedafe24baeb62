"""The Kafka broker as a service of the stack: one node that is broker and controller."""

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
    """Return the broker that `settings` describe; ready when it answers a client."""
    home = settings.state / "kafka"
    return Service(
        name="broker",
        command=java(
            "kafka.Kafka", str(home / "broker.properties"), heap=_HEAP, scratch=home / "scratch"
        ),
        port=settings.broker_port,
        other_ports={"PINTEREST_CONTROLLER_PORT": settings.controller_port},
        prepare=lambda: _prepare(settings, home),
        after_start=lambda: _require_answer(settings),
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
    done = subprocess.run(tool, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise StackError(
            f"cannot format the broker's storage in {home}: {done.stdout}{done.stderr}"
        )


def _new_cluster_id() -> str:
    """Return a random id in Kafka's form: a UUID in URL-safe base64, without padding."""
    while True:
        name = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not name.startswith("-"):  # the tool would take it for an option
            return name


def _require_answer(settings: Settings) -> None:
    """Wait for metadata: the port listens before the broker takes requests.

    Raises:
        StackError: Raised when none came.
    """
    client = AdminClient(kafka_client_configuration(settings))
    try:
        client.list_topics(timeout=_ANSWER_SECONDS)
    except KafkaException as error:
        message = f"the broker at {settings.bootstrap_servers} listens but does not answer: {error}"
        raise StackError(message) from error
