"""The source as Spark calls it."""

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

from .api import Shard
from .kinesis import connect
from .limits import UNLIMITED, Limits
from .offsets import Offset
from .options import Options
from .planner import Planner
from .records import COLUMNS, to_arrow
from .replay import Span, replay
from .spool import Spool, kept

__all__ = ["KinesisSource", "KinesisStreamReader", "ShardPartition"]


class KinesisSource(DataSource):
    """Kinesis streams as a streaming DataFrame.

    Raises:
        OptionError: Raised when an option is missing, wrong, or not honoured here.
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
        """Return what reads the streams."""
        return KinesisStreamReader(self._options)


@dataclass(frozen=True)
class ShardPartition(InputPartition):
    """What one task reads: a span of a shard, from the kept file or else from the stream."""

    span: Span
    path: str | None


class KinesisStreamReader(DataSourceStreamReader, SupportsTriggerAvailableNow):
    """Reads streams by micro-batches: one partition for each shard.

    Spark pickles it for its tasks before it is used, so it holds the options alone until then.
    """

    def __init__(self, options: Options) -> None:
        self._options = options

    @cached_property
    def _planner(self) -> Planner:
        return Planner(connect(self._options), self._options, Spool())

    def initialOffset(self) -> dict[str, Any]:  # noqa: N802  # Spark's
        """Return where a new query begins."""
        return self._planner.begin().to_json()

    def prepareForTriggerAvailableNow(self) -> None:  # noqa: N802  # Spark's
        """Read what is there now, and end."""
        self._planner.stop_at_present()

    def getDefaultReadLimit(self) -> ReadLimit:  # noqa: N802  # Spark's
        """Return the records that a micro-batch may hold."""
        return ReadMaxRows(self._options.max_records_per_trigger)

    def latestOffset(self, start: dict[str, Any], limit: ReadLimit) -> dict[str, Any]:  # noqa: N802
        """Return the end of the micro-batch that begins at `start`."""
        return self._planner.next(Offset.of(start), self._limits(limit)).to_json()

    def partitions(self, start: dict[str, Any], end: dict[str, Any]) -> Sequence[InputPartition]:
        """Return one partition for each shard that has records between `start` and `end`."""
        before, after = Offset.of(start), Offset.of(end)
        files = self._planner.files(after)
        found = []
        for key, progress in after.shards.items():
            known = before.progress(key)
            if progress.last and progress.last != known.last:
                span = Span(Shard.of(key), after.began, known.last, progress.last, known.tip)
                path = files.get(key)
                found.append(ShardPartition(span, str(path) if path else None))
        return found

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        """Yield the records of a partition."""
        assert isinstance(partition, ShardPartition)  # noqa: S101  # partitions() makes them
        batches = kept(partition.path)
        if batches is not None:
            yield from batches
            return
        span = partition.span
        for records in replay(connect(self._options), self._options, span):
            yield to_arrow(records, span.shard.stream, span.shard.id)

    def commit(self, end: dict[str, Any]) -> None:
        """Forget what was kept up to `end`."""
        self._planner.commit(Offset.of(end))

    def stop(self) -> None:
        """Remove what was kept, and end the threads."""
        if "_planner" in vars(self):
            self._planner.close()

    def _limits(self, limit: ReadLimit) -> Limits:
        if isinstance(limit, ReadMaxRows):
            o = self._options
            return Limits(limit.max_rows, o.fetch_buffer_size, o.max_fetch_duration)
        return UNLIMITED
