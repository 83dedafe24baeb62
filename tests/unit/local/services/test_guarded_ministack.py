"""Which requests reach the local S3 and Kinesis."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import httpx
import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from starlette.responses import Response

from local.services.guarded_ministack import Guard

BUCKET = "http://127.0.0.1:14566/bucket"
RESET = "/_ministack/reset"
CREDENTIAL = "Credential=AKIAOURS/20260101/us-east-1/s3/aws4_request, SignedHeaders=a, Signature=b"
OTHER = f"AWS4-HMAC-SHA256 {CREDENTIAL}".replace("AKIAOURS", "test")


def signed(key: str = "AKIAOURS") -> Mapping[str, str]:
    """Return the headers of a request that is signed with the access key id `key`."""
    request = AWSRequest("GET", BUCKET)
    SigV4Auth(Credentials(key, "secret"), "s3", "us-east-1").add_auth(request)
    return dict(request.headers)


def presigned(key: str) -> str:
    request = AWSRequest("GET", BUCKET)
    S3SigV4QueryAuth(Credentials(key, "secret"), "s3", "us-east-1").add_auth(request)
    return str(request.url)


type Headers = Mapping[str, str] | list[tuple[str, str]]


def send(url: str, headers: Headers, method: str = "GET") -> int:
    """Return the status of the answer; the application behind the guard answers 200."""
    transport = httpx.ASGITransport(Guard(Response(), ["AKIAOURS", "AKIASPARK"]))

    async def run() -> int:
        async with httpx.AsyncClient(transport=transport) as client:
            return (await client.request(method, url, headers=headers)).status_code

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (BUCKET, signed()),
        (BUCKET, signed("AKIASPARK")),
        ("http://localhost:1/bucket", signed()),
        ("http://127.0.0.1/", signed()),
        (presigned("AKIAOURS"), {}),
        ("http://127.0.0.1:14566/_ministack/health", {}),
    ],
)
def test_signed_requests_and_the_health_check_pass(url: str, headers: Mapping[str, str]) -> None:
    assert send(url, headers) == 200


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        (BUCKET, {}),
        (BUCKET, signed("AKIATHEIRS")),
        (BUCKET, {"Authorization": "AWS AKIAOURS:signature"}),
        (BUCKET, {"Authorization": "Bearer AKIAOURS"}),
        (presigned("AKIATHEIRS"), {}),
        (BUCKET, {"Authorization": f"AWS4-HMAC-SHA256 Credential=test/a, {CREDENTIAL}"}),
        (BUCKET, {"Authorization": f"AWS4-HMAC-SHA256 {CREDENTIAL}, Credential=test/a"}),
        (BUCKET, {"Authorization": f"AWS4-ECDSA-P256-SHA256 {CREDENTIAL}"}),
        (presigned("AKIAOURS"), signed()),
        (f"{presigned('AKIAOURS')}&X-Amz-Credential=test%2Fa", {}),
        (f"{presigned('AKIAOURS')}&x-amz-credential=test%2Fa", {}),
        (BUCKET, [("Authorization", signed()["Authorization"]), ("Authorization", OTHER)]),
        (f"{BUCKET}?X-Amz-Credential=", {}),
        ("http://evil.example/bucket", signed()),
        ("http://127.0.0.1.evil.example:14566/bucket", signed()),
        ("http://evil.example/_ministack/health", {}),
        (BUCKET, {**signed(), "Host": ""}),
        (BUCKET, {**signed(), "Origin": "http://evil.example"}),
        (BUCKET, {**signed(), "Origin": "null"}),
        ("http://127.0.0.1/_ministack/health", {"Origin": "http://127.0.0.1:14566"}),
        (f"http://127.0.0.1{RESET}", signed()),
        (f"http://127.0.0.1/%5Fministack{RESET}", signed()),
        ("http://127.0.0.1/_localstack/health", signed()),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_any_other_request_is_refused(method: str, url: str, headers: Headers) -> None:
    assert send(url, headers, method) == 403
