"""A client of the local S3."""

from __future__ import annotations

import boto3
import botocore.session
from botocore.config import Config
from mypy_boto3_s3 import S3Client

from local.stack.secrets import Secrets
from local.stack.settings import Settings

__all__ = ["REGION", "create_bucket", "s3_client"]

REGION = "us-east-1"
"""The only AWS region of the local environment."""

_CONFIG = Config(retries={"mode": "standard", "max_attempts": 5}, s3={"addressing_style": "path"})


def s3_client(settings: Settings, secrets: Secrets) -> S3Client:
    """Return a client of the local S3, signed in with the environment's own key.

    The user's profile, which may name one that does not exist, is not read.
    """
    own = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.Session(botocore_session=own).client(
        "s3",
        endpoint_url=settings.landing_url,
        region_name=REGION,
        aws_access_key_id=secrets.aws_access_key_id,
        aws_secret_access_key=secrets.aws_secret_access_key,
        config=_CONFIG,
    )


def create_bucket(settings: Settings, secrets: Secrets) -> None:
    """Make the landing bucket if it does not exist."""
    s3 = s3_client(settings, secrets)
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    if settings.bucket not in names:
        s3.create_bucket(Bucket=settings.bucket)
