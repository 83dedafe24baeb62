"""A chaos run: load and faults at the same time; then everything heals, drains and is checked."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from emulation.destinations import KafkaDestination, KinesisDestination
from local.errors import StackError
from local.kafka.progress import wait_until_landed
from local.spark.session import connect
from local.supervisor.waiting import wait_until
from pinterest_pipeline.errors import PipelineError
from pinterest_pipeline.monitoring import watch
from pinterest_pipeline.names import EVENT_NAMES, topics
from pinterest_pipeline.pipeline import clean_landing, clean_stream
from pinterest_pipeline.read import Reader
from pinterest_pipeline.tables import Tables
from tests.chaos import reading
from tests.chaos.environment import ChaosEnvironment
from tests.chaos.ledger import Result, Stages, Verdict
from tests.chaos.load import Load
from tests.chaos.schedule import Fault
from tests.support.blocking_tables import BrokenTables

__all__ = ["ChaosRun"]

_PAUSE_SECONDS = 2.0
_MAINTENANCE_SECONDS = 10.0
_MICRO_BATCH_SECONDS = 900.0
_DRAIN_SECONDS = 300.0
_OPTIMIZED = (*EVENT_NAMES, "rejected", "loads")


class ChaosRun:
    """One run in an environment.

    Args:
        environment: The environment, with all services started.
        seed: Determines the posts.
        rate: Posts per second for each pipeline.
    """

    def __init__(self, environment: ChaosEnvironment, seed: int, rate: float) -> None:
        settings = environment.settings
        self._environment = environment
        self._batch = Tables(settings.catalog, settings.schema_name)
        self._stream = Tables(settings.catalog, settings.stream_schema_name)
        destinations = (KafkaDestination(settings.user_id), KinesisDestination(settings.user_id))
        key = environment.secrets.api_key
        self._loads = [Load(one, environment.api_url, key, rate, seed) for one in destinations]
        self._works: list[Future[None]] = []
        self._ended = threading.Event()
        self._faulty = (datetime.now(UTC), datetime.now(UTC))
        self._in_topics = 0
        self._failed = 0
        self._optimized = 0

    def inject(
        self, faults: Sequence[Fault], seconds: float, on_fault: Callable[[Fault], None]
    ) -> None:
        """Post and clean; when both pipelines write, inject the faults; then heal all services.

        After an error or an interrupt, the services are killed instead.

        Args:
            faults: The schedule.
            seconds: Length of the load with faults.
            on_fault: Called when a fault begins.

        Raises:
            StackError: Raised when a service does not start, or a pipeline does not write.
        """
        works = (
            partial(self._repeat, partial(self._clean_landing, tables=self._batch)),
            partial(self._repeat, self._clean_streams),
            self._maintain,
        )
        with ThreadPoolExecutor(len(works)) as pool:
            try:
                self._works = [pool.submit(work) for work in works]
                for load in self._loads:
                    load.start()
                self._await_first_micro_batches()
                began = datetime.now(UTC)
                self._inject(faults, seconds, on_fault)
                self._faulty = (began, datetime.now(UTC))
                self._environment.heal()
                for load in self._loads:
                    load.stop()
                self._ended.set()
                for work in self._works:
                    work.result()  # raises the error of the work
            except BaseException as error:
                cause = self._failure()
                self._abandon()
                if isinstance(error, Exception) and cause not in {None, error}:
                    raise cause from error
                raise

    def _failure(self) -> BaseException | None:
        """Return why a load or a work ended too early; null if all run."""
        errors: list[BaseException | None] = [load.error for load in self._loads]
        errors += [work.exception() for work in self._works if work.done()]
        return next(filter(None, errors), None)

    def _abandon(self) -> None:
        """Let the posting and cleaning end at once, because nobody needs their results."""
        self._ended.set()
        for load in self._loads:
            load.give_up()
        self._environment.kill()

    def _await_first_micro_batches(self) -> None:
        with self._session() as spark:
            for tables in (self._batch, self._stream):
                wait_until(
                    partial(self._has_loads, spark, tables),
                    seconds=_MICRO_BATCH_SECONDS,
                    description=f"a micro-batch in {tables.schema}",
                    poll_seconds=_PAUSE_SECONDS,  # each look is a query on the busy server
                )

    def _has_loads(self, spark: SparkSession, tables: Tables) -> bool:
        if failure := self._failure():
            raise failure
        return reading.has_loads(spark, tables)

    def _inject(
        self, faults: Sequence[Fault], seconds: float, on_fault: Callable[[Fault], None]
    ) -> None:
        begins = [(fault.at, 1, fault) for fault in faults]
        ends = [(fault.at + fault.seconds, 0, fault) for fault in faults]
        started = time.monotonic()
        for at, begins_now, fault in sorted([*begins, *ends]):
            # A service that starts slowly delays all that follows, so that no fault is cut short.
            started = max(started, time.monotonic() - at)
            time.sleep(max(0.0, started + at - time.monotonic()))
            if begins_now:
                on_fault(fault)
                self._environment.begin(fault)
            else:
                self._environment.end(fault)
        time.sleep(max(0.0, started + seconds - time.monotonic()))

    def _repeat(self, clean: Callable[[SparkSession], object]) -> None:
        """Clean until the end of the run, again and again, as a job with retries does."""
        while not self._ended.wait(_PAUSE_SECONDS):
            try:
                with self._session() as spark:
                    clean(spark)
            except (PipelineError, PySparkException, StackError):
                self._failed += 1

    def _maintain(self) -> None:
        """Run OPTIMIZE and VACUUM until the end, as Databricks does by itself.

        VACUUM keeps files of the last week, and so all of the run.
        """
        names = itertools.cycle(
            tables.name(name) for name in _OPTIMIZED for tables in (self._batch, self._stream)
        )
        while not self._ended.wait(_MAINTENANCE_SECONDS):
            # There may be no table yet, or no server. Delta also refuses it beside a MERGE.
            with suppress(PySparkException, StackError), self._session() as spark:
                name = next(names)
                spark.sql(f"OPTIMIZE {name}").collect()
                spark.sql(f"VACUUM {name}").collect()
                self._optimized += 1

    @contextmanager
    def _session(self) -> Iterator[SparkSession]:
        spark = connect(self._environment.settings, self._environment.secrets)
        try:
            yield spark
        finally:
            with suppress(PySparkException, StackError):
                spark.stop()

    def _clean_landing(self, spark: SparkSession, tables: Tables, checkpoints: str = "") -> None:
        settings = self._environment.settings
        clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=settings.checkpoints_path + checkpoints,
            user_id=settings.user_id,
            tables=tables,
        )

    def _clean_streams(self, spark: SparkSession, interval: str = "1 second") -> None:
        settings = self._environment.settings
        queries = clean_stream(
            spark,
            checkpoints_path=settings.checkpoints_path,
            user_id=settings.user_id,
            tables=self._stream,
            reader=Reader("kinesis", {"initialPosition": "earliest"}),
            trigger_interval=interval,
        )
        if not interval:
            watch(queries, lambda _: None)
            return
        try:
            while not self._ended.wait(_PAUSE_SECONDS):
                if not all(one.isActive for one in queries):
                    self._failed += 1
                    return
        finally:
            for query in queries:
                with suppress(PySparkException, StackError):
                    query.stop()

    def drain(self) -> None:
        """Wait until all records have landed; stop queries that lost their client."""
        environment = self._environment
        user_id = environment.settings.user_id
        progress = wait_until_landed(
            environment.kafka_admin,
            environment.connect,
            user_id,
            topics(user_id),
            deadline_seconds=_DRAIN_SECONDS,
        )
        self._in_topics = sum(topic.records for topic in progress.values())
        environment.restart("spark")

    def check(self) -> Result:
        """Clean what is left, and return what both pipelines hold."""
        tables = {"batch": self._batch, "streaming": self._stream}
        with self._session() as spark:
            self._clean_landing(spark, self._batch)
            self._clean_streams(spark, interval="")
            pairs = zip(tables.items(), self._loads, strict=True)
            verdicts = {name: reading.verdict(spark, load, own) for (name, own), load in pairs}
            loads = {name: own.read(spark, "loads") for name, own in tables.items()}
            began, ended = map(F.lit, self._faulty)
            meanwhile = F.col("loaded_at").between(began, ended)
            micro_batches = {name: own.where(meanwhile).count() for name, own in loads.items()}
            stages = self._stages(spark, loads["batch"])
        return Result(verdicts, stages, micro_batches, self._failed, self._optimized)

    def _stages(self, spark: SparkSession, loads: DataFrame) -> Stages:
        lines = spark.read.text(f"{self._environment.settings.landing_path}/topics/*/partition=*")
        read = loads.agg(F.sum("records_read")).collect()[0][0]
        return Stages(self._in_topics, lines.count(), read)

    def check_broken_writers(self) -> Verdict:
        """Clean the landing with broken writers, and return what their tables hold.

        They clean it twice from its beginning, as after a lost checkpoint.
        """
        tables = BrokenTables(self._batch.catalog, "broken")
        with self._session() as spark:
            for number in (1, 2):
                self._clean_landing(spark, tables, f"/broken/{number}")
            return reading.verdict(spark, self._loads[0], tables)
