"""From the streams to the tables: bad records, versions of a post, special characters."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from pyspark.sql import Row, SparkSession

from emulation.payloads import EVENTS
from local.secrets import Secrets
from local.settings import Settings
from tests.end_to_end.expected_rows import clean_rows, expected_rows
from tests.support.bad_records import CASES, Case, pin
from tests.support.services import Running
from tests.support.sources import write_source
from tests.support.streaming_pipeline import StreamingPipeline

COUNTS = ("records_read", "rows_merged", "records_superseded", "records_rejected")


@pytest.fixture
def pipeline(settings: Settings, secrets: Secrets, running: Running) -> StreamingPipeline:
    running("kinesis")
    return StreamingPipeline.new(settings, secrets)


# Bad records


@dataclass(frozen=True)
class CleanedCases:
    """The cases, cleaned once.

    Attributes:
        pipeline: Their streams and tables.
        delivered: Each case with its position.
        loads: The rows of `loads` after the first run; a run from another checkpoint adds rows.
    """

    pipeline: StreamingPipeline
    delivered: list[tuple[str, Case]]
    loads: list[Row]


@pytest.fixture(scope="module")
def cases(
    settings: Settings, secrets: Secrets, running: Running, spark: SparkSession
) -> CleanedCases:
    """Put the cases into the streams directly, because the API would reject some of them."""
    running("kinesis")
    pipeline = StreamingPipeline.new(settings, secrets)
    delivered = [(pipeline.put(case.event, case.value)[0], case) for case in CASES]
    pipeline.clean(spark)
    return CleanedCases(pipeline, delivered, pipeline.tables.read(spark, "loads").collect())


def payload(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return base64.b64encode(value).decode()


def test_bad_records_are_rejected_with_position_payload_and_reason(
    cases: CleanedCases, spark: SparkSession
) -> None:
    pipeline = cases.pipeline
    rejected = {
        (row.event, row.origin, row.position): (row.payload, row.reason)
        for row in pipeline.tables.read(spark, "rejected").collect()
    }

    expected = {
        (case.event, pipeline.stream(case.event), position): case
        for position, case in cases.delivered
        if case.ends_in != "clean"
    }
    assert rejected.keys() == expected.keys()
    for position, case in expected.items():
        rejected_payload, reason = rejected[position]
        assert rejected_payload == payload(case.value), case.name
        assert (case.reason_in_stream or case.reason) in reason, case.name


def test_every_record_of_a_stream_ends_in_exactly_one_place(
    cases: CleanedCases, spark: SparkSession
) -> None:
    pipeline = cases.pipeline
    clean = {name: pipeline.tables.read(spark, name).count() for name in ("pin", "geo", "user")}
    rejected = pipeline.tables.read(spark, "rejected").count()

    read, merged, superseded, counted = (sum(load[name] for load in cases.loads) for name in COUNTS)
    assert clean == {"pin": 2, "geo": 2, "user": 1}
    assert (read, merged, counted) == (len(CASES), sum(clean.values()), rejected)
    assert read == merged + superseded + rejected


def test_records_read_again_change_no_row(cases: CleanedCases, spark: SparkSession) -> None:
    pipeline = cases.pipeline
    names = ("pin", "geo", "user", "rejected")

    def rows() -> dict[str, list[str]]:
        return {n: sorted(map(str, pipeline.tables.read(spark, n).collect())) for n in names}

    before = rows()

    assert pipeline.clean(spark) == 0
    assert pipeline.clean(spark, checkpoints="/again") == 3

    assert rows() == before


# Versions of a post


def versions(deliveries: int, posts: int) -> Iterator[tuple[int, str]]:
    """Yield posts with titles: new versions, and repeated deliveries of old ones."""
    rng = random.Random(7)
    titles = dict.fromkeys(range(posts), 0)
    for _ in range(deliveries):
        post = rng.randrange(posts)
        repeat = rng.random() < 0.3
        titles[post] += not repeat
        title = rng.randint(0, titles[post]) if repeat else titles[post]
        yield post, f"version {title}"


def test_the_last_version_wins_after_many_micro_batches_and_a_replay(
    pipeline: StreamingPipeline, spark: SparkSession
) -> None:
    delivered = list(versions(deliveries=60, posts=6))
    for post, title in delivered:
        pipeline.put("pin", pin(index=post, title=title), key=str(post))
    last = sorted(dict(delivered).items())

    assert pipeline.clean(spark, "pin", maxRecordsPerTrigger="20") >= 3
    assert pipeline.rows(spark, "pin", "ind", "title") == last
    assert pipeline.clean(spark, "pin", checkpoints="/again", maxRecordsPerTrigger="40") >= 2
    assert pipeline.rows(spark, "pin", "ind", "title") == last


# Special characters

SPECIAL_TEXTS = [
    "both \"quotes\" and 'these'",
    'back\\slash \\" \\n \\u0041 C:\\new',
    '","PartitionKey":"other","x":"',
    '"}],"Records":[{"Data":"e30=","PartitionKey":"1"}]}',
    "line\nbreak\r\nand\ttab\x0b\x0c",
    "#set($a = 1)$a #foreach($b in [1])x#end #stop",
    "$input.json('$') $input.body $!input",
    "${x} $x $!{x} ${util.base64Encode('a')}",
    "## a comment #* another *# #[[ as it is ]]#",
    "\u2028 and \u2029 and \u0085",
    "a\u00a0no-break\u202fspace",
    "\x00 nul \x01\x1f\x7f",
    "\U0001f600 \U0001f469\u200d\U0001f4bb \u05d0 e\u0301 \u202ebidi \ufeffbom \ufffd",
    "</script>&amp;%22+%00 ' OR 1=1 --",
    "null",
    "k" * 254,
]
"""The tests put each between angle brackets, so that none is trimmed."""


def rows_with_text(index: int, text: str) -> list[tuple[object, ...]]:
    """Return pin, geo and user of a post with `text` in every text field."""
    return [
        (index, *(text,) * 8, 1, text, text),
        (index, "2020-08-28T03:52:47", 1.5, -2.5, text),
        (index, text, text, 30, "2016-01-02 03:04:05"),
    ]


class Api:
    """The two operations of the API that put records."""

    def __init__(self, settings: Settings, secrets: Secrets) -> None:
        self._url = f"{settings.api_url}/streams"
        self._headers = {"x-api-key": secrets.api_key, "Content-Type": "application/json"}

    def put_record(self, stream: str, data: Mapping[str, object], key: str) -> None:
        self._put(f"{stream}/record", {"StreamName": stream, "Data": data, "PartitionKey": key})

    def put_records(self, stream: str, records: Sequence[tuple[Mapping[str, object], str]]) -> None:
        together = [{"data": data, "partition-key": key} for data, key in records]
        assert self._put(f"{stream}/records", {"records": together})["FailedRecordCount"] == 0

    def _put(self, path: str, body: object) -> dict[str, object]:
        answer = requests.put(
            f"{self._url}/{quote(path)}", json.dumps(body), headers=self._headers, timeout=30
        )
        assert answer.status_code == 200, answer.text
        body_of_answer: dict[str, object] = answer.json()
        return body_of_answer


@pytest.fixture(scope="module")
def with_special_texts(
    settings: Settings, secrets: Secrets, running: Running, spark: SparkSession
) -> StreamingPipeline:
    """Put each text twice: in a call of its own, and in one call with all others."""
    running("api_gateway")
    pipeline = StreamingPipeline.new(settings, secrets)
    api = Api(settings, secrets)
    for at, event in enumerate(EVENTS):
        together = []
        for number, text in enumerate(f"<{text}>" for text in SPECIAL_TEXTS):
            alone, other = (
                dict(zip(event.columns, rows_with_text(index, text)[at], strict=True))
                | {text: text}
                for index in (2 * number, 2 * number + 1)
            )
            api.put_record(pipeline.stream(event.name), alone, text)
            together.append((other, text))
        api.put_records(pipeline.stream(event.name), together)
    pipeline.clean(spark)
    return pipeline


@pytest.mark.parametrize("event", ["pin", "geo", "user"])
def test_special_text_reaches_the_table_unchanged_in_every_field(
    with_special_texts: StreamingPipeline, spark: SparkSession, tmp_path: Path, event: str
) -> None:
    posts = [
        rows_with_text(2 * number + more, f"<{text}>")
        for number, text in enumerate(SPECIAL_TEXTS)
        for more in (0, 1)
    ]
    pins, geos, users = zip(*posts, strict=True)
    write_source(tmp_path / "posts.db", pins, geos, users)

    expected = expected_rows(tmp_path / "posts.db", len(posts))[event]

    assert clean_rows(spark, with_special_texts.tables, event) == expected


def test_special_text_in_place_of_a_time_or_number_is_rejected_unchanged(
    pipeline: StreamingPipeline,
    settings: Settings,
    secrets: Secrets,
    running: Running,
    spark: SparkSession,
) -> None:
    running("api_gateway")
    api = Api(settings, secrets)
    sent = [
        {"ind": text, "timestamp": text, "latitude": text, "country": "x"} for text in SPECIAL_TEXTS
    ]
    api.put_records(pipeline.stream("geo"), [(data, "1") for data in sent])

    pipeline.clean(spark, "geo")

    rejected = pipeline.tables.read(spark, "rejected").orderBy("position").collect()
    assert [json.loads(row.payload) for row in rejected] == sent
