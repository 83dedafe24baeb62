"""The local S3 as a service of the stack, with the landing bucket."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mypy_boto3_s3 import S3Client

from local.environment import s3_client
from local.secrets import Secrets
from local.services.ministack import ministack
from local.settings import Settings
from local.supervisor.service import Service

__all__ = ["service"]


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the local S3; it creates the landing bucket when it is ready.

    Its objects survive any end of the process, `kill -9` included.
    """
    home = settings.state / "landing"
    s3 = ministack(
        name="s3",
        ports={"PINTEREST_LANDING_PORT": settings.landing_port},
        home=home,
        aws_services=["s3", "sts"],
        environment={"S3_PERSIST": "1", "S3_DATA_DIR": str(home / "s3")},
    )
    return replace(
        s3,
        prepare=lambda: _prepare(s3, home / "s3"),
        on_ready=lambda: _create_bucket(s3_client(settings, secrets), settings.bucket),
    )


def _prepare(s3: Service, objects: Path) -> None:
    s3.prepare()
    objects.mkdir(mode=0o700, exist_ok=True)


def _create_bucket(s3: S3Client, bucket: str) -> None:
    if bucket not in {existing["Name"] for existing in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
