"""AWS signatures of requests, for an API that requires AWS_IAM authorization."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from requests import PreparedRequest
from requests.auth import AuthBase

from emulation.errors import SettingsError

__all__ = ["AwsSignature", "signature_for"]

_OF_AWS = re.compile(r"[a-z0-9]+\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?")


class AwsSignature(AuthBase):
    """Signs each request with AWS credentials, which may be renewed in the meantime.

    Args:
        credentials: The credentials.
        region: The AWS region of the API.
    """

    def __init__(self, credentials: Credentials, region: str) -> None:
        self._credentials = credentials
        self._region = region

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Return `request` with the headers of its signature."""
        signed = AWSRequest(request.method, request.url, data=request.body)
        if "Content-Type" in request.headers:
            signed.headers["Content-Type"] = request.headers["Content-Type"]
        frozen = self._credentials.get_frozen_credentials()
        SigV4Auth(frozen, "execute-api", self._region).add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


def signature_for(api: str) -> AwsSignature:
    """Return the signature for the API at `api`, with the credentials that AWS' tools find.

    Raises:
        SettingsError: Raised when there are no credentials, or the region is not known.
    """
    session = botocore.session.Session()
    try:
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise SettingsError(f"--sign needs AWS credentials: {error}") from error
    if credentials is None:
        raise SettingsError(
            "--sign needs AWS credentials, found none: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY."
        )
    of_aws = _OF_AWS.fullmatch(urlsplit(api).hostname or "")
    region = of_aws[1] if of_aws else session.get_config_variable("region")
    if region is None:
        raise SettingsError(
            f"--sign needs the AWS region of the API, which {api} does not name: set"
            " AWS_DEFAULT_REGION."
        )
    return AwsSignature(credentials, region)
