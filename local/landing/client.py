"""A client of the local S3."""

from __future__ import annotations

from botocore.config import Config
from mypy_boto3_s3 import S3Client

from local.aws import aws_session
from local.secrets import Secrets
from local.settings import Settings

__all__ = ["create_bucket", "s3_client"]

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, s3={"addressing_style": "path"})


def s3_client(settings: Settings, secrets: Secrets) -> S3Client:
    """Return a client of the local S3, signed in with the environment's own key."""
    return aws_session(secrets).client("s3", endpoint_url=settings.landing_url, config=_CONFIG)


def create_bucket(settings: Settings, secrets: Secrets) -> None:
    """Make the landing bucket if it does not exist."""
    s3 = s3_client(settings, secrets)
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    if settings.bucket not in names:
        s3.create_bucket(Bucket=settings.bucket)
