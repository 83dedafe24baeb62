"""The API creates, lists, describes and deletes streams of the local Kinesis."""

from __future__ import annotations

import uuid

import pytest

from tests.support.streams_api import StreamsApi


def test_a_stream_is_created_listed_described_and_deleted(api: StreamsApi) -> None:
    name = f"streaming-{uuid.uuid4().hex}-pin"

    created = api.call("POST", f"/{name}", b'{"ShardCount": 3}')
    assert (created.status_code, created.json()) == (200, {})
    assert name in api.call("GET", "").json()["StreamNames"]
    summary = api.call("GET", f"/{name}").json()["StreamDescriptionSummary"]
    assert (summary["StreamName"], summary["OpenShardCount"]) == (name, 3)

    assert api.call("DELETE", f"/{name}").status_code == 200
    assert api.call("GET", f"/{name}").json()["__type"] == "ResourceNotFoundException"


def test_an_existing_stream_has_the_answer_of_kinesis(api: StreamsApi) -> None:
    answer = api.call("POST", f"/{api.stream}", b"{}")

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceInUseException")


@pytest.mark.parametrize("method", ["GET", "DELETE"])
@pytest.mark.parametrize(
    "name",
    ["{}%22%2C%22ShardCount%22%3A%22", "{}%0A", "%C3%A9", "%2E%2E", "%FF", "%00", "a%2Fb", "%"],
)
def test_an_invalid_name_names_no_stream(api: StreamsApi, method: str, name: str) -> None:
    answer = api.call(method, "/" + name.format(api.stream))

    assert (answer.status_code, answer.json()["__type"]) == (400, "AccessDeniedException")
    assert api.call("GET", f"/{api.stream}").status_code == 200
