"""The EC2 Kafka client's files: the service and the pinned versions."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from local.settings import ROOT
from tests.support.kafka_client import MODULE

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
