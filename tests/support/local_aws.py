"""A local AWS that enforces IAM policies: ministack with `AUTH=true`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import requests
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.environment import REGION
from local.settings import HOST
from local.supervisor.ports import free_port
from local.supervisor.waiting import wait_until

__all__ = ["ACCOUNT", "Keys", "LocalAws", "local_aws", "refused"]

ACCOUNT = "000000000000"
"""The account of the root key."""

_START_SECONDS = 60
_DENIALS = {"AccessDenied", "AccessDeniedException", "403"}
Keys = tuple[str, str, str | None]
"""Access key id, secret key, and session token (null for a user's own key)."""


class LocalAws:
    """The local AWS and its clients.

    Args:
        url: Where it listens.
        root: The keys that no policy restricts.
    """

    def __init__(self, url: str, root: Keys) -> None:
        self.url = url
        self.root = root

    def client(self, service: str, keys: Keys | None = None, *, tls: bool = True) -> Any:  # noqa: ANN401  # boto3's clients have no common type
        """Return a client.

        Args:
            service: Name of the AWS service.
            keys: Who calls. Default: root.
            tls: Whether the calls count as made through TLS, as behind a proxy that ends it.
        """
        key_id, secret, token = keys or self.root
        session: Any = boto3.session.Session(key_id, secret, token, region_name=REGION)
        client = session.client(
            service,
            endpoint_url=self.url,
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )
        if tls:
            client.meta.events.register("before-send", _behind_tls)
        return client

    def keys_of(self, role: str) -> Keys:
        """Return keys with the policy of a role. Services assume these roles, and users cannot."""
        iam = self.client("iam")
        [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        user = f"as-{role}"
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName=policy, PolicyDocument=json.dumps(document))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        return key["AccessKeyId"], key["SecretAccessKey"], None

    def assume(self, keys: Keys, role: str, external_id: str | None = None) -> Keys:
        """Assume a role with `keys`; return the keys of the session."""
        extra = {} if external_id is None else {"ExternalId": external_id}
        session = self.client("sts", keys).assume_role(
            RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName="test", **extra
        )["Credentials"]
        return session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"]


@contextmanager
def local_aws(home: Path) -> Iterator[LocalAws]:
    """Run a local AWS with all its files in `home`."""
    port = free_port()
    root: Keys = ("AKIAIOSFODNN7EXAMPLE", "the-secret-of-these-tests", None)
    command = [sys.executable, "-m", "uvicorn", "ministack.app:app", "--log-level=warning"]
    with subprocess.Popen(
        [*command, "--ws=none", f"--host={HOST}", f"--port={port}"],
        cwd=home,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "AUTH": "true",
            "AWS_ACCESS_KEY_ID": root[0],
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": REGION,
            "SERVICES": "iam,kinesis,s3,secretsmanager,sts",
            "STATE_DIR": str(home),
            "TMPDIR": str(home),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "DOCKER_HOST": f"unix://{home / 'no-docker.sock'}",
        },
    ) as process:
        try:
            url = f"http://{HOST}:{port}"
            wait_until(lambda: _answers(process, url), seconds=_START_SECONDS, description=url)
            yield LocalAws(url, root)
        finally:
            process.terminate()


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    assert process.poll() is None, "the local AWS has ended; its errors are above"
    try:
        return requests.get(f"{url}/_ministack/health", timeout=5).ok
    except requests.ConnectionError:
        return False


def _behind_tls(request: AWSRequest, **_: object) -> None:
    request.headers["X-Forwarded-Proto"] = "https"


def refused(call: Callable[[], object]) -> bool:
    """Return whether AWS denies a call; any other error is one of the test."""
    try:
        call()
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIALS:
            raise
        return True
    return False
