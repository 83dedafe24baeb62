"""What every client of the local AWS is made of."""

from __future__ import annotations

import boto3
import botocore.session

from local.secrets import Secrets

__all__ = ["REGION", "aws_session"]

REGION = "us-east-1"
"""The only AWS region of the local environment."""


def aws_session(secrets: Secrets) -> boto3.Session:
    """Return a session signed in with the environment's own key.

    The user's profile, which may name one that does not exist, is not read.
    """
    own = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    return boto3.Session(
        botocore_session=own,
        region_name=REGION,
        aws_access_key_id=secrets.aws_access_key_id,
        aws_secret_access_key=secrets.aws_secret_access_key,
    )
