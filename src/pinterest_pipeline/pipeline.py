"""The pipeline, in batch and in streaming: read → parse → clean → write.

`clean_landing` waits for the end of its queries, `clean_stream` returns them. Both call
`MicroBatches.clean` for each micro-batch: it parses, cleans and writes the records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from threading import Lock

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError, cause_of
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.micro_batch import MicroBatches
from pinterest_pipeline.monitoring import (
    QUERY_PREFIX,
    observe_oldest_arrival,
    stopped_at_the_end,
)
from pinterest_pipeline.read import KINESIS, Reader, landing, stream, with_line_numbers
from pinterest_pipeline.staging import Staging
from pinterest_pipeline.stopped import STOPPED, remember_checkpoint, stopped_queries
from pinterest_pipeline.tables import Tables

__all__ = ["clean_landing", "clean_stream"]

_WORKER_STARTS = 6
_NO_WORKER = "failed to connect back"
_BUSY = f"{_WORKER_STARTS} times, Python did not start within 10 s: other programs keep Spark busy"
_ONE_AT_A_TIME = Lock()
_STOP_OTHER_RUN = "spark.sql.streaming.stopActiveRunOnRestart"


def clean_landing(
    spark: SparkSession,
    *,
    landing_path: str,
    checkpoints_path: str,
    user_id: str,
    tables: Tables,
    reader: Reader | None = None,
    staging: Staging | None = None,
) -> DataFrame:
    """Clean the records that landed since the last run; return the loads of this run.

    Args:
        spark: The session that the queries belong to.
        landing_path: Folder of the landing.
        checkpoints_path: Folder of the queries' progress, with one folder per event.
        user_id: Prefix of the topics' names.
        tables: The tables to write.
        reader: How Spark finds the files. Null lists the folders.
        staging: Folders of the run's outcomes. Its `with` statement removes them; null keeps them.

    Returns:
        The columns of `loads` without the checkpoint's id: each event has one checkpoint.

    Raises:
        CleaningError: Raised when a query cannot start, which stops the others. Also raised when
            one ended with an error, after the others have ended. Rows that were written stay, and
            the next run resumes after them.
    """
    tables.create(spark)
    staging = staging or Staging()
    started_at = spark.sql("SELECT unix_micros(current_timestamp())").collect()[0][0]
    cleanings = [
        _Cleaning(
            event,
            tables,
            _checkpoint(checkpoints_path, tables, user_id, event),
            landing(spark, landing_path, user_id, event, reader or Reader()),
            staging,
            locate=with_line_numbers,
        )
        for event in EVENTS
    ]
    queries = _start_together(cleanings)
    with stopped_at_the_end(queries):
        _await_ends(cleanings, queries)
    of_these_queries = F.col("checkpoint_id").isin([query.id for query in queries])
    of_this_run = F.unix_micros("loaded_at") >= started_at
    return tables.read(spark, "loads").where(of_these_queries & of_this_run).drop("checkpoint_id")


def clean_stream(
    spark: SparkSession,
    *,
    checkpoints_path: str,
    user_id: str,
    tables: Tables,
    events: Sequence[Event] = EVENTS,
    reader: Reader = KINESIS,
    trigger_interval: str = "",
    staging: Staging | None = None,
) -> list[StreamingQuery]:
    """Start one query per event that cleans its stream.

    Args:
        spark: The session that the queries belong to.
        checkpoints_path: Folder of the queries' progress, with one folder per event.
        user_id: Part of the streams' names.
        tables: The tables to write.
        events: The kinds of event.
        reader: How Spark reads the streams.
        trigger_interval: Time between the starts of micro-batches, such as `5 seconds`. If empty,
            the queries clean the records that are available now and end by themselves.
        staging: Folders of the run's outcomes. Its `with` statement removes them; null keeps them.

    Returns:
        The running queries, one per event.

    Raises:
        CleaningError: Raised when a query cannot start. The others are stopped.
    """
    tables.create(spark)
    staging = staging or Staging()
    cleanings = [
        _Cleaning(
            event,
            tables,
            _checkpoint(checkpoints_path, tables, user_id, event),
            stream(spark, user_id, event, reader).transform(observe_oldest_arrival),
            staging,
            trigger_interval=trigger_interval,
        )
        for event in events
    ]
    return _start_together(cleanings)


@dataclass(frozen=True)
class _Cleaning:
    """The query that cleans the records of one event. Without an interval it ends by itself."""

    event: Event
    tables: Tables
    checkpoint: str
    records: DataFrame
    staging: Staging
    locate: Callable[[DataFrame], DataFrame] | None = field(default=None, kw_only=True)
    trigger_interval: str = field(default="", kw_only=True)

    def start(self) -> StreamingQuery:
        """Return the started query.

        Spark gives Python 10 seconds to start, which a machine under heavy load may exceed. The
        query then starts again, a few times, and each retry runs alone.

        Raises:
            CleaningError: Raised when the query cannot start.
        """
        staged = self.staging.folder(self.checkpoint)
        batches = MicroBatches(self.event, self.tables, self.checkpoint, staged, self.locate)
        writing = (
            self.records.writeStream
            .queryName(f"{QUERY_PREFIX}{self.event.name}")
            .option("checkpointLocation", self.checkpoint)
            .foreachBatch(batches.clean)
        )
        if self.trigger_interval:
            writing = writing.trigger(processingTime=self.trigger_interval)
        else:
            writing = writing.trigger(availableNow=True)
        attempts = 0
        while True:
            attempts += 1
            try:
                with _ONE_AT_A_TIME if attempts > 1 else nullcontext():
                    return writing.start()
            except PySparkException as error:
                if _NO_WORKER not in str(error):
                    raise self.failure(cause_of(error)) from error
                if attempts == _WORKER_STARTS:
                    raise self.failure(_BUSY) from error

    def failure(self, cause: str) -> CleaningError:
        """Return the error that names the event, the checkpoint, the cause and the next step."""
        return CleaningError(
            f"Expected to clean all {self.event.name} records; the query with the checkpoint"
            f" {self.checkpoint} ended with: {cause}\n"
            "Fix the cause and rerun; the query resumes."
        )


def _start_together(cleanings: Sequence[_Cleaning]) -> list[StreamingQuery]:
    """Return the started queries. If one cannot start, the others are stopped.

    They start at the same time, because each start waits for a Python process of Spark.
    """
    # A second run of the same checkpoint fails. By default it would stop the query of the first
    # run, which then ends as if it had read everything.
    with suppress(PySparkException):  # serverless compute knows no such setting and needs none
        cleanings[0].records.sparkSession.conf.set(_STOP_OTHER_RUN, "false")
    for cleaning in cleanings:
        cleaning.staging.remove_leftovers(cleaning.checkpoint)
    starting: list[Future[StreamingQuery]] = []
    try:
        with ThreadPoolExecutor(len(cleanings)) as pool:
            starting = [pool.submit(cleaning.start) for cleaning in cleanings]
        queries = [one.result() for one in starting]
    except BaseException:
        for one in starting:
            if one.exception() is None:
                one.result().stop()
        raise
    for cleaning, query in zip(cleanings, queries, strict=True):
        if not cleaning.trigger_interval:
            remember_checkpoint(query, cleaning.records.sparkSession, cleaning.checkpoint)
    return queries


def _await_ends(cleanings: Sequence[_Cleaning], queries: Sequence[StreamingQuery]) -> None:
    """Wait until all queries have ended; then raise the error of the first one that failed.

    Raises:
        CleaningError: Raised when a query failed, or another program stopped it.
    """
    failures: list[tuple[_Cleaning, PySparkException]] = []
    for cleaning, query in zip(cleanings, queries, strict=True):
        try:
            query.awaitTermination()
        except PySparkException as error:
            failures.append((cleaning, error))
    for cleaning, cause in failures:
        raise cleaning.failure(cause_of(cause)) from cause
    for query in stopped_queries(queries):
        raise cleanings[queries.index(query)].failure(STOPPED)


def _checkpoint(checkpoints_path: str, tables: Tables, user_id: str, event: Event) -> str:
    return f"{checkpoints_path}/{tables.schema}/{user_id}.{event.name}"
