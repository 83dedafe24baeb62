"""The API creates, lists, describes and deletes streams of the local Kinesis."""

from __future__ import annotations

import uuid
from urllib.parse import quote

import pytest
import requests

from tests.support.streams_api import StreamsApi

INVALID = {"message": "Invalid request body"}


def test_a_stream_is_created_listed_described_and_deleted(api: StreamsApi) -> None:
    name = f"streaming-{uuid.uuid4().hex}"

    created = api.call("POST", f"/{name}", b'{"ShardCount": 3}')
    assert (created.status_code, created.json()) == (200, {})
    assert name in api.call("GET", "").json()["StreamNames"]
    summary = api.call("GET", f"/{name}").json()["StreamDescriptionSummary"]
    assert (summary["StreamName"], summary["OpenShardCount"]) == (name, 3)

    assert api.call("DELETE", f"/{name}").status_code == 200
    assert api.call("GET", f"/{name}").json()["__type"] == "ResourceNotFoundException"


def test_a_stream_has_one_shard_by_default(api: StreamsApi) -> None:
    name = f"streaming-{uuid.uuid4().hex}"

    assert api.call("POST", f"/{name}", b"{}").status_code == 200
    summary = api.call("GET", f"/{name}").json()["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 1
    assert api.call("DELETE", f"/{name}").status_code == 200


@pytest.mark.parametrize("shards", [b"0", b'"2"', b"1.5", b"null", b'{"a": 1}'])
def test_an_invalid_number_of_shards_is_refused(api: StreamsApi, shards: bytes) -> None:
    answer = api.call("POST", "/streaming-never", b'{"ShardCount": ' + shards + b"}")

    assert (answer.status_code, answer.json()) == (400, INVALID)


def test_an_existing_stream_has_the_answer_of_kinesis(api: StreamsApi) -> None:
    answer = api.call("POST", f"/{api.stream}", b"{}")

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceInUseException")


@pytest.mark.parametrize(
    "name",
    ['{}","ShardCount":"', "{}'", "{}\\", "{}\n", "{} ", "$input.json('$')", "é", "%22", ".."],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_invalid_name_names_no_stream(api: StreamsApi, method: str, name: str) -> None:
    path = "/" + quote(name.format(api.stream), safe="").replace(".", "%2E")

    answer = api.call(method, path)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")
    assert api.call("GET", f"/{api.stream}").status_code == 200


@pytest.mark.parametrize("path", ["/%FF", "/%00", "/%ED%A0%80", "/a%2Fb", "/%", "/__FORMAL%5F"])
def test_an_invalid_path_names_no_stream(api: StreamsApi, path: str) -> None:
    answer = api.call("GET", path)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")


def test_a_request_without_the_key_is_refused(api: StreamsApi) -> None:
    url = f"{api.url}/streams/{api.stream}"

    assert requests.delete(url, headers={"x-api-key": "wrong"}, timeout=10).status_code == 403
    assert api.call("GET", f"/{api.stream}").status_code == 200
