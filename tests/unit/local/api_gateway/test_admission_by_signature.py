"""AWS_IAM: requests that are signed as an AWS client signs them, and as one does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests
from botocore.credentials import Credentials
from requests.auth import AuthBase

from emulation.signature import AwsSignature
from tests.support.served_api import KEY, serving, things_document

KEY_ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "a-secret-of-these-tests"
NOBODY = "http://127.0.0.1:9"
"""The gateway answers 504 to what it forwards there."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    document = things_document(NOBODY, authorization="AWS_IAM")
    with serving(document, caller_access_key_id=KEY_ID, caller_secret_access_key=SECRET) as stage:
        yield f"{stage}/things/a%20b?kind=x&kind=y%2F"


def signature(secret: str = SECRET, *, key_id: str = KEY_ID, region: str = "us-east-1") -> AuthBase:
    return AwsSignature(Credentials(key_id, secret), region)


def post(url: str, auth: AuthBase | None, key: str = KEY) -> requests.Response:
    headers = {"Content-Type": "application/json", "x-api-key": key}
    return requests.post(url, b'{"a": 1}', headers=headers, auth=auth, timeout=30)


def test_a_signed_request_is_forwarded(url: str) -> None:
    assert post(url, signature()).status_code == 504


def test_a_signed_request_needs_the_api_key_too(url: str) -> None:
    answer = post(url, signature(), key="another-key-of-20-characters")

    assert (answer.status_code, answer.json()) == (403, {"message": "Forbidden"})


@pytest.mark.parametrize(
    ("auth", "error"),
    [
        (None, "MissingAuthenticationTokenException"),
        (signature("another secret"), "InvalidSignatureException"),
        (signature(region="eu-west-2"), "InvalidSignatureException"),
        (signature(key_id="AKIAI44QH8DHBEXAMPLE"), "UnrecognizedClientException"),
    ],
)
def test_other_requests_are_refused(url: str, auth: AuthBase | None, error: str) -> None:
    answer = post(url, auth)

    assert (answer.status_code, answer.headers["x-amzn-ErrorType"]) == (403, error)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("Authorization", "Bearer abc", "IncompleteSignatureException"),
        ("X-Amz-Date", "yesterday", "IncompleteSignatureException"),
        ("X-Amz-Date", "20200101T000000Z", "InvalidSignatureException"),
        ("Content-Type", "text/plain", "InvalidSignatureException"),
    ],
)
def test_a_header_that_was_changed_after_the_signature_is_noticed(
    url: str, name: str, value: str, error: str
) -> None:
    class Changed(AuthBase):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            signature()(request)
            request.headers[name] = value
            return request

    assert post(url, Changed()).headers["x-amzn-ErrorType"] == error


def test_a_body_that_was_changed_after_the_signature_is_noticed(url: str) -> None:
    class Changed(AuthBase):
        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            signature()(request)
            request.body = b'{"a": 2}'
            return request

    assert post(url, Changed()).headers["x-amzn-ErrorType"] == "InvalidSignatureException"
