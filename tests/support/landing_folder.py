"""A landing folder on the local disk, with the layout of the bucket."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from pyspark.sql import DataFrame, SparkSession

from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.read import Reader
from pinterest_pipeline.staging import Staging
from pinterest_pipeline.tables import Tables

USER_ID = "u"

Line = Mapping[str, object] | str | bytes


def pin(index: object, **fields: object) -> dict[str, object]:
    return {"index": index, "title": "T", "category": "art", "downloaded": 1} | fields


def geo(ind: object, **fields: object) -> dict[str, object]:
    return {"ind": ind, "timestamp": "2020-08-28T03:52:47", "country": "Chad"} | fields


def user(ind: object, **fields: object) -> dict[str, object]:
    return {"ind": ind, "first_name": "Ada", "last_name": "Lovelace", "age": 36} | fields


@dataclass(frozen=True)
class Landing:
    """A landing folder, its checkpoints, and the tables that it is cleaned into."""

    spark: SparkSession
    folder: Path
    checkpoints: Path
    tables: Tables

    def land(self, event: str, offset: int, *lines: Line, partition: int = 0, hour: int = 0) -> str:
        """Write one object and return its path; `hour` is when on 1 January 2024 it arrived."""
        topic = f"{USER_ID}.{event}"
        name = f"{topic}+{partition}+{offset:010d}.json"
        path = self.folder / "topics" / topic / f"partition={partition}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"".join(encoded(line) + b"\n" for line in lines))
        arrived_at = 1_704_067_200 + 3_600 * hour
        os.utime(path, (arrived_at, arrived_at))
        return str(path)

    def clean(
        self, reader: Reader | None = None, staging: Staging | None = None
    ) -> list[tuple[object, ...]]:
        """Clean the landing; return event, batch and the four counts of each load."""
        loads = clean_landing(
            self.spark,
            landing_path=str(self.folder),
            checkpoints_path=str(self.checkpoints),
            user_id=USER_ID,
            tables=self.tables,
            reader=reader,
            staging=staging,
        )
        return [
            tuple(row) for row in loads.drop("loaded_at").orderBy("event", "batch_id").collect()
        ]

    def table(self, name: str) -> DataFrame:
        return self.tables.read(self.spark, name)

    def rows(self, name: str, *columns: str) -> list[tuple[object, ...]]:
        return rows_of(self.spark, self.tables, name, *columns)

    def versions(self) -> dict[str, int]:
        """Return how often each table was written."""
        names = ("pin", "geo", "user", "rejected", "loads")
        return {
            name: self.spark.sql(f"DESCRIBE HISTORY {self.tables.name(name)}").count()
            for name in names
        }


def rows_of(
    spark: SparkSession, tables: Tables, name: str, *columns: str
) -> list[tuple[object, ...]]:
    """Return the rows of a table, in order."""
    return sorted(tuple(row) for row in tables.read(spark, name).select(*columns).collect())


def write_checkpoint(spark: SparkSession, path: str) -> None:
    """Write what Spark writes first to a new checkpoint, its id: the last part of `path`."""
    name = path.rpartition("/")[2]
    spark.createDataFrame([(name,)], "id string").coalesce(1).write.json(f"{path}/metadata")


def encoded(line: Line) -> bytes:
    if isinstance(line, bytes):
        return line
    return (line if isinstance(line, str) else json.dumps(line)).encode()


def stop_a_micro_batch_of_pins(spark: SparkSession) -> None:
    """Stop the query of the pins while it cleans a micro-batch."""
    deadline = monotonic() + 60
    while True:
        assert monotonic() < deadline
        for query in spark.streams.active:
            if query.name == "clean pin" and query.status["message"] == "Processing new data":
                query.stop()
                return
