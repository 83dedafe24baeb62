"""Kafka as services of the stack: the broker, its REST proxy, and the Connect worker."""

from __future__ import annotations

import base64
import json
import signal
import subprocess
import sys
import uuid
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from local.environment import REGION, kafka_client_configuration
from local.errors import StackError
from local.files import fill_placeholders, write_atomically
from local.kafka.connect import CONNECT_USER, ConnectApi, start_connector
from local.plain_paths import plain_path
from local.secrets import Secrets
from local.settings import BUILD, HOST, ROOT, Settings
from local.supervisor.process import Service

__all__ = ["broker", "connect", "connector_configuration", "kafka_rest"]

_CONFIGURATION = ROOT / "local" / "kafka"
_CONNECTOR_JSON = ROOT / "ingestion" / "s3_landing_connector" / "connector.json"
_JARS = BUILD / "jars" / "kafka"
"""The jars of `local/kafka/pom.xml`."""
_PLUGINS = BUILD / "plugins"
"""The output of the connector's Maven module: one folder per Connect plugin."""

# Small, quick to start, and without files in the system's temporary folder.
_JVM_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_ANSWER_SECONDS = 30


def broker(settings: Settings, _secrets: Secrets) -> Service:
    """Return the broker, one node that is its own controller; ready when it answers a client."""
    home = plain_path(settings.state) / "kafka"
    properties = home / "broker.properties"

    def prepare() -> None:
        _write_properties(
            properties,
            host=HOST,
            broker_port=settings.broker_port,
            controller_port=settings.controller_port,
            data=home / "data",
        )
        if not (home / "data" / "meta.properties").exists():
            _format_storage(home, properties)

    return Service(
        name="broker",
        command=_java("kafka.Kafka", str(properties), heap="384m", home=home),
        ports={
            "PINTEREST_BROKER_PORT": settings.broker_port,
            "PINTEREST_CONTROLLER_PORT": settings.controller_port,
        },
        prepare=prepare,
        on_ready=lambda: _require_answer(settings),
        stop_seconds=20,
    )


def kafka_rest(settings: Settings, secrets: Secrets) -> Service:
    """Return the REST proxy; it creates the user's topics when it is ready."""
    proxy = KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers, security="plaintext")
    plan = TopicPlan(partitions=settings.partitions, alter=True)
    return Service(
        name="kafka_rest",
        command=[sys.executable, "-m", "ingestion.kafka_rest"],
        ports={"PINTEREST_KAFKA_REST_PORT": settings.kafka_rest_port},
        health_url=f"{settings.kafka_rest_url}/health",
        environment={
            "PYTHONPATH": str(ROOT),
            "KAFKA_REST_HOST": HOST,
            "KAFKA_REST_PORT": str(settings.kafka_rest_port),
            "KAFKA_REST_BOOTSTRAP_SERVERS": proxy.bootstrap_servers,
            "KAFKA_REST_SECURITY": proxy.security,
            "KAFKA_REST_SHARED_SECRET": secrets.proxy_secret,
        },
        depends_on=("broker",),
        on_ready=lambda: create_topics(proxy, settings.user_id, plan),
    )


def connect(settings: Settings, secrets: Secrets) -> Service:
    """Return the worker: distributed, like MSK Connect. It starts the connector when it is ready.

    The connector needs its bucket, and its topics, which `kafka_rest` creates.
    """
    home, configuration = plain_path(settings.state) / "connect", plain_path(_CONFIGURATION)
    properties, passwords = home / "connect.properties", home / "passwords.properties"

    def prepare() -> None:
        _write_properties(
            properties,
            bootstrap_servers=settings.bootstrap_servers,
            host=HOST,
            port=settings.connect_port,
            plugins=plain_path(_PLUGINS),
        )
        write_atomically(passwords, f"{CONNECT_USER} = {secrets.connect_password}\n")

    def start() -> None:
        client = ConnectApi(settings.connect_url, secrets.connect_password)
        start_connector(client, settings.user_id, connector_configuration(settings))

    return Service(
        name="connect",
        command=_java(
            f"-Djava.security.auth.login.config={(configuration / 'connect.jaas').as_uri()}",
            f"-Dconnect.passwords={passwords}",
            "org.apache.kafka.connect.cli.ConnectDistributed",
            str(properties),
            heap="256m",
            home=home,
        ),
        ports={"PINTEREST_CONNECT_PORT": settings.connect_port},
        health_url=f"{settings.connect_url}/health",
        health_login=(CONNECT_USER, secrets.connect_password),
        # The connector reads its credentials from here; its configuration contains none.
        environment={
            "AWS_ACCESS_KEY_ID": secrets.connect_aws_key.id,
            "AWS_SECRET_ACCESS_KEY": secrets.connect_aws_key.secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        },
        depends_on=("broker", "kafka_rest", "s3"),
        prepare=prepare,
        on_ready=start,
        stop_seconds=10,
        # On SIGTERM it may wait long for a broker that stops too. A kill loses nothing.
        parent_death_signal=signal.SIGKILL,
    )


def connector_configuration(settings: Settings) -> dict[str, str]:
    """Return the configuration of the connector that lands the user's topics."""
    values = {
        "user_id": settings.user_id,
        "bucket": settings.bucket,
        "region": REGION,
        "store_url": settings.landing_url,
        "path_style_access": "true",
        "flush_size": str(settings.flush_size),
        "rotate_schedule_interval_ms": str(round(settings.rotate_seconds * 1000)),
        "tasks_max": "1",
        "dead_letter_replication_factor": "1",
    }
    in_json = {name: json.dumps(value)[1:-1] for name, value in values.items()}
    configuration: dict[str, str] = json.loads(
        fill_placeholders(_CONNECTOR_JSON.read_text(), in_json)
    )
    return configuration


def _java(*arguments: str, heap: str, home: Path) -> list[str]:
    """Return the command of a Kafka program with temporary files in `home`; pass no secret.

    Args:
        *arguments: More options of Java, the main class, and its arguments.
        heap: The largest heap.
        home: The folder of the program.
    """
    return [
        "java",
        f"-Xmx{heap}",
        *_JVM_OPTIONS,
        f"-Djava.io.tmpdir={home / 'scratch'}",
        f"-Dlog4j2.configurationFile={(plain_path(_CONFIGURATION) / 'log4j2.properties').as_uri()}",
        "-cp",
        f"{plain_path(_JARS)}/*",
        *arguments,
    ]


def _write_properties(path: Path, **values: object) -> None:
    """Fill the file of the same name in `local/kafka`, and create the program's folders."""
    (path.parent / "scratch").mkdir(parents=True, exist_ok=True)
    write_atomically(path, fill_placeholders((_CONFIGURATION / path.name).read_text(), values))


def _format_storage(home: Path, properties: Path) -> None:
    arguments = ("format", "--cluster-id", _new_cluster_id(), "--config", str(properties))
    tool = _java("kafka.tools.StorageTool", *arguments, heap="64m", home=home)
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
