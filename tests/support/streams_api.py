"""A client of the API for one Kinesis stream."""

from __future__ import annotations

import json
from dataclasses import dataclass

import requests
from mypy_boto3_kinesis import KinesisClient
from requests.auth import AuthBase

JSON = "application/json"


@dataclass(frozen=True)
class StreamsApi:
    """The API, with one stream for one test."""

    url: str
    key: str
    stream: str
    kinesis: KinesisClient
    signature: AuthBase

    def call(
        self, method: str, path: str, body: bytes | None = None, content_type: str | None = JSON
    ) -> requests.Response:
        headers = {"x-api-key": self.key} | ({"Content-Type": content_type} if content_type else {})
        url = f"{self.url}/streams{path}"
        return requests.request(
            method, url, data=body, headers=headers, auth=self.signature, timeout=30
        )

    def put_record(self, data: object, key: object = "17", **more: object) -> requests.Response:
        body = json.dumps({"StreamName": self.stream, "Data": data, "PartitionKey": key} | more)
        return self.call("PUT", f"/{self.stream}/record", body.encode())

    def put_records(self, *records: tuple[object, object]) -> requests.Response:
        body = json.dumps({"records": [{"data": d, "partition-key": k} for d, k in records]})
        return self.call("PUT", f"/{self.stream}/records", body.encode())

    def records(self) -> list[tuple[str, bytes]]:
        """Return the key and the data of each record in the stream."""
        [shard] = self.kinesis.list_shards(StreamName=self.stream)["Shards"]
        start = self.kinesis.get_shard_iterator(
            StreamName=self.stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )
        records = self.kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]
        return [(record["PartitionKey"], record["Data"]) for record in records]
