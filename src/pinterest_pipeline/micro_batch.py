"""One micro-batch of raw records becomes clean rows, rejected records and a load."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from pinterest_pipeline.events import Event
from pinterest_pipeline.parse import with_parsed
from pinterest_pipeline.tables import Tables

__all__ = ["MicroBatches", "write_outcome"]

_BOOKKEEPING = ("event", "payload", "origin", "position", "arrived_at", "line", "reason")
_WRITTEN_ONCE = {"parquet.enable.dictionary": "false"}
"""Dictionaries take a quarter of the writing time, and the files are read at most three times."""

_FEW_RECORDS = 10_000
_LONG_RECORD_BYTES = 2_000
"""Four times a usual record. Few records need at most 20 MB of memory."""
_AFTER_A_LONG_RECORD = 100
"""Micro-batches that are staged after one with a long record."""
_KNOWN_INDS = 100_000
"""The posts of some minutes, in a few megabytes."""
_SENT_BYTES = 900_000
"""Spark Connect keeps larger local rows until the session ends; an endless query would fill it."""


@dataclass
class MicroBatches:
    """The micro-batches of one run of a query.

    Attributes:
        event: The kind of event of the records.
        tables: The tables to write.
        checkpoint: Folder of the query's progress.
        staged: Folder of this run's outcomes. No other run uses it: a stopped run may still write.
        locate: Function that replaces the outcome's `origin` and `position` by the form that
            `rejected` shows; it may leave out good records. Null keeps them.
    """

    event: Event
    tables: Tables
    checkpoint: str
    staged: str
    locate: Callable[[DataFrame], DataFrame] | None = None
    _checkpoint_id: str = field(default="", init=False)
    """Known after the first micro-batch."""
    _held: _HeldInds | None = field(default=None, init=False)
    """What this run knows of the clean table; null in the first micro-batch."""
    _expects_few: bool = field(default=False, init=False)
    """Whether the next micro-batch probably has few records, because the last one had few. If it
    has more, a part of it is read twice, and Spark's progress counts this part twice."""
    _staged_for: int = field(default=0, init=False)
    """Number of micro-batches still to be staged: a record was long, and more are likely."""

    def clean(self, records: DataFrame, batch_id: int) -> None:
        """Write one micro-batch of raw records to the tables. A repetition changes nothing.

        The outcome of each record is computed once, so that nothing is parsed twice. The load row
        comes last, as the commit marker of the micro-batch.

        Args:
            records: Raw records, with the columns that the readers return.
            batch_id: The number of the micro-batch in its query.
        """
        spark = records.sparkSession
        few = self._few(records) if self._expects_few and not self._staged_for else None
        self._staged_for = max(0, self._staged_for - 1)
        if few is not None:
            if few.num_rows:
                inds = set(_good_inds(few).to_pylist())
                self._write(_sent(spark, few), _counts_of(few), batch_id, inds)
            return  # Spark begins a new query with a micro-batch, even an empty one
        outcome = write_outcome(records, self.event, self.staged)
        counts = outcome.transform(_counts).collect()[0].asDict()
        self._expects_few = counts["records_read"] <= _FEW_RECORDS
        if counts["records_read"]:
            self._write(outcome, counts, batch_id)
        spark.range(0).write.mode("overwrite").parquet(self.staged)  # free the disk

    def _few(self, records: DataFrame) -> pa.Table | None:
        """Return the outcome in memory if the records are few and short; else null.

        Collecting few records is faster than writing files.
        """
        short = F.octet_length("payload") <= _LONG_RECORD_BYTES
        bounded = records.withColumn("payload", F.when(short, F.col("payload")))
        outcome = _outcome(bounded, self.event).limit(_FEW_RECORDS + 1).toArrow()
        # Only a long record has a reason and no payload.
        long = pc.and_(pc.is_null(outcome["payload"]), pc.is_valid(outcome["reason"]))
        if pc.any(long).as_py():
            self._staged_for = _AFTER_A_LONG_RECORD
            return None
        return outcome if outcome.num_rows <= _FEW_RECORDS else None

    def _write(
        self,
        outcome: DataFrame,
        counts: dict[str, int],
        batch_id: int,
        inds: set[int] | None = None,
    ) -> None:
        """Write the outcome of at least one record to the tables.

        Args:
            outcome: The outcome.
            counts: Its figures.
            batch_id: The number of the micro-batch.
            inds: Each `ind` of the clean rows; null if only their range is known.
        """
        ind_range = (counts.pop("first_ind"), counts.pop("last_ind"))
        name, all_new = self.event.name, False
        if counts["rows_merged"]:
            good = outcome.where("reason IS NULL")
            # Usually each `ind` appears once, and there is nothing to rank.
            latest = good.transform(_latest) if counts["records_superseded"] else good
            all_new = self._write_clean(latest.drop(*_BOOKKEEPING), ind_range, inds)
        if counts["records_rejected"]:
            located = outcome if self.locate is None else outcome.transform(self.locate)
            self.tables.add_rejected(located.transform(_rejected), name)
        # When a query restarts, it repeats at most the micro-batch in which it stopped.
        spark, first = outcome.sparkSession, not self._checkpoint_id
        if first:
            self._checkpoint_id = _id_of(spark, self.checkpoint)
        batch = (self._checkpoint_id, batch_id)
        # Its rows are written before its load: if they are new, so is the load.
        self.tables.add_load(spark, name, batch, counts, check_duplicate=first and not all_new)

    def _write_clean(
        self, rows: DataFrame, ind_range: tuple[int, int], inds: set[int] | None
    ) -> bool:
        """Append rows that are new for sure; merge others.

        The first micro-batch of a run is merged, because it may be a repetition. From then on, this
        run knows what it has written, and no other run may write the table.

        Returns:
            Whether all rows are new in the table.
        """
        name = self.event.name
        if self._checkpoint_id and self._held is None:
            self._held = _HeldInds(self.tables.largest_ind(rows.sparkSession, name))
        if self._held is not None and self._held.has_none_of(ind_range, inds):
            self.tables.append_clean(rows, name)
            all_new = True
        else:
            all_new = self.tables.merge_clean(rows, name, ind_range)
        if self._held is not None:
            self._held.add(ind_range, inds)
        return all_new


