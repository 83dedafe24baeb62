"""The pipeline, in batch and in streaming: read → parse → clean → write.

`clean_landing` and `clean_stream` differ only in their readers. Both call
`MicroBatches.clean` for each micro-batch: it parses, cleans and writes the records.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.streaming.query import StreamingQuery

from pinterest_pipeline.errors import CleaningError, cause_of
from pinterest_pipeline.events import EVENTS, Event
from pinterest_pipeline.micro_batch import MicroBatches
from pinterest_pipeline.monitoring import observe_oldest_arrival
from pinterest_pipeline.read import KINESIS, Reader, landing, stream, with_line_numbers
from pinterest_pipeline.tables import Tables

__all__ = ["clean_landing", "clean_stream"]

_WORKER_STARTS = 6
_NO_WORKER = "failed to connect back"


def clean_landing(
    spark: SparkSession,
    *,
    landing_path: str,
    checkpoints_path: str,
    user_id: str,
    tables: Tables,
    reader: Reader | None = None,
) -> DataFrame:
    """Clean what has landed since the last run; return the loads of this run.

    Returns:
        The columns of `loads` without the checkpoint's id: each event has one checkpoint.

    Raises:
        CleaningError: Raised when an event cannot be cleaned. Rows that were written stay, and the
            next run resumes after them.
    """
    tables.create(spark)
    started_at = spark.sql("SELECT unix_micros(current_timestamp())").collect()[0][0]
    for event in EVENTS:
        records = landing(spark, landing_path, user_id, event, reader or Reader())
        checkpoint = _checkpoint(checkpoints_path, tables, user_id, event)
        cleaning = _Cleaning(event, tables, checkpoint, locate=with_line_numbers)
        cleaning.retry_worker_start(partial(cleaning.run, records))
    loads = tables.read(spark, "loads").where(F.unix_micros("loaded_at") >= started_at)
    return loads.drop("checkpoint_id")


def clean_stream(
    spark: SparkSession,
    *,
    checkpoints_path: str,
    user_id: str,
    tables: Tables,
    events: Sequence[Event] = EVENTS,
    reader: Reader = KINESIS,
    trigger_interval: str = "",
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

    Returns:
        The running queries, one per event.

    Raises:
        CleaningError: Raised when a query cannot start. The queries before it are stopped.
    """
    tables.create(spark)
    queries = []
    with ExitStack() as started:
        for event in events:
            records = stream(spark, user_id, event, reader).transform(observe_oldest_arrival)
            checkpoint = _checkpoint(checkpoints_path, tables, user_id, event)
            cleaning = _Cleaning(event, tables, checkpoint)
            query = cleaning.retry_worker_start(partial(cleaning.start, records, trigger_interval))
            started.callback(query.stop)
            queries.append(query)
        started.pop_all()
    return queries


@dataclass(frozen=True)
class _Cleaning:
    """The query that cleans one event."""

    event: Event
    tables: Tables
    checkpoint: str
    locate: Callable[[DataFrame], DataFrame] | None = None

    def start(self, records: DataFrame, trigger_interval: str) -> StreamingQuery:
        """Return the started query. Without an interval it ends by itself."""
        batches = MicroBatches(self.event, self.tables, self.checkpoint, self.locate)
        writing = (
            records.writeStream
            .queryName(f"clean {self.event.name}")
            .option("checkpointLocation", self.checkpoint)
            .foreachBatch(batches.clean)
        )
        if trigger_interval:
            return writing.trigger(processingTime=trigger_interval).start()
        return writing.trigger(availableNow=True).start()

    def run(self, records: DataFrame) -> None:
        """Clean the records that are available now.

        Raises:
            KeyboardInterrupt: Raised when the run is interrupted.
        """
        query = self.start(records, "")
        try:
            query.awaitTermination()
        except KeyboardInterrupt:
            query.stop()  # it would keep running, with its name, after its cell has ended
            raise

    def retry_worker_start[T](self, run: Callable[[], T]) -> T:
        """Return what `run` returns. If Spark did not start Python in time, run it again.

        Spark gives Python 10 seconds to start, which a machine under heavy load may exceed.

        Raises:
            CleaningError: Raised when the query fails for another reason, or too often.
        """
        attempts = 0
        while True:
            attempts += 1
            try:
                return run()
            except PySparkException as error:
                if attempts == _WORKER_STARTS or _NO_WORKER not in str(error):
                    raise CleaningError(
                        f"Expected to clean all {self.event.name} records; the query with the"
                        f" checkpoint {self.checkpoint} ended with: {cause_of(error)}\n"
                        "Fix the cause and rerun; the query resumes."
                    ) from error


def _checkpoint(checkpoints_path: str, tables: Tables, user_id: str, event: Event) -> str:
    return f"{checkpoints_path}/{tables.schema}/{user_id}.{event.name}"
