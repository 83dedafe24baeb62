"""The project's API in front of the local Kinesis: what a client sends is what a stream holds."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import quote

import pytest
import requests
from mypy_boto3_kinesis import KinesisClient

from local.aws import REGION
from local.kinesis.client import kinesis_client
from local.secrets import Secrets
from local.settings import ROOT, Settings
from tests.conftest import Running
from tests.contract.gateway_process import KEY, serving
from tests.support.faulty_kinesis import (
    INTERNAL_FAILURE,
    THROTTLED,
    FaultyKinesis,
    answering,
    dropped,
    faulty_kinesis,
    refused,
)

JSON = "application/json"
INVALID = {"message": "Invalid request body"}
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


# Streams


def test_a_stream_is_made_listed_described_and_deleted(api: Api) -> None:
    name = f"streaming-{uuid.uuid4().hex}"

    made = api.call("POST", f"/{name}", b'{"ShardCount": 3}')
    assert (made.status_code, made.json()) == (200, {})
    assert name in api.call("GET", "").json()["StreamNames"]
    summary = api.call("GET", f"/{name}").json()["StreamDescriptionSummary"]
    assert (summary["StreamName"], summary["OpenShardCount"]) == (name, 3)

    assert api.call("DELETE", f"/{name}").status_code == 200
    assert api.call("GET", f"/{name}").json()["__type"] == "ResourceNotFoundException"


def test_a_stream_has_one_shard_unless_said_otherwise(api: Api) -> None:
    name = f"streaming-{uuid.uuid4().hex}"

    assert api.call("POST", f"/{name}", b"{}").status_code == 200
    summary = api.call("GET", f"/{name}").json()["StreamDescriptionSummary"]
    assert summary["OpenShardCount"] == 1
    assert api.call("DELETE", f"/{name}").status_code == 200


@pytest.mark.parametrize("shards", [b"0", b'"2"', b"1.5", b"null", b'{"a": 1}'])
def test_a_number_of_shards_that_is_none_is_invalid(api: Api, shards: bytes) -> None:
    answer = api.call("POST", "/streaming-never", b'{"ShardCount": ' + shards + b"}")

    assert (answer.status_code, answer.json()) == (400, INVALID)


def test_a_stream_that_is_there_is_told_as_kinesis_does(api: Api) -> None:
    answer = api.call("POST", f"/{api.stream}", b"{}")

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceInUseException")


@pytest.mark.parametrize(
    "name",
    ['{}","ShardCount":"', "{}'", "{}\\", "{}\n", "{} ", "$input.json('$')", "é", "%22", ".."],
)
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_name_that_is_none_stays_one_text(api: Api, method: str, name: str) -> None:
    path = "/" + quote(name.format(api.stream), safe="").replace(".", "%2E")

    answer = api.call(method, path)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")
    assert api.call("GET", f"/{api.stream}").status_code == 200


@pytest.mark.parametrize("path", ["/%FF", "/%00", "/%ED%A0%80", "/a%2Fb", "/%", "/__FORMAL%5F"])
def test_a_path_that_is_no_text_is_no_name(api: Api, path: str) -> None:
    answer = api.call("GET", path)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")


def test_without_the_key_nothing_passes(api: Api) -> None:
    url = f"{api.url}/streams/{api.stream}"

    assert requests.delete(url, headers={"x-api-key": "wrong"}, timeout=10).status_code == 403
    assert api.call("GET", f"/{api.stream}").status_code == 200


# Records


def test_a_record_is_stored_and_answered_as_kinesis_does(api: Api) -> None:
    answer = api.put_record({"index": 17, "title": "Art."})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith(JSON)
    assert {"ShardId", "SequenceNumber"} <= answer.json().keys()
    assert api.records() == [("17", b'{"index":17,"title":"Art."}')]


def test_records_are_answered_each_in_their_order(api: Api) -> None:
    answer = api.put_records(*(({"index": i}, str(i)) for i in range(500)))

    results = answer.json()
    assert (answer.status_code, results["FailedRecordCount"]) == (200, 0)
    numbers = [int(result["SequenceNumber"]) for result in results["Records"]]
    assert (len(numbers), numbers) == (500, sorted(numbers))
    assert api.records() == [(str(i), b'{"index":%d}' % i) for i in range(500)]


HOSTILE_TEXTS = [
    '"',
    "'",
    "\\",
    '\\"',
    '","PartitionKey":"other',
    '"}],"Records":[{"Data":"',
    "line\r\nbreak\ttab",
    "$input.json('$')",
    "${util.base64Encode('a')}$!foreach.index",
    "#set($a = 1)$a #foreach($b in [1])x#end #stop",
    "#end]}",
    "## a comment",
    "#* a comment *#",
    "__FORMAL_REFERENCE__REPLACE_TEXT__",
    "\u2028\u2029\u0085",
    "\x00\x01\x1f\x7f",
    "\u202ebidi \ufeffbom \ufffd",
    "e\u0301 \u05d0 \U0001f600",
    "</script>&amp;%22+%00",
    "{}",
    "null",
    " ",
    "x" * 256,
    "\U0001f600" * 256,
]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_no_text_becomes_part_of_the_call(api: Api, text: str) -> None:
    data = {text: text, "nested": [{"deep": [text]}]}

    assert api.put_record(data, text).status_code == 200
    assert api.put_records((data, text), ({}, "after")).json()["FailedRecordCount"] == 0

    kept = [(key, json.loads(stored)) for key, stored in api.records()]
    assert kept == [(text, data), (text, data), ("after", {})]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("9007199254740993", b"9007199254740993"),
        ("123456789012345678901234567890", b"123456789012345678901234567890"),
        ("-1.7976931348623157e308", b"-1.7976931348623157e308"),
        ("5e-324", b"5e-324"),
        ("0.12345678901234567890", b"0.12345678901234568"),
        ("1.50", b"1.5"),
        (' [1 ,\n"\\u00e9\\/"] ', '[1,"é/"]'.encode()),
        ("null", b"null"),
        ('"not an event"', b'"not an event"'),
        ("[" * 500 + "]" * 500, b"[" * 500 + b"]" * 500),
    ],
)
def test_any_json_passes_written_anew(api: Api, sent: str, stored: bytes) -> None:
    body = f'{{"records": [{{"data": {sent}, "partition-key": "1"}}]}}'

    assert api.call("PUT", f"/{api.stream}/records", body.encode()).status_code == 200
    assert api.records() == [("1", stored)]


def test_the_stream_in_the_path_counts(api: Api) -> None:
    assert api.put_record({}, StreamName="streaming-another").status_code == 200
    assert len(api.records()) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON",
        b'{"records":[]}',
        b'{"records":[{"data":{}}]}',
        b'{"records":[{"partition-key":"1"}]}',
        b'{"records":[{"data":{},"partition-key":1}]}',
        b'{"records":[{"data":{},"partition-key":""}]}',
        b'{"records":[{"data":{},"partition-key":"' + b"x" * 257 + b'"}]}',
        b'{"records":[' + b",".join([b'{"data":{},"partition-key":"1"}'] * 501) + b"]}",
        b'{"records":[{"data":"\\ud800","partition-key":"1"}]}',
        b'{"records":[{"data":"\xff","partition-key":"1"}]}',
        b'{"records":[{"data":1e400,"partition-key":"1"}]}',
        b'{"records":[{"data":' + b"[" * 100_000 + b"]" * 100_000 + b',"partition-key":"1"}]}',
    ],
)
def test_what_is_no_put_records_is_invalid(api: Api, body: bytes) -> None:
    answer = api.call("PUT", f"/{api.stream}/records", body)

    assert (answer.status_code, answer.json()) == (400, INVALID)
    assert api.records() == []


def test_a_record_of_1_mib_passes_and_no_larger_one(api: Api) -> None:
    """The two quotes of a text count."""
    assert api.put_record("x" * (MIB - 2)).status_code == 200

    too_large = api.put_record("x" * (MIB - 1))
    assert (too_large.status_code, too_large.json()["__type"]) == (400, "ValidationException")
    assert [len(data) for _, data in api.records()] == [MIB]


def test_5_mib_of_data_and_keys_pass_and_no_more(api: Api) -> None:
    fitting = [("x" * (MIB - 3), "1")] * 5
    assert api.put_records(*fitting).json()["FailedRecordCount"] == 0

    too_large = api.put_records(*fitting[:4], ("x" * (MIB - 2), "1"))
    assert (too_large.status_code, too_large.json()["__type"]) == (400, "ValidationException")


def test_a_body_over_10_mb_is_too_long(api: Api) -> None:
    answer = api.put_record("x" * 10 * MIB)

    assert (answer.status_code, answer.json()) == (413, {"message": "Request Too Long"})


@pytest.mark.parametrize("content_type", ["text/plain", "application/vnd.kafka.json.v2+json"])
@pytest.mark.parametrize(("method", "path"), [("PUT", "/{}/record"), ("GET", "")])
def test_no_template_takes_another_content_type(
    api: Api, content_type: str, method: str, path: str
) -> None:
    answer = api.call(method, path.format(api.stream), b'{"Data":1}', content_type)

    assert (answer.status_code, answer.json()) == (415, {"message": "Unsupported Media Type"})


def test_a_body_without_a_content_type_counts_as_json(api: Api) -> None:
    body = b'{"Data": {}, "PartitionKey": "1"}'

    assert api.call("PUT", f"/{api.stream}/record", body, None).status_code == 200


def test_records_for_a_stream_that_is_not_there_are_refused_as_kinesis_does(api: Api) -> None:
    body = b'{"records":[{"data":{},"partition-key":"1"}]}'

    answer = api.call("PUT", "/streaming-nothing/records", body)

    assert (answer.status_code, answer.json()["__type"]) == (400, "ResourceNotFoundException")


# A Kinesis that fails


@pytest.fixture
def failing(api: Api, settings: Settings, secrets: Secrets) -> Iterator[tuple[Api, FaultyKinesis]]:
    """The API in front of a Kinesis that fails as it is told."""
    placeholders = {"kafka_rest_url": "http://127.0.0.1:9", "region": REGION}
    with (
        faulty_kinesis(settings.kinesis_url) as kinesis,
        serving(
            ROOT / "ingestion" / "api.yaml",
            KINESIS_URL=kinesis.url,
            PLACEHOLDERS=json.dumps(placeholders | {"kinesis_role_arn": "arn:aws:iam::1:role/a"}),
            AWS_ACCESS_KEY_ID=secrets.aws_access_key_id,
            AWS_SECRET_ACCESS_KEY=secrets.aws_secret_access_key,
        ) as url,
    ):
        yield replace(api, url=url, key=KEY), kinesis


@pytest.mark.parametrize(
    ("error", "status"), [(THROTTLED, 400), (INTERNAL_FAILURE, 500), ("ServiceUnavailable", 500)]
)
def test_an_error_of_kinesis_passes_with_its_body(
    failing: tuple[Api, FaultyKinesis], error: str, status: int
) -> None:
    api, kinesis = failing
    kinesis.fail("PutRecords", answering(error))

    answer = api.put_records(({}, "1"))

    assert (answer.status_code, answer.json()["__type"]) == (status, error)
    assert api.put_records(({}, "1")).status_code == 200


def test_a_call_that_failed_in_part_passes_as_it_is(failing: tuple[Api, FaultyKinesis]) -> None:
    api, kinesis = failing
    kinesis.fail("PutRecords", refused(every=2))

    answer = api.put_records(*(({}, str(i)) for i in range(4)))

    errors = [result.get("ErrorCode") for result in answer.json()["Records"]]
    assert (answer.status_code, answer.json()["FailedRecordCount"]) == (200, 2)
    assert errors == [None, THROTTLED, None, THROTTLED]
    assert [key for key, _ in api.records()] == ["0", "2"]


@pytest.mark.parametrize(("after", "kept"), [(False, 0), (True, 1)])
def test_a_call_whose_answer_is_lost_is_not_sent_again(
    failing: tuple[Api, FaultyKinesis], after: bool, kept: int
) -> None:
    api, kinesis = failing
    kinesis.fail("PutRecord", dropped(after=after))

    answer = api.put_record({})

    assert (answer.status_code, answer.json()) == (
        504,
        {"message": "Network error communicating with endpoint"},
    )
    assert kinesis.calls["PutRecord"] == 1
    assert len(api.records()) == kept
