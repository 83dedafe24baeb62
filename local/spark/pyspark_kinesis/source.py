"""The source, as Spark calls it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyspark.sql.datasource import DataSource, DataSourceStreamReader, InputPartition
from pyspark.sql.streaming.datasource import (
    ReadLimit,
    ReadMaxRows,
    SupportsTriggerAvailableNow,
)
from pyspark.sql.types import StructType

from .client import Shard, connect
from .cursor import ShardRange, replay
from .offsets import Offset
from .options import Options
from .planner import Planner
from .prefetch import UNLIMITED, Limits
from .spool import COLUMNS, Spool, read_spooled, to_arrow

__all__ = ["KinesisSource", "KinesisStreamReader", "ShardPartition"]


class KinesisSource(DataSource):
    """Kinesis streams as a streaming DataFrame.

    Raises:
        OptionError: Raised when an option is missing, wrong, or not supported here.
    """

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self._options = Options.of(options)

    @classmethod
    def name(cls) -> str:
        """Return Databricks' name."""
        return "kinesis"

    def schema(self) -> str:
        """Return Databricks' columns."""
        return COLUMNS

    def streamReader(self, schema: StructType) -> KinesisStreamReader:  # noqa: ARG002, N802
        """Return a reader of the streams."""
        return KinesisStreamReader(self._options)


@dataclass(frozen=True)
class ShardPartition(InputPartition):
    """What one task reads: records of one shard, from the file at `path` or from the stream."""

    records: ShardRange
    path: str | None


class KinesisStreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Reads streams in micro-batches, with one partition per shard.

    Spark pickles it for its tasks before the first use, so until then it holds only the options.
    """

    def __init__(self, options: Options) -> None:
        self._options = options

    @cached_property
    def _planner(self) -> Planner:
        return Planner(connect(self._options), self._options, Spool())

    def initialOffset(self) -> dict[str, Any]:  # noqa: N802  # Spark's
        """Return where a new query begins."""
        return self._planner.initial_offset().to_json()

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802  # Spark's
        """Read the records that are available now, then end."""
        self._planner.stop_when_caught_up()

    def getDefaultReadLimit(self) -> ReadLimit:  # noqa: N802  # Spark's
        """Return the maximum number of records of a micro-batch."""
        return ReadMaxRows(self._options.max_records_per_trigger)

    def latestOffset(self, start: dict[str, Any], limit: ReadLimit) -> dict[str, Any]:  # noqa: N802
        """Return the end of the micro-batch that begins at `start`."""
        return self._planner.next_offset(Offset.from_json(start), self._limits(limit)).to_json()

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        """Return one partition per shard that has records between `start` and `end`."""
        before, after = Offset.from_json(start), Offset.from_json(end)
        files = self._planner.files(after)
        partitions = []
        for key, progress in after.shards.items():
            first = before.progress(key)
            if progress.last and progress.last != first.last:
                records = ShardRange(
                    Shard.of(key), after.began, first.last, progress.last, first.tip
                )
                path = files.get(key)
                partitions.append(ShardPartition(records, str(path) if path else None))
        return partitions

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the records of a partition."""
        assert isinstance(partition, ShardPartition)  # noqa: S101  # partitions() creates them
        batches = read_spooled(partition.path)
        if batches is not None:
            yield from batches
            return
        shard = partition.records.shard
        for page in replay(connect(self._options), self._options, partition.records):
            yield to_arrow(page, shard.stream, shard.id)

    def commit(self, end: dict[str, Any]) -> None:
        """Remove the files up to `end`."""
        self._planner.commit(Offset.from_json(end))

    def stop(self) -> None:
        """Remove all files, and stop the threads."""
        if "_planner" in vars(self):
            self._planner.close()

    def _limits(self, limit: ReadLimit) -> Limits:
        if isinstance(limit, ReadMaxRows):
            o = self._options
            return Limits(limit.max_rows, o.fetch_buffer_size, o.max_fetch_duration)
        return UNLIMITED
