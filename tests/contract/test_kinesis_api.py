"""The project's API in front of the local Kinesis: what a client sends is what a stream holds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from mypy_boto3_kinesis import KinesisClient

from local.kinesis.client import kinesis_client
from local.stack.secrets import Secrets
from local.stack.settings import Settings
from tests.conftest import Running

JSON = "application/json"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Api:
    """The API and one stream of its own behind it."""

    url: str
    key: str
    stream: str
    kinesis: KinesisClient

    def call(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = JSON
    ) -> requests.Response:
        headers = {"x-api-key": self.key} | ({"Content-Type": content_type} if content_type else {})
        return requests.request(
            method, f"{self.url}/streams{path}", data=body, headers=headers, timeout=30
        )

    def put_record(self, data: object, key: object = "17", **more: object) -> requests.Response:
        body = json.dumps({"StreamName": self.stream, "Data": data, "PartitionKey": key} | more)
        return self.call("PUT", f"/{self.stream}/record", body.encode())

    def put_records(self, *records: tuple[object, object]) -> requests.Response:
        body = json.dumps({"records": [{"data": d, "partition-key": k} for d, k in records]})
        return self.call("PUT", f"/{self.stream}/records", body.encode())

    def records(self) -> list[tuple[str, bytes]]:
        """Return the key and the data of each record that the stream holds."""
        [shard] = self.kinesis.list_shards(StreamName=self.stream)["Shards"]
        start = self.kinesis.get_shard_iterator(
            StreamName=self.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        got = self.kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [(record["PartitionKey"], record["Data"]) for record in got]


@pytest.fixture
def api(settings: Settings, secrets: Secrets, running: Running) -> Iterator[Api]:
    running("api_gateway")
    kinesis = kinesis_client(settings, secrets)
    stream = f"streaming-{uuid.uuid4().hex}"
    kinesis.create_stream(StreamName=stream, ShardCount=1)
    yield Api(settings.api_url, secrets.api_key, stream, kinesis)
    kinesis.delete_stream(StreamName=stream)


def test_a_record_is_stored_and_answered_as_kinesis_does(api: Api) -> None:
    answer = api.put_record({"index": 17, "title": "Art."})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(JSON)
    assert {"ShardId", "SequenceNumber"} <= answer.json().keys()
    assert api.records() == [("17", b'{"index":17,"title":"Art."}')]
