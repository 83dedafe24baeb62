"""A broker that demands what MSK demands: TLS, and tokens signed with one AWS key."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ingestion.kafka_rest.settings import KafkaRestSettings
from local.files import fill_placeholders
from local.services.kafka import _java, _new_cluster_id
from local.settings import BUILD, HOST, ROOT
from local.supervisor.ports import free_port
from local.supervisor.process import Service
from local.supervisor.supervisor import Supervisor
from local.supervisor.waiting import wait_until

REGION = "eu-west-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "an example of a secret/key",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""The variables with which AWS clients have the identity that the broker accepts."""

_FILES = Path(__file__).with_name("msk_broker")
_JARS = BUILD / "jars" / "kafka"


@dataclass(frozen=True)
class MskBroker:
    """The address of a broker, and the authority of its certificate."""

    bootstrap_servers: str
    ca_file: Path

    @property
    def settings(self) -> KafkaRestSettings:
        return KafkaRestSettings(
            bootstrap_servers=self.bootstrap_servers,
            security="msk_iam",
            region=REGION,
            ca_file=self.ca_file,
        )

    @property
    def variables(self) -> dict[str, str]:
        """The settings as variables of the environment."""
        return {
            "KAFKA_REST_BOOTSTRAP_SERVERS": self.bootstrap_servers,
            "KAFKA_REST_SECURITY": "msk_iam",
            "KAFKA_REST_REGION": REGION,
            "KAFKA_REST_CA_FILE": str(self.ca_file),
        }


@contextmanager
def msk_broker(folder: Path) -> Iterator[MskBroker]:
    """Run a broker with its files in `folder`; yield its address."""
    broker_port, controller_port = free_port(), free_port()
    _write_certificates(folder)
    classes = folder / "classes"
    javac = [
        "javac",
        "-d",
        str(classes),
        "-cp",
        f"{_JARS}/*",
        str(_FILES / "SignedUrlValidator.java"),
    ]
    subprocess.run(javac, check=True)
    properties = folder / "broker.properties"
    values = {
        "host": HOST,
        "broker_port": broker_port,
        "controller_port": controller_port,
        "data": folder / "data",
        "keystore": folder / "broker.pem",
        "ca": folder / "ca.pem",
        "key_id": CREDENTIALS["AWS_ACCESS_KEY_ID"],
        "secret": CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        "region": REGION,
    }
    properties.write_text(fill_placeholders((_FILES / properties.name).read_text(), values))
    (folder / "scratch").mkdir()
    class_path = ("-cp", f"{_JARS}/*:{classes}")
    options = ("format", "--cluster-id", _new_cluster_id(), "--config", str(properties))
    tool = (*class_path, "kafka.tools.StorageTool", *options)
    subprocess.run(_java(*tool, heap="64m", home=folder), check=True, capture_output=True)
    service = Service(
        name="msk_broker",
        command=_java(*class_path, "kafka.Kafka", str(properties), heap="384m", home=folder),
        ports={"BROKER_PORT": broker_port, "CONTROLLER_PORT": controller_port},
    )
    supervisor = Supervisor([service], folder)
    try:
        supervisor.start()
        yield MskBroker(f"{HOST}:{broker_port}", folder / "ca.pem")
    finally:
        supervisor.stop()


@contextmanager
def proxy_process(variables: dict[str, str], command: list[str] | None = None) -> Iterator[str]:
    """Run the REST proxy, by default from this checkout; yield its URL, where it listens."""
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    with subprocess.Popen(
        command or [sys.executable, "-m", "ingestion.kafka_rest"],
        cwd="/",
        env=own | {"PYTHONPATH": str(ROOT)} | variables | {"KAFKA_REST_PORT": str(port)},
    ) as process:
        url = f"http://{HOST}:{port}"
        try:
            wait_until(
                lambda: process.poll() is not None or _health(url) is not None,
                seconds=30,
                description=url,
            )
            yield url
        finally:
            process.terminate()


def _health(url: str) -> int | None:
    """Return the status of the proxy's health; None if it does not listen."""
    try:
        return requests.get(f"{url}/health", timeout=5).status_code
    except requests.ConnectionError:
        return None


def _write_certificates(folder: Path) -> None:
    """Write `ca.pem`, and `broker.pem` with the broker's key and certificate."""
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Authority of the tests")])
    ca = _certificate(ca_name, ca_key, ca_name, ca_key, x509.BasicConstraints(True, None))
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))])
    certificate = _certificate(name, key, ca_name, ca_key, address)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "ca.pem").write_bytes(ca)
    (folder / "broker.pem").write_bytes(private + certificate)


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    extension: x509.ExtensionType,
) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509
        .CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        .sign(issuer_key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)