class _HeldInds:
    """What a run knows of the `ind` in a clean table that only this run writes.

    Up to a bound, the table may hold any `ind`. Above it, the table holds only what this run has
    added. Two connections send posts a little out of order, so a micro-batch often begins below the
    end of the one before.

    Args:
        largest: Largest `ind` of the table; null if it is empty.
    """

    def __init__(self, largest: int | None) -> None:
        self._bound = -(2**63) if largest is None else largest  # less than each `ind`
        self._above: set[int] = set()

    def has_none_of(self, ind_range: tuple[int, int], inds: set[int] | None) -> bool:
        """Return whether the table holds no `ind` of the range, or of `inds` if it is not null."""
        if inds is None:
            return ind_range[0] > max(self._above, default=self._bound)
        return ind_range[0] > self._bound and self._above.isdisjoint(inds)

    def add(self, ind_range: tuple[int, int], inds: set[int] | None) -> None:
        """Note that the table holds `inds`; if null, any `ind` of the range."""
        if inds is None:
            self._raise_bound(ind_range[1])
            return
        self._above |= {ind for ind in inds if ind > self._bound}
        if len(self._above) > _KNOWN_INDS:
            self._raise_bound(sorted(self._above)[_KNOWN_INDS // 2])

    def _raise_bound(self, bound: int) -> None:
        self._bound = max(self._bound, bound)
        self._above = {ind for ind in self._above if ind > self._bound}


def write_outcome(records: DataFrame, event: Event, path: str) -> DataFrame:
    """Parse and clean raw records; return the outcome of each, read from files in `path`.

    Files, because serverless compute cannot persist a DataFrame.

    Returns:
        The columns of the event's clean table; `event`, `payload` (null where the record is good),
        `origin`, `position` and `arrived_at` of the raw record; `line`, a number that grows in the
        order in which a block of an object is read; and `reason` (null where the record is good).
    """
    outcome = _outcome(records, event)
    outcome.write.mode("overwrite").options(**_WRITTEN_ONCE).parquet(path)
    # Spark Connect caches the plan of a read, with its list of files. The format ignores this
    # option, which makes each read a new one.
    reading = outcome.sparkSession.read.option("attempt", uuid.uuid4().hex)
    return reading.schema(outcome.schema).parquet(path)


def _outcome(records: DataFrame, event: Event) -> DataFrame:
    in_order = records.withColumn("line", F.monotonically_increasing_id())
    return in_order.transform(with_parsed, event).select(*event.clean(), *_BOOKKEEPING)


def _sent(spark: SparkSession, rows: pa.Table) -> DataFrame:
    """Return `rows` (not empty) as a DataFrame with inline rows."""
    sent = reduce(DataFrame.union, (spark.createDataFrame(part) for part in _parts(rows)))
    return sent.coalesce(1)  # one small file


def _parts(rows: pa.Table) -> Iterator[pa.Table]:
    """Yield `rows` in parts of at most `_SENT_BYTES`; a larger row is a part of its own."""
    if rows.nbytes <= _SENT_BYTES or rows.num_rows == 1:
        yield rows
        return
    middle = rows.num_rows // 2
    yield from _parts(rows.slice(0, middle))
    yield from _parts(rows.slice(middle))


def _good_inds(outcome: pa.Table) -> pa.ChunkedArray:
    return outcome["ind"].filter(pc.is_null(outcome["reason"]))


def _counts_of(outcome: pa.Table) -> dict[str, int]:
    """Return the same figures as `_counts`."""
    good = _good_inds(outcome)
    merged, ends = len(good.unique()), pc.min_max(good).as_py()
    return {
        "records_read": outcome.num_rows,
        "rows_merged": merged,
        "records_superseded": len(good) - merged,
        "records_rejected": outcome.num_rows - len(good),
        "first_ind": ends["min"],
        "last_ind": ends["max"],
    }


def _id_of(spark: SparkSession, checkpoint: str) -> str:
    """Return the id that Spark gave a checkpoint. A path may hold a new checkpoint later."""
    checkpoint_id: str = (
        spark.read.schema("id string").json(f"{checkpoint}/metadata").collect()[0].id
    )
    return checkpoint_id


def _counts(outcome: DataFrame) -> DataFrame:
    good = F.col("reason").isNull()
    merged = F.count_distinct(F.when(good, F.col("ind")))
    return outcome.agg(
        F.count("*").alias("records_read"),
        merged.alias("rows_merged"),
        (F.count_if(good) - merged).alias("records_superseded"),
        F.count_if(~good).alias("records_rejected"),
        F.min(F.when(good, F.col("ind"))).alias("first_ind"),
        F.max(F.when(good, F.col("ind"))).alias("last_ind"),
    )


def _latest(good: DataFrame) -> DataFrame:
    """Return one row per `ind`: the version that arrived last.

    In a partition of a topic and in a shard, the offset tells the order, because a clock may be set
    back. A version counts there as arrived no earlier than those before it.
    """
    place = [F.regexp_replace(name, r"[^/]*$", "") for name in ("origin", "position")]
    # Offsets and positions are numbers, as text.
    offset = (F.length("origin"), "origin", F.length("position"), "position", "line")
    before = Window.partitionBy("ind", *place).orderBy(*offset)
    arrival = F.max("arrived_at").over(before.rowsBetween(Window.unboundedPreceding, 0))
    last_first = Window.partitionBy("ind").orderBy(*(F.desc(key) for key in ("arrival", *offset)))
    # One shuffle serves both windows.
    ordered = good.repartition("ind").withColumn("arrival", arrival)
    ranked = ordered.withColumn("rank", F.row_number().over(last_first))
    return ranked.where("rank = 1").drop("rank", "arrival")


def _rejected(outcome: DataFrame) -> DataFrame:
    """Return the rejected records in the shape of the table `rejected`."""
    return (
        outcome
        .where("reason IS NOT NULL")
        .withColumn("rejected_at", F.current_timestamp())
        .select("event", "payload", "origin", "position", "arrived_at", "rejected_at", "reason")
    )
