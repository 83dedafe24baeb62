"""The local S3 and Kinesis as services of the stack: ministack, one process for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from ingestion.kinesis import create_streams
from local.environment import REGION, kinesis_client, s3_client
from local.files import empty_folder, fill_placeholders
from local.secrets import AwsKey, Secrets
from local.services.guarded_ministack import ACCOUNT, HEALTH_PATH, USERS, User
from local.settings import HOST, ROOT, Settings
from local.supervisor.process import Service

__all__ = ["kinesis", "s3"]

_POLICIES = ROOT / "aws" / "policies"
_RETENTION_HOURS = 8760
"""The longest that AWS allows. The demo counts the streams' records on later days too."""


def s3(settings: Settings, secrets: Secrets) -> Service:
    """Return the local S3; it creates the landing bucket when it is ready.

    Its objects survive any end of the process, `kill -9` included.
    """
    home = settings.state / "landing"

    def create_bucket() -> None:
        client = s3_client(settings, secrets)
        if settings.bucket not in {bucket["Name"] for bucket in client.list_buckets()["Buckets"]}:
            client.create_bucket(Bucket=settings.bucket)

    return _ministack(
        secrets,
        name="s3",
        ports={"PINTEREST_LANDING_PORT": settings.landing_port},
        home=home,
        users=[
            _user("connect", secrets.connect_aws_key, "connector", settings),
            _user("spark", secrets.spark_aws_key, "databricks_landing", settings),
        ],
        environment={"S3_PERSIST": "1", "S3_DATA_DIR": str(home / "s3")},
        on_ready=create_bucket,
    )


def kinesis(settings: Settings, secrets: Secrets) -> Service:
    """Return the local Kinesis; it creates the user's streams when it is ready.

    Its streams and records survive any end of the process, `kill -9` included.
    """
    home = settings.state / "kinesis"
    return _ministack(
        secrets,
        name="kinesis",
        ports={"PINTEREST_KINESIS_PORT": settings.kinesis_port},
        home=home,
        users=[
            _user("api_gateway", secrets.gateway_aws_key, "api_kinesis", settings),
            _user("spark", secrets.spark_aws_key, "databricks_kinesis", settings),
        ],
        environment={"KINESIS_JOURNAL": str(home / "journal.sqlite")},
        on_ready=lambda: create_streams(
            kinesis_client(settings, secrets), settings.user_id, settings.shards, _RETENTION_HOURS
        ),
    )


def _ministack(
    secrets: Secrets,
    *,
    name: str,
    ports: Mapping[str, int],
    home: Path,
    users: list[User],
    environment: Mapping[str, str],
    on_ready: Callable[[], object],
) -> Service:
    """Return a ministack that emulates the AWS service `name`, with all its files in `home`.

    It accepts only requests of `users`, as far as their policies allow them, and requests with the
    environment's own key.
    """
    (port,) = ports.values()

    def prepare() -> None:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "state").mkdir(exist_ok=True)
        empty_folder(home / "scratch")

    return Service(
        name=name,
        command=_command(port),
        ports=ports,
        health_url=f"http://{HOST}:{port}{HEALTH_PATH}",
        environment={
            "PYTHONPATH": str(ROOT),
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": secrets.aws_access_key_id,
            "GUARD_USERS": USERS.dump_json(users).decode(),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "SERVICES": f"{name},iam,sts",
            "LOG_LEVEL": "WARNING",
            "STATE_DIR": str(home / "state"),
            "TMPDIR": str(home / "scratch"),
            # Otherwise it opens more ports and looks for its own containers to remove.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{home / 'no-docker.sock'}",
            **environment,
        },
        prepare=prepare,
        on_ready=on_ready,
    )


def _user(name: str, key: AwsKey, policy: str, settings: Settings) -> User:
    """Return the service `name`, which may do what the role with `policy` may do in AWS."""
    text = (_POLICIES / f"{policy}.json").read_text()
    values = {
        "account_id": ACCOUNT,
        "region": REGION,
        "user_id": settings.user_id,
        "bucket": settings.bucket,
        "bucket_arn": f"arn:aws:s3:::{settings.bucket}",
        # Resources that exist only in AWS.
        **dict.fromkeys(("cluster_name", "connector_name", "role_arn"), "none"),
    }
    filled = {name: value for name, value in values.items() if f"${{{name}}}" in text}
    return User(name=name, key=key, policy=fill_placeholders(text, filled))


def _command(port: int) -> list[str]:
    """Return ministack under uvicorn, which needs half the time per request of its own server."""
    options = {
        "host": HOST,
        "port": str(port),
        "log-level": "warning",
        "timeout-keep-alive": "75",
        "ws": "none",
    }
    guarded = "local.services.guarded_ministack:create_app"
    server = [sys.executable, "-m", "uvicorn", "--factory", guarded]
    # Like AWS, ministack sends its own date and no server name.
    headers = ["--no-server-header", "--no-date-header"]
    return [*server, *(f"--{name}={value}" for name, value in options.items()), *headers]
