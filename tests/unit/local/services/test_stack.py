"""The services of the stack, without starting them."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import pytest

from local.secrets import Secrets
from local.services.guarded_ministack import USERS
from local.services.kafka import _new_cluster_id, connector_configuration
from local.services.spark import properties
from local.services.stack import all_services
from local.settings import ROOT, Settings
from local.supervisor.process import Service

DEPENDENCIES: dict[str, set[str]] = {
    "s3": set(),
    "kinesis": set(),
    "broker": set(),
    "kafka_rest": {"broker"},
    "connect": {"broker", "kafka_rest", "s3"},
    "api_gateway": {"kafka_rest", "kinesis"},
    "spark": {"s3", "kinesis"},
    "workspace": set(),
}
STREAMS = "arn:aws:kinesis:us-east-1:000000000000:stream"
# Services that must read a secret from their environment.
READS_SECRETS = {"kafka_rest", "api_gateway", "connect", "kinesis", "s3"}


@pytest.fixture(autouse=True)
def default_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the variables of the session's environment, which other tests may have started."""
    for name in [name for name in os.environ if name.startswith("PINTEREST_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(state=tmp_path)


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def services(settings: Settings, secrets: Secrets) -> Mapping[str, Service]:
    return {service.name: service for service in all_services(settings, secrets)}


def test_each_service_depends_on_the_services_that_it_calls(
    services: Mapping[str, Service],
) -> None:
    assert {name: set(s.depends_on) for name, s in services.items()} == DEPENDENCIES


def test_each_port_has_the_variable_that_changes_it(
    services: Mapping[str, Service], settings: Settings
) -> None:
    ports = {
        name: str(port) for service in services.values() for name, port in service.ports.items()
    }
    expected = {name: value for name, value in settings.variables.items() if name.endswith("_PORT")}
    assert {**ports, "PINTEREST_JUPYTER_PORT": "18888"} == expected


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_no_command_contains_a_secret(
    services: Mapping[str, Service], secrets: Secrets, name: str
) -> None:
    service = services[name]
    visible = [*service.command]
    if name not in READS_SECRETS:
        visible += service.environment.values()
    for secret in secrets.values():
        assert secret not in " ".join(visible)


@pytest.mark.parametrize(
    ("service", "user", "allowed"),
    [
        ("s3", "connect", "arn:aws:s3:::my-bucket/topics/me.pin/*"),
        ("s3", "spark", "arn:aws:s3:::my-bucket/*"),
        (
            "kinesis",
            "api_gateway",
            f"{STREAMS}/streaming-me-pin",
        ),
        ("kinesis", "spark", f"{STREAMS}/streaming-me-pin"),
    ],
)
def test_a_policy_is_for_the_user_and_bucket_of_the_settings(
    tmp_path: Path, secrets: Secrets, service: str, user: str, allowed: str
) -> None:
    settings = Settings(state=tmp_path, user_id="me", bucket="my-bucket")
    services = {one.name: one for one in all_services(settings, secrets)}
    users = USERS.validate_json(services[service].environment["GUARD_USERS"])
    [policy] = [json.loads(one.policy) for one in users if one.name == user]
    resources = [resource for one in policy["Statement"] for resource in _listed(one["Resource"])]
    assert allowed in resources
    assert "demo" not in json.dumps(policy)


def _listed(resource: str | list[str]) -> list[str]:
    return [resource] if isinstance(resource, str) else resource


@pytest.mark.parametrize("name", DEPENDENCIES)
def test_only_the_owner_can_read_a_file_with_a_secret(
    settings: Settings, services: Mapping[str, Service], secrets: Secrets, name: str
) -> None:
    if name != "broker":  # it would start a JVM; it receives no secret
        services[name].prepare()
        services[name].prepare()  # idempotent
    for file in settings.state.rglob("*"):
        if file.is_file() and any(secret in file.read_text() for secret in secrets.values()):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_connect_writes_no_secret(
    settings: Settings, services: Mapping[str, Service], secrets: Secrets
) -> None:
    services["connect"].prepare()

    written = (settings.state / "connect" / "connect.properties").read_text()
    assert not any(secret in written for secret in secrets.values())
    lines = written.splitlines()
    assert "listeners = http://127.0.0.1:18083" in lines
    assert "bootstrap.servers = 127.0.0.1:19092" in lines


@pytest.mark.parametrize("name", ["s3", "kinesis"])
def test_ministack_listens_on_one_port_of_loopback(
    services: Mapping[str, Service], name: str
) -> None:
    service = services[name]
    assert {"--host=127.0.0.1", f"--port={service.port}"} <= set(service.command)
    assert {"IOT_MTLS_ENABLED": "0", "SFTP_ENABLED": "0"}.items() <= service.environment.items()


@pytest.mark.parametrize(
    ("name", "folder"),
    [("s3", "landing"), ("kinesis", "kinesis"), ("broker", "kafka"), ("spark", "spark")],
)
def test_a_service_writes_below_its_own_folder_of_the_state(
    settings: Settings, services: Mapping[str, Service], name: str, folder: str
) -> None:
    service = services[name]
    texts = chain(service.command, service.environment.values())
    below = [text for text in texts if str(settings.state) in text]
    assert below
    assert all(f"{settings.state}/{folder}" in text for text in below)


def test_the_spark_server_binds_to_loopback(settings: Settings, secrets: Secrets) -> None:
    filled = properties(settings, secrets)

    assert "${" not in filled
    lines = [line.split() for line in filled.splitlines() if "address" in line.lower()]
    assert dict(lines) == {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
    }


def test_the_spark_server_links_the_volumes(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, bucket="pins", catalog="c")
    link = "spark.hadoop.fs.viewfs.mounttable.local.link."

    lines = properties(settings, Secrets()).splitlines()

    links = dict(line.removeprefix(link).split() for line in lines if line.startswith(link))
    assert links == {
        "/Volumes/c/pinterest/landing": "s3a://pins/",
        "/Volumes/c/pinterest/checkpoints": (tmp_path / "spark" / "checkpoints").as_uri(),
    }


def test_connector_configuration(tmp_path: Path) -> None:
    settings = Settings(
        state=tmp_path, user_id="0a1b", flush_size=77, rotate_seconds=1.5, bucket='a " and \\'
    )
    configuration = connector_configuration(settings)
    expected = {
        "topics": "0a1b.pin,0a1b.geo,0a1b.user",
        "flush.size": "77",
        "rotate.schedule.interval.ms": "1500",
        "s3.bucket.name": 'a " and \\',  # characters that JSON escapes
        "store.url": settings.landing_url,
        "errors.deadletterqueue.topic.name": "0a1b.dead_letters",
    }
    assert {name: configuration[name] for name in expected} == expected


def test_the_connector_configuration_contains_no_secret() -> None:
    text = (ROOT / "ingestion" / "s3_landing_connector" / "connector.json").read_text()
    assert not any(word in text for word in ("secret", "password", "access.key"))


def test_a_cluster_id_does_not_look_like_an_option() -> None:
    ids = {_new_cluster_id() for _ in range(300)}
    assert len(ids) == 300
    assert {len(cluster_id) for cluster_id in ids} == {22}
    assert not any(cluster_id.startswith("-") for cluster_id in ids)


@pytest.mark.parametrize(
    ("name", "folder"), [("s3", "landing"), ("kinesis", "kinesis"), ("spark", "spark")]
)
def test_what_a_killed_process_left_is_removed_at_the_next_start(
    settings: Settings, services: Mapping[str, Service], name: str, folder: str
) -> None:
    services[name].prepare()
    scratch = settings.state / folder / "scratch"
    (scratch / "blockmgr-1").mkdir()

    services[name].prepare()

    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(("lock", "stays"), [(b"", False), (b"an id", True)])
def test_an_empty_lock_of_the_metastore_is_removed_at_the_next_start(
    settings: Settings, services: Mapping[str, Service], lock: bytes, stays: bool
) -> None:
    """Derby writes its id there. An empty lock means that the disk was full."""
    file = settings.state / "spark" / "metastore" / "db.lck"
    file.parent.mkdir(parents=True)
    file.write_bytes(lock)

    services["spark"].prepare()

    assert file.exists() is stays
