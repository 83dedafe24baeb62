"""The streaming pipeline of one user: its streams, its tables, and the queries between them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from mypy_boto3_kinesis import KinesisClient
from mypy_boto3_kinesis.type_defs import PutRecordsRequestEntryTypeDef
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery

from ingestion.kinesis import create_streams
from local.demo.reconciliation import count_streamed
from local.environment import kinesis_client
from local.secrets import Secrets
from local.settings import Settings
from pinterest_pipeline.events import EVENTS, Event, event_named
from pinterest_pipeline.monitoring import watch
from pinterest_pipeline.names import stream_name
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.read import Reader
from pinterest_pipeline.tables import Tables

__all__ = ["StreamingPipeline"]


@dataclass(frozen=True)
class StreamingPipeline:
    """The streams of one user, and the schema of their tables."""

    settings: Settings
    secrets: Secrets
    tables: Tables

    @classmethod
    def new(cls, settings: Settings, secrets: Secrets, shards: int = 2) -> StreamingPipeline:
        """Create the empty streams of a new user."""
        name = uuid.uuid4().hex[:12]
        own = settings.model_copy(update={"user_id": f"user-{name}"})
        create_streams(kinesis_client(own, secrets), own.user_id, shards)
        return cls(own, secrets, Tables(settings.catalog, f"stream_{name}"))

    @cached_property
    def kinesis(self) -> KinesisClient:
        return kinesis_client(self.settings, self.secrets)

    def stream(self, event: str) -> str:
        return stream_name(self.settings.user_id, event)

    def put(self, event: str, *records: bytes, key: str = "1") -> list[str]:
        """Put records in this order; return their positions."""
        entries: list[PutRecordsRequestEntryTypeDef] = [
            {"Data": data, "PartitionKey": key} for data in records
        ]
        answer = self.kinesis.put_records(StreamName=self.stream(event), Records=entries)
        assert answer["FailedRecordCount"] == 0
        return [f"{put['ShardId']}/{put['SequenceNumber']}" for put in answer["Records"]]

    def delivered(self, event: str) -> int:
        """Return the number of records in the stream."""
        key = event_named(event).key
        return count_streamed(self.kinesis, self.stream(event), key).total()

    def start(
        self,
        spark: SparkSession,
        *,
        events: Iterable[Event] = EVENTS,
        tables: Tables | None = None,
        checkpoints: str = "",
        every: str = "",
        **options: str,
    ) -> list[StreamingQuery]:
        """Start the queries; `checkpoints` is appended to the usual folder."""
        return clean_stream(
            spark,
            checkpoints_path=f"{self.settings.checkpoints_path}{checkpoints}",
            user_id=self.settings.user_id,
            tables=tables or self.tables,
            events=list(events),
            reader=Reader("kinesis", {"initialPosition": "earliest", **options}),
            trigger_interval=every,
        )

    def clean(
        self,
        spark: SparkSession,
        *events: str,
        checkpoints: str = "",
        **options: str,
    ) -> int:
        """Clean the records of `events` (default: all); return the number of micro-batches."""
        chosen: Sequence[Event] = [event_named(name) for name in events] or EVENTS
        queries = self.start(
            spark, events=chosen, tables=None, checkpoints=checkpoints, every="", **options
        )
        return len(watch(queries, lambda _: None))

    def rows(self, spark: SparkSession, table: str, *columns: str) -> list[tuple[object, ...]]:
        """Return these columns of each row, sorted."""
        return sorted(
            (tuple(row) for row in self.tables.read(spark, table).select(*columns).collect()),
            key=str,
        )
