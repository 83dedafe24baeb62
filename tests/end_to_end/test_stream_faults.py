"""Services in front of the tables are killed or fail: no row is lost, and none is duplicated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.credentials import Credentials
from pyspark.sql import SparkSession
from rich.console import Console

from emulation.synthetic.database import default_source
from local.secrets import Secrets
from local.services.api_gateway import service as api_gateway
from local.settings import Settings
from local.supervisor.ports import free_port
from local.supervisor.supervisor import Supervisor
from pinterest_pipeline.monitoring import follow, stopped_at_the_end
from tests.end_to_end.expected_rows import clean_rows, expected_rows
from tests.support.emulator import POSTS, Emulator
from tests.support.faulty_aws import (
    INTERNAL_FAILURE,
    THROTTLED,
    FaultyAws,
    answering,
    dropped,
    faulty_aws,
    overtaken,
    refused,
)
from tests.support.services import Poll, Running
from tests.support.streaming_pipeline import StreamingPipeline


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "posts.db"
    default_source(path, None, Console(quiet=True))
    return path


@pytest.fixture
def pipeline(settings: Settings, secrets: Secrets, running: Running) -> StreamingPipeline:
    running("api_gateway", "spark")
    return StreamingPipeline.new(settings, secrets)


@pytest.fixture
def emulator(pipeline: StreamingPipeline, database: Path, tmp_path: Path) -> Emulator:
    emulator = Emulator(
        pipeline.settings, pipeline.secrets, tmp_path / "state", f"sqlite:///{database}"
    )
    emulator.options += ["--to", "kinesis", "--user-id", pipeline.settings.user_id]
    return emulator


def require_every_post_once(
    spark: SparkSession, pipeline: StreamingPipeline, database: Path
) -> None:
    """Clean the rest; compare the tables with the source and with the streams."""
    pipeline.clean(spark)
    expected = expected_rows(database, POSTS)
    for event in ("pin", "geo", "user"):
        assert clean_rows(spark, pipeline.tables, event) == expected[event]
        loads = pipeline.tables.read(spark, "loads").where(f"event = '{event}'").collect()
        assert sum(load.records_read for load in loads) == pipeline.delivered(event)
    assert pipeline.rows(spark, "rejected", "payload") == []


def test_a_gateway_killed_while_it_receives_posts_loses_no_row(
    running: Running,
    spark: SparkSession,
    pipeline: StreamingPipeline,
    emulator: Emulator,
    database: Path,
    poll: Poll,
) -> None:
    process = emulator.start("--rate", "30", "--batch-size", "10")
    poll(lambda: pipeline.delivered("user") >= 50, seconds=60)
    running.kill("api_gateway")
    assert pipeline.delivered("user") < POSTS
    assert process.poll() is None
    running("api_gateway")
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 0, output
    assert emulator("--resume")[0] == 0
    require_every_post_once(spark, pipeline, database)


def test_kinesis_stopped_while_posts_stream_loses_no_row(
    running: Running,
    spark: SparkSession,
    pipeline: StreamingPipeline,
    emulator: Emulator,
    database: Path,
    poll: Poll,
) -> None:
    assert emulator("--rows", "100")[0] == 0
    queries = pipeline.start(spark, every="1 second")
    with stopped_at_the_end(queries):
        assert next(follow(queries)).records
        process = emulator.start("--resume", "--rate", "30", "--batch-size", "10")
        poll(lambda: pipeline.delivered("user") >= 150, seconds=60)
        running.stop("kinesis")
        assert process.poll() is None
        running("kinesis")
        assert pipeline.delivered("user") >= 150
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output

    require_every_post_once(spark, pipeline, database)


@pytest.fixture
def kinesis(pipeline: StreamingPipeline, emulator: Emulator) -> Iterator[FaultyAws]:
    """A Kinesis with failures on demand, behind a gateway of its own that the emulator uses."""
    settings = pipeline.settings.model_copy(update={"api_gateway_port": free_port()})
    gateway = api_gateway(settings, pipeline.secrets)
    own = pipeline.secrets
    key = Credentials(own.aws_access_key_id, own.aws_secret_access_key)
    with faulty_aws(settings.kinesis_url, key) as faulty:
        environment = {**gateway.environment, "API_GATEWAY_KINESIS_URL": faulty.url}
        named = replace(gateway, name="faulty_gateway", depends_on=(), environment=environment)
        supervisor = Supervisor([named], settings.logs)
        supervisor.start()
        emulator.environment["PINTEREST_API"] = settings.api_url
        yield faulty
        supervisor.stop()


def test_throttling_lost_responses_late_calls_and_partial_failures_lose_no_row(
    spark: SparkSession,
    pipeline: StreamingPipeline,
    emulator: Emulator,
    kinesis: FaultyAws,
    database: Path,
    tmp_path: Path,
) -> None:
    """The first 100 pins arrive twice. The last 25 of them arrive again after their resend."""
    kinesis.fail("PutRecords", dropped(after=True))
    kinesis.fail("PutRecords", answering(THROTTLED))
    kinesis.fail("PutRecords", answering(INTERNAL_FAILURE))
    kinesis.fail("PutRecords", refused(every=2))
    kinesis.fail("PutRecords", refused(every=2, error=INTERNAL_FAILURE))
    for fault in overtaken():
        kinesis.fail("PutRecords", fault)
    summary = tmp_path / "summary.json"

    code, output = emulator("--batch-size", "100", "--summary-json", str(summary))

    assert code == 0, output
    settled = {"rows_in_source": POSTS, "acknowledged_before": 0, "acknowledged": POSTS}
    assert json.loads(summary.read_text()) == {
        "pin": settled | {"retried": 100 + 100 + 100 + 50 + 25 + 25, "refused": 0},
        "geo": settled | {"retried": 0, "refused": 0},
        "user": settled | {"retried": 0, "refused": 0},
    }
    assert pipeline.delivered("pin") == POSTS + 100 + 25
    require_every_post_once(spark, pipeline, database)
