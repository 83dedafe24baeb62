"""The first boot of the EC2 Kafka client, run on this machine against a broker like MSK's.

The archive, its Python packages, the proxy, Kafka's tools and the topics are real. The programs of
Amazon Linux that need root or AWS are stand-ins, and paths below `/` lie in a folder of the test.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import requests
from confluent_kafka.admin import AdminClient

from ingestion.kafka_rest.settings import client_configuration
from local.settings import BUILD, HOST
from tests.conftest import Poll
from tests.support.kafka_client import rendered_user_data
from tests.support.kafka_topics import PRODUCE
from tests.support.msk import CREDENTIALS, MskBroker, proxy_process

ARCHIVE = BUILD / "aws" / "kafka-rest.zip"
SECRET = "example-of-a-secret"
PATHS = ("/opt/kafka-client", "/etc/", "/usr/local/bin/")
STAND_INS = {
    "dnf": ":",
    "useradd": ":",
    "systemctl": 'echo "systemctl $*"',
    "aws": f"""case "$1 $2" in
      "s3 cp") for last; do :; done; cp {shlex.quote(str(ARCHIVE))} "$last" ;;
      "ssm get-parameter") echo {SECRET} ;;
    esac""",
}


@pytest.fixture(scope="session")
def root(broker: MskBroker, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Boot once; give the folder that stands for `/`."""
    root = tmp_path_factory.mktemp("instance")
    for folder in ("bin", "etc/systemd/system", "usr/local/bin"):
        (root / folder).mkdir(parents=True)
    for name, script in STAND_INS.items():
        program = root / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    (root / "bin" / "python3.12").symlink_to(Path(sys.base_prefix) / "bin" / "python3.12")
    script = rendered_user_data(
        root,
        bootstrap_servers=broker.bootstrap_servers,
        user_id="boot",
    )
    for path in PATHS:
        script = script.replace(path, f"{root}{path}")
    file = root / "user_data.sh"
    file.write_text(script)
    result = subprocess.run(
        ["bash", str(file)],
        cwd=root,
        env=variables_of(root, broker),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert "systemctl enable --now kafka-rest-proxy.service" in result.stdout
    assert "boot.dead_letters: created" in result.stdout
    return root


def variables_of(root: Path, broker: MskBroker) -> dict[str, str]:
    """Return the environment of the instance, which also trusts the authority of the tests."""
    own = {"PATH": f"{root}/bin:{os.environ['PATH']}", "KAFKA_REST_CA_FILE": str(broker.ca_file)}
    return own | CREDENTIALS


def test_the_first_boot_creates_the_topics(root: Path, broker: MskBroker) -> None:
    assert root.is_dir()
    topics = AdminClient(client_configuration(broker.settings)).list_topics(timeout=10).topics

    partitions = {name: len(topic.partitions) for name, topic in topics.items()}
    expected = {"boot.pin": 3, "boot.geo": 3, "boot.user": 3, "boot.dead_letters": 1}
    assert expected.items() <= partitions.items()


def test_only_root_can_read_the_secret(root: Path) -> None:
    secret = root / "etc" / "kafka-rest-proxy" / "secret.env"

    assert secret.read_text() == f'KAFKA_REST_SHARED_SECRET="{SECRET}"\n'
    assert secret.stat().st_mode & 0o777 == 0o600


def service_of(root: Path) -> tuple[list[str], dict[str, str]]:
    """Return the command and the environment of the systemd unit."""
    unit = (root / "etc/systemd/system/kafka-rest-proxy.service").read_text()
    lines = [line.split("=", 1) for line in unit.splitlines() if "=" in line]
    (command,) = [value for key, value in lines if key == "ExecStart"]
    variables = dict(value.split("=", 1) for key, value in lines if key == "Environment")
    for file in [value.removeprefix("-") for key, value in lines if key == "EnvironmentFile"]:
        for line in Path(file).read_text().splitlines():
            name, _, value = line.partition("=")
            variables[name] = value.strip('"')
    return shlex.split(command), variables


def test_the_service_stores_a_record_for_clients_with_the_secret(
    root: Path, broker: MskBroker, poll: Poll
) -> None:
    (program, *arguments), variables = service_of(root)
    variables |= variables_of(root, broker) | {"KAFKA_REST_HOST": HOST}
    local = str(root / "bin" / Path(program).name)
    body = json.dumps({"records": [{"value": {"index": 1}, "partition": 0}]})
    with proxy_process(variables, [local, *arguments]) as url:
        poll(lambda: requests.get(f"{url}/health", timeout=5).ok, what="a proxy that signed in")
        answers = {secret: post(url, body, {"X-Proxy-Secret": secret}) for secret in ("", SECRET)}

    assert answers[""].status_code == 401
    (result,) = answers[SECRET].json()["offsets"]
    assert result == {"partition": 0, "offset": 0, "error_code": None, "error": None}


def post(url: str, body: str, headers: Mapping[str, str]) -> requests.Response:
    return requests.post(f"{url}/topics/boot.pin", body, headers={**PRODUCE, **headers}, timeout=30)


def test_kafka_topics_creates_a_topic_by_hand(root: Path, broker: MskBroker) -> None:
    properties = root / "opt" / "kafka-client" / "client.properties"
    trusting = root / "trusting.properties"
    authority = f"ssl.truststore.type=PEM\nssl.truststore.location={broker.ca_file}\n"
    trusting.write_text(properties.read_text() + authority)
    cluster = ["--bootstrap-server", broker.bootstrap_servers, "--command-config", str(trusting)]
    topic = ["--create", "--topic", "hand.pin", "--partitions", "3", "--config", "retention.ms=-1"]
    result = subprocess.run(
        [str(root / "usr/local/bin/kafka-topics.sh"), *cluster, *topic],
        env=variables_of(root, broker),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert result.returncode == 0, result.stdout + result.stderr
    topics = AdminClient(client_configuration(broker.settings)).list_topics(timeout=10).topics
    assert len(topics["hand.pin"].partitions) == 3
