"""The local S3 as a service of the stack, with the landing bucket."""

from __future__ import annotations

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
    return ministack(
        name="s3",
        ports={"PINTEREST_LANDING_PORT": settings.landing_port},
        home=home,
        aws_services=["s3", "sts"],
        environment={"S3_PERSIST": "1", "S3_DATA_DIR": str(home / "s3")},
        on_ready=lambda: _create_bucket(s3_client(settings, secrets), settings.bucket),
    )


def _create_bucket(s3: S3Client, bucket: str) -> None:
    if bucket not in {existing["Name"] for existing in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
