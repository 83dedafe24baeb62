"""Services that are killed while records stream: no row is lost, and none is duplicated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from rich.console import Console

from emulation.synthetic.making import default_source
from local.secrets import Secrets
from local.services.api_gateway import service as api_gateway
from local.settings import Settings
from local.spark.session import connect
from local.supervisor.ports import free_port
from local.supervisor.supervisor import Supervisor
from local.temporary import free_ports, temporary_state
from pinterest_pipeline.events import Event, event_named
from pinterest_pipeline.monitoring import follow, stopped_at_the_end, watch
from pinterest_pipeline.tables import Tables
from tests.conftest import Poll, Running
from tests.contract.emulator import POSTS, Emulator
from tests.contract.faulty_kinesis import (
    INTERNAL_FAILURE,
    THROTTLED,
    FaultyKinesis,
    answering,
    dropped,
    faulty_kinesis,
    refused,
)
from tests.end_to_end.clean_rows import clean_rows
from tests.end_to_end.expected_rows import expected_rows
from tests.support.bad_records import pin
from tests.support.blocking_tables import (
    AppendingTables,
    BlockingAppendingTables,
    BlockingTables,
    sleeping_at,
)
from tests.support.streaming_half import StreamingHalf

PIN = event_named("pin")

pytestmark = pytest.mark.timeout(1200)  # one test waits for all blocked queries


@dataclass
class Environment:
    """An environment of the module, because its services are killed."""

    settings: Settings
    secrets: Secrets
    running: Running
    spark: SparkSession

    def half(self, shards: int = 2) -> StreamingHalf:
        return StreamingHalf.new(self.settings, self.secrets, shards)

    def session(self) -> SparkSession:
        """Return a new session: the queries of one session need different names."""
        return connect(self.settings, self.secrets)

    def kill_spark(self) -> None:
        self.running.kill("spark")
        self.running("spark")
        self.spark = self.session()


@pytest.fixture(scope="module")
def own() -> Iterator[Environment]:
    with temporary_state() as state:
        settings = Settings.model_validate({"state": state, **free_ports()})
        running = Running(settings)
        running("api_gateway", "spark")
        secrets = Secrets.of(state)
        yield Environment(settings, secrets, running, connect(settings, secrets))
        running.stop()


# Spark is killed in a micro-batch

BATCH = 20
"""Records of a micro-batch; a quarter is bad. There are two micro-batches."""
GOOD = [ind for ind in range(2 * BATCH) if ind % 4]
RECORDS = [pin(index=ind) if ind in GOOD else b"bad" for ind in range(2 * BATCH)]


@dataclass
class Counts:
    """Rows of the tables."""

    clean: int
    rejected: int
    loads: int

    @classmethod
    def of(cls, spark: SparkSession, tables: Tables) -> Counts:
        return cls(*(tables.read(spark, name).count() for name in ("pin", "rejected", "loads")))


STAGING = "while records are staged"
AT = {
    STAGING: Counts(15, 5, 1),
    "after merge_clean": Counts(30, 5, 1),
    "after add_rejected": Counts(30, 10, 1),
    "after add_load": Counts(30, 10, 2),
}
"""The rows of the tables when the server is killed at that point."""
CONTROL = "control"


@dataclass(frozen=True)
class BlockedQuery:
    """A query that is blocked in its second micro-batch."""

    half: StreamingHalf
    tables: Tables
    checkpoint: Path

    def is_blocked(self, spark: SparkSession, point: str) -> bool:
        """Return whether the query has reached `point`."""
        return self._staging() if point == STAGING else Counts.of(spark, self.tables) == AT[point]

    def committed(self, micro_batch: int) -> Path:
        return self.checkpoint / "commits" / str(micro_batch)

    def _staging(self) -> bool:
        """Return whether the second micro-batch writes its files."""
        if not self.committed(0).exists():
            return False
        since = self.committed(0).stat().st_mtime
        written = self.checkpoint.glob("staged/*/_temporary/**/*.parquet")
        return any(file.stat().st_mtime > since for file in written)


def start_blocking(own: Environment, point: str) -> BlockedQuery:
    """Start a query that blocks at `point`."""
    half = own.half(shards=1)
    half.put("pin", *RECORDS)
    event, tables = PIN, half.tables
    names = (half.tables.catalog, half.tables.schema)
    if point == CONTROL:
        blocking: Tables = BlockingAppendingTables(*names, "after add_load")
        tables = AppendingTables(*names)
    else:
        blocking = BlockingTables(*names, point)
    if point == STAGING:
        event = replace(PIN, clean=sleeping_at(GOOD[-1]))
    start(half, own.session(), blocking, event)
    folder = own.settings.state / "spark" / "checkpoints" / half.tables.schema
    return BlockedQuery(half, tables, folder / f"{half.settings.user_id}.pin")


def start(
    half: StreamingHalf, spark: SparkSession, tables: Tables, event: Event = PIN
) -> list[StreamingQuery]:
    return half.start(
        spark, events=[event], tables=tables, maxRecordsPerTrigger=str(BATCH), minFetchPeriod="0s"
    )


@pytest.fixture(scope="module")
def killed(own: Environment, poll: Poll) -> Mapping[str, BlockedQuery]:
    """Block a query at each point, kill the server, and run the queries again."""
    queries = {}
    for point in (*AT, CONTROL):  # one after the other, because each starts Python processes
        query = queries[point] = start_blocking(own, point)
        reached = "after add_load" if point == CONTROL else point
        poll(partial(query.is_blocked, own.spark, reached), seconds=120, what=point)
        assert Counts.of(own.spark, query.tables) == AT[reached]
        assert not query.committed(1).exists()
    own.kill_spark()
    for query in queries.values():
        watch(start(query.half, own.spark, query.tables), lambda _: None)
    return queries


@pytest.mark.parametrize("point", AT)
def test_spark_killed_in_a_micro_batch_loses_no_row_and_duplicates_none(
    own: Environment, killed: Mapping[str, BlockedQuery], point: str
) -> None:
    half = killed[point].half

    assert half.rows(own.spark, "pin", "ind") == sorted([(ind,) for ind in GOOD], key=str)
    assert Counts.of(own.spark, half.tables) == Counts(30, 10, 2)
    positions = half.tables.read(own.spark, "rejected").select("position").distinct().count()
    assert positions == 10
    figures = ("batch_id", "records_read", "rows_merged", "records_rejected")
    assert half.rows(own.spark, "loads", *figures) == [(0, 20, 15, 5), (1, 20, 15, 5)]


def test_writers_that_only_append_duplicate_the_rows_of_the_micro_batch(
    own: Environment, killed: Mapping[str, BlockedQuery]
) -> None:
    """The control: without idempotent writers the tests above would fail."""
    assert Counts.of(own.spark, killed[CONTROL].half.tables) == Counts(45, 15, 3)


# Services in front of the tables are killed or fail


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "posts.db"
    default_source(path, None, Console(quiet=True))
    return path


@pytest.fixture
def half(own: Environment) -> StreamingHalf:
    return own.half()


@pytest.fixture
def emulator(own: Environment, half: StreamingHalf, database: Path, tmp_path: Path) -> Emulator:
    emulator = Emulator(own.settings, own.secrets, tmp_path / "state", f"sqlite:///{database}")
    emulator.options += ["--to", "kinesis", "--user-id", half.settings.user_id]
    return emulator


def require_every_post_once(own: Environment, half: StreamingHalf, database: Path) -> None:
    """Clean the rest; compare the tables with the source and with the streams."""
    half.clean(own.spark)
    expected = expected_rows(database, POSTS)
    for event in ("pin", "geo", "user"):
        assert clean_rows(own.spark, half.tables, event) == expected[event]
        loads = half.tables.read(own.spark, "loads").where(f"event = '{event}'").collect()
        assert sum(load.records_read for load in loads) == half.delivered(event)
    assert half.rows(own.spark, "rejected", "payload") == []


def test_a_gateway_killed_while_it_receives_posts_loses_no_row(
    own: Environment, half: StreamingHalf, emulator: Emulator, database: Path, poll: Poll
) -> None:
    process = emulator.start("--rate", "60", "--batch-size", "10")
    poll(lambda: half.delivered("user") >= 50, seconds=60, what="the first posts in the stream")
    own.running.kill("api_gateway")
    assert half.delivered("user") < POSTS
    assert process.poll() is None
    own.running("api_gateway")
    output, _ = process.communicate(timeout=120)

    assert process.returncode == 0, output
    assert emulator("--resume")[0] == 0
    require_every_post_once(own, half, database)


def test_kinesis_stopped_while_posts_stream_loses_no_row(
    own: Environment, half: StreamingHalf, emulator: Emulator, database: Path, poll: Poll
) -> None:
    assert emulator("--rows", "100")[0] == 0
    queries = half.start(own.spark, every="1 second")
    with stopped_at_the_end(queries):
        assert next(follow(queries)).records
        process = emulator.start("--resume", "--rate", "60", "--batch-size", "10")
        poll(lambda: half.delivered("user") >= 150, seconds=60, what="more posts in the stream")
        own.running.stop("kinesis")
        assert process.poll() is None
        own.running("kinesis")
        assert half.delivered("user") >= 150
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output

    require_every_post_once(own, half, database)


@pytest.fixture
def kinesis(own: Environment, emulator: Emulator) -> Iterator[FaultyKinesis]:
    """A Kinesis with failures on demand, behind a gateway of its own that the emulator uses."""
    settings = own.settings.model_copy(update={"api_gateway_port": free_port()})
    gateway = api_gateway(settings, own.secrets)
    with faulty_kinesis(own.settings.kinesis_url) as faulty:
        environment = {**gateway.environment, "API_GATEWAY_KINESIS_URL": faulty.url}
        named = replace(gateway, name="faulty_gateway", needs=(), environment=environment)
        supervisor = Supervisor([named], settings.logs)
        supervisor.start()
        emulator.environment["PINTEREST_API"] = settings.api_url
        yield faulty
        supervisor.stop()


def test_throttling_lost_responses_and_partial_failures_lose_no_row(
    own: Environment,
    half: StreamingHalf,
    emulator: Emulator,
    kinesis: FaultyKinesis,
    database: Path,
    tmp_path: Path,
) -> None:
    """The first 100 pins arrive twice; of the others every second one is sent again."""
    kinesis.fail("PutRecords", dropped(after=True))
    kinesis.fail("PutRecords", answering(THROTTLED))
    kinesis.fail("PutRecords", answering(INTERNAL_FAILURE))
    kinesis.fail("PutRecords", refused(every=2))
    kinesis.fail("PutRecords", refused(every=2, error=INTERNAL_FAILURE))
    summary = tmp_path / "summary.json"

    code, output = emulator("--batch-size", "100", "--summary-json", str(summary))

    assert code == 0, output
    settled = {"rows_in_source": POSTS, "acknowledged_before": 0, "acknowledged": POSTS}
    assert json.loads(summary.read_text()) == {
        "pin": settled | {"retried": 100 + 100 + 100 + 50 + 25, "refused": 0},
        "geo": settled | {"retried": 0, "refused": 0},
        "user": settled | {"retried": 0, "refused": 0},
    }
    assert half.delivered("pin") == POSTS + 100
    require_every_post_once(own, half, database)
