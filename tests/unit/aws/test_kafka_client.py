"""The EC2 Kafka client's files: the service, the role's policy, the pinned versions."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from string import Template

import pytest

from local.settings import ROOT
from pinterest_pipeline import names
from tests.support.kafka_client import MODULE

POLICIES = ROOT / "aws" / "policies"
needs_systemd = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd is not installed"
)


@pytest.fixture
def service(tmp_path: Path) -> Path:
    """Give the unit with a program of this machine in place of the one of Amazon Linux."""
    text = (MODULE / "kafka-rest-proxy.service").read_text()
    file = tmp_path / "kafka-rest-proxy.service"
    file.write_text(text.replace("/usr/bin/python3.12", "/bin/sh"))
    return file


@needs_systemd
def test_systemd_accepts_the_service(service: Path) -> None:
    verify = ["systemd-analyze", "verify", "--recursive-errors=no", str(service)]
    result = subprocess.run(verify, capture_output=True, text=True, check=False)

    assert (result.returncode, result.stderr) == (0, "")


@needs_systemd
def test_systemd_rates_the_service_as_hardened(service: Path) -> None:
    rate = ["systemd-analyze", "security", "--offline=true", "--threshold=15", str(service)]
    result = subprocess.run(rate, capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stdout


def test_the_service_has_its_own_user_and_settings(service: Path) -> None:
    lines = service.read_text().splitlines()

    assert {"User=kafka-rest", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(lines)
    assert "EnvironmentFile=/etc/kafka-rest-proxy/settings.env" in lines


def policy_statements() -> dict[str, dict[str, object]]:
    values = {
        "cluster_arn": "arn:aws:kafka:eu-west-1:111122223333:cluster/demo/uuid",
        "topic_arn": "arn:aws:kafka:eu-west-1:111122223333:topic/demo/uuid/jo",
        "archive_arn": "arn:aws:s3:::artifacts/kafka-rest.zip",
    }
    policy = json.loads(Template((POLICIES / "kafka_client.json").read_text()).substitute(values))
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_the_role_creates_every_topic_and_writes_to_those_of_events_only() -> None:
    statements = policy_statements()
    prefix = "arn:aws:kafka:eu-west-1:111122223333:topic/demo/uuid/"
    events = [prefix + topic for topic in names.topics("jo")]

    assert statements["WriteEvents"]["Resource"] == events
    assert statements["CreateTopics"]["Resource"] == [
        *events,
        prefix + names.dead_letter_topic("jo"),
    ]


def test_the_role_has_no_wildcard_but_for_session_manager() -> None:
    statements = policy_statements()
    wide = {sid for sid, statement in statements.items() if "*" in json.dumps(statement)}

    assert wide == {"SessionManager"}
    assert "ReadData" not in json.dumps(statements)


def test_every_jar_has_a_checksum() -> None:
    versions = dict(re.findall(r"<([a-z-]+)\.version>([^<]+)<", (MODULE / "pom.xml").read_text()))
    jars = [line.split()[1] for line in (MODULE / "jars.sha256").read_text().splitlines()]

    assert f"kafka-tools-{versions['kafka']}.jar" in jars
    assert f"aws-msk-iam-auth-{versions['msk-iam-auth']}.jar" in jars


def test_the_archive_has_the_packages_of_the_tested_environment() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        return set(re.findall(r"^[a-z0-9_.-]+==\S+", text, re.MULTILINE))

    assert pins("kafka-client") <= pins("main")
