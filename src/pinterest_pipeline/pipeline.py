"""The pipeline as lists of steps: records become clean rows, rejected records and loads."""

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
from pinterest_pipeline.monitoring import with_arrival
from pinterest_pipeline.read import KINESIS, Reader, landing, same_places, stream, with_places
from pinterest_pipeline.tables import Tables

__all__ = ["clean_landing", "clean_stream"]

_STARTS = 6
_NO_WORKER = "failed to connect back"
"""A machine under heavy load may not start Python within Spark's 10 s; a later start does."""


def clean_landing(
    spark: SparkSession,
    *,
    landing_path: str,
    checkpoints_path: str,
    user_id: str,
    tables: Tables,
    reader: Reader | None = None,
) -> DataFrame:
    """Return the loads of this run, which cleans what has landed since the last one.

    Returns:
        The columns of `loads` without the checkpoint's id: each event has one checkpoint.

    Raises:
        CleaningError: An event could not be cleaned. What was cleaned so far stays; the next run
            goes on there.
    """
    tables.create(spark)
    started_at = spark.sql("SELECT unix_micros(current_timestamp())").collect()[0][0]
    for event in EVENTS:
        records = landing(spark, landing_path, user_id, event, reader or Reader())
        checkpoint = _checkpoint(checkpoints_path, tables, user_id, event)
        cleaning = _Cleaning(records, event, tables, checkpoint, with_places)
        cleaning.repeat_late_starts(cleaning.run)
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
    every: str = "",
) -> list[StreamingQuery]:
    """Start to clean the streams of `events`, all at once.

    Args:
        spark: The session that the queries belong to.
        checkpoints_path: Folder of the queries' progress; each event has its own below it.
        user_id: Part of the streams' names.
        tables: Where the records end.
        events: The kinds of event.
        reader: How the streams are read.
        every: How often a micro-batch begins, such as `5 seconds`. Empty to clean what there is
            now; the queries then end by themselves.

    Returns:
        The running queries, one per event.

    Raises:
        CleaningError: A query could not be started. Those before it are stopped.
    """
    tables.create(spark)
    queries = []
    with ExitStack() as started:
        for event in events:
            records = stream(spark, user_id, event, reader).transform(with_arrival)
            checkpoint = _checkpoint(checkpoints_path, tables, user_id, event)
            cleaning = _Cleaning(records, event, tables, checkpoint, same_places)
            query = cleaning.repeat_late_starts(partial(cleaning.start, every))
            started.callback(query.stop)
            queries.append(query)
        started.pop_all()
    return queries


def _checkpoint(checkpoints_path: str, tables: Tables, user_id: str, event: Event) -> str:
    return f"{checkpoints_path}/{tables.schema}/{user_id}.{event.name}"


@dataclass(frozen=True)
class _Cleaning:
    """The query that cleans one event."""

    records: DataFrame
    event: Event
    tables: Tables
    checkpoint: str
    place: Callable[[DataFrame], DataFrame]

    def start(self, every: str) -> StreamingQuery:
        """Return the started query; it ends by itself where `every` is empty."""
        batches = MicroBatches(self.event, self.tables, self.checkpoint, self.place)
        writing = (
            self.records.writeStream
            .queryName(f"clean {self.event.name}")
            .option("checkpointLocation", self.checkpoint)
            .foreachBatch(batches.clean)
        )
        if every:
            return writing.trigger(processingTime=every).start()
        return writing.trigger(availableNow=True).start()

    def run(self) -> None:
        """Clean what there is now.

        Raises:
            KeyboardInterrupt: The run is interrupted.
        """
        query = self.start("")
        try:
            query.awaitTermination()
        except KeyboardInterrupt:
            query.stop()  # it would outlive the cell, and its name with it
            raise

    def repeat_late_starts[T](self, run: Callable[[], T]) -> T:
        """Return what `run` returns; where Python did not start in time, run it again.

        Raises:
            CleaningError: It fails otherwise, or too often.
        """
        for _ in range(_STARTS - 1):
            try:
                return run()
            except PySparkException as error:
                if _NO_WORKER not in str(error):
                    raise self._failed(error) from error
        try:
            return run()
        except PySparkException as error:
            raise self._failed(error) from error

    def _failed(self, error: PySparkException) -> CleaningError:
        return CleaningError(
            f"Expected to clean all {self.event.name} records; the query with the checkpoint"
            f" {self.checkpoint} ended with: {cause_of(error)}\nMend the cause and run again: it"
            " goes on where it stopped."
        )
