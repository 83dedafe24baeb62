"""Sizes the pipeline in AWS for a rate of posts: `make size POSTS_PER_SECOND=1000`.

docs/scale.md explains each figure. Measured constants come from the table in docs/benchmarks.md
(2 cores); limits of AWS are default quotas, with their source beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from typing import Annotated, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from pinterest_pipeline.errors import run_command

__all__ = ["EXAMPLES", "Load", "Need", "first_to_break", "needs"]

EXAMPLES: Final = (1.0, 1_000.0, 100_000.0, 5_000_000.0)
"""The rates that docs/scale.md works through."""

RECORD_BYTES: Final = {"pin": 604, "geo": 110, "user": 101}
"""Mean size of the synthetic records (`benchmarks.records`)."""

HEADROOM: Final = 0.7
"""The share of a limit that is planned for; the rest is for peaks and uneven keys."""
DAY: Final = 86_400

# Measured: "gateway, proxy and broker, records/s at batch size 1; 500", on 2 cores together.
SINGLES_PER_SECOND: Final = 501
BATCHED_PER_SECOND: Final = 117_000
LARGEST_BATCH: Final = 500
# Measured: "cleaning a backlog of 500,000 pins over 4 shards; the same from the landing bucket".
CLEANED_FROM_STREAMS: Final = 17_800
CLEANED_FROM_LANDING: Final = 29_300
MEASURED_CORES: Final = 2
# Not measured: what one connector task lands, on one MSK Connect unit (1 core, 4 GB).
CONNECTOR_TASK_BYTES: Final = 10e6

# docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
GATEWAY_REQUESTS: Final = 10_000
# docs.aws.amazon.com/msk/latest/developerguide/limits.html
SERVERLESS_BYTES: Final = 200e6
SERVERLESS_PARTITIONS: Final = 2_400
PARTITION_BYTES: Final = 5e6
EXPRESS_BYTES: Final = {"large": 15.6e6, "xlarge": 31.2e6, "4xlarge": 124.9e6, "16xlarge": 500e6}
EXPRESS_BROKERS: Final = 30
FEWEST_BROKERS: Final = 3
CONNECT_UNITS: Final = 60 * 8
"""Workers of an account, times the units of the largest worker."""
# docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
SHARD_BYTES: Final = 1e6
SHARD_RECORDS: Final = 1_000
SHARDS: Final = 20_000
"""In the largest regions; 1,000 or 6,000 in others."""

FEWEST_PARTITIONS: Final = 3
OBJECT_BYTES: Final = 128e6
ROTATION_SECONDS: Final = 600
OBJECTS_PER_DAY: Final = 100_000
"""Each object costs Spark four requests and a task; more objects need compaction or file events."""
BATCH_SECONDS: Final = 4 * 3600
"""How long the daily run may clean the records of a day."""
CORES_PER_JOB: Final = 1_000
"""Beyond this, one Spark driver is the bottleneck of its tasks and commits."""


@dataclass(frozen=True)
class Load:
    """What clients send.

    Attributes:
        posts: Posts per second; each has three records, in both pipelines.
        batch: Records per request; a low rate sends fewer.
        scale: Size of the records, relative to the synthetic ones.
    """

    posts: float
    batch: int = LARGEST_BATCH
    scale: float = 1.0

    @property
    def records(self) -> float:
        """Records per second of one pipeline."""
        return len(RECORD_BYTES) * self.posts

    @property
    def bytes(self) -> float:
        """Bytes per second of one pipeline."""
        return self.posts * self.scale * sum(RECORD_BYTES.values())

    @property
    def largest_event_bytes(self) -> float:
        """Bytes per second of the event with the largest records."""
        return self.posts * self.scale * max(RECORD_BYTES.values())

    @property
    def requests(self) -> float:
        """Requests per second of one pipeline."""
        return self.records / self.records_per_request

    @property
    def records_per_request(self) -> float:
        """Records that a client has collected after a second, at most a full batch."""
        return max(1.0, min(float(self.batch), self.posts))


@dataclass(frozen=True)
class Need:
    """What one part of the pipeline needs for a load.

    Attributes:
        part: The part.
        amount: What it needs, in `unit`.
        unit: Unit of `amount`, and of the limit.
        limit: What the part as it is built here can give; null without a limit.
        detail: Settings that follow.
        beyond: What replaces the part beyond its limit.
    """

    part: str
    amount: float
    unit: str
    limit: float | None = None
    detail: str = ""
    beyond: str = ""

    @property
    def used(self) -> float:
        """The share of the limit that is needed; 0 without a limit."""
        return 0.0 if self.limit is None else self.amount / self.limit

    @property
    def text(self) -> str:
        """Amount, unit and detail for people."""
        detail = f": {self.detail}" if self.detail else ""
        amount = f"{self.amount:,.2g}" if self.amount < 10 else f"{self.amount:,.0f}"
        return f"{amount} {self.unit}{detail}"


def needs(load: Load) -> list[Need]:
    """Return what each part needs, in the order of the pipeline."""
    partitions = partitions_per_topic(load)
    return [
        Need(
            "API Gateway",
            ceil(2 * load.requests),
            "requests/s",
            GATEWAY_REQUESTS,
            beyond="producers write to Kafka and Kinesis directly",
        ),
        Need(
            "REST proxy",
            proxy_cores(load),
            "cores",
            MEASURED_CORES,
            beyond="an Auto Scaling group behind the load balancer",
        ),
        Need(
            "Kafka topics",
            partitions,
            "partitions each",
            (SERVERLESS_PARTITIONS - 100) // len(RECORD_BYTES),
            beyond="several clusters, users divided among them",
        ),
        cluster(load),
        Need(
            "landing connector",
            connector_tasks(load, partitions),
            "tasks",
            CONNECT_UNITS,
            beyond="Firehose, or a stream engine that writes tables",
        ),
        landing(load, partitions),
        Need(
            "Kinesis streams",
            len(RECORD_BYTES) * shards_per_stream(load),
            "shards",
            SHARDS,
            beyond="MSK for both pipelines",
        ),
        cleaning("clean_streams", load.records, CLEANED_FROM_STREAMS),
        cleaning("clean_landing, daily", load.records * DAY / BATCH_SECONDS, CLEANED_FROM_LANDING),
        Need("new rows", load.records * DAY / 1e6, "million/day"),
    ]


def first_to_break(found: Sequence[Need]) -> Need:
    """Return the part that uses most of its limit."""
    return max(found, key=lambda need: need.used)


def proxy_cores(load: Load) -> float:
    """Return the cores of the REST proxy.

    A request costs a fixed time and a time per record, from the two measured batch sizes.
    """
    full = LARGEST_BATCH / BATCHED_PER_SECOND
    per_record = (full - 1 / SINGLES_PER_SECOND) / (LARGEST_BATCH - 1)
    fixed = 1 / SINGLES_PER_SECOND - per_record
    busy = load.requests * (fixed + per_record * load.records_per_request)
    return busy * MEASURED_CORES / HEADROOM


def partitions_per_topic(load: Load) -> int:
    """Return the partitions of each topic: those of the event with the most bytes."""
    return max(FEWEST_PARTITIONS, ceil(load.largest_event_bytes / (PARTITION_BYTES * HEADROOM)))


def cluster(load: Load) -> Need:
    """Return the brokers: Serverless, or the smallest Express type with at most 30 brokers."""
    if load.bytes <= SERVERLESS_BYTES * HEADROOM:
        return Need("MSK Serverless", load.bytes / 1e6, "MB/s", SERVERLESS_BYTES / 1e6)
    counts = {
        size: max(FEWEST_BROKERS, ceil(load.bytes / (capacity * HEADROOM)))
        for size, capacity in EXPRESS_BYTES.items()
    }
    enough = [size for size, count in counts.items() if count <= EXPRESS_BROKERS]
    size = enough[0] if enough else max(EXPRESS_BYTES, key=EXPRESS_BYTES.__getitem__)
    return Need(
        "MSK provisioned",
        counts[size],
        "brokers",
        EXPRESS_BROKERS,
        f"express.m7g.{size}",
        "several clusters, users divided among them",
    )


def connector_tasks(load: Load, partitions: int) -> int:
    """Return the tasks of the landing connector, at most one per partition."""
    tasks = ceil(load.bytes / (CONNECTOR_TASK_BYTES * HEADROOM))
    return min(len(RECORD_BYTES) * partitions, max(1, tasks))


def landing(load: Load, partitions: int) -> Need:
    """Return the objects per day, and the settings of the connector that give them.

    An object ends with its size or with the rotation, whichever comes first.
    """
    objects, largest = 0, 1
    for size in RECORD_BYTES.values():
        records = load.posts / partitions * ROTATION_SECONDS
        lines = min(records, OBJECT_BYTES / (size * load.scale))
        largest = max(largest, ceil(lines))
        objects += ceil(partitions * DAY * load.posts / partitions / max(lines, 1))
    return Need(
        "landing bucket",
        objects,
        "objects/day",
        OBJECTS_PER_DAY,
        f"flush.size {largest:,}",
        "Delta or Iceberg tables, written by the stream engine and compacted",
    )


def shards_per_stream(load: Load) -> int:
    """Return the shards of each stream: those of the event with the most bytes or records."""
    by_bytes = load.largest_event_bytes / SHARD_BYTES
    return max(1, ceil(max(by_bytes, load.posts / SHARD_RECORDS) / HEADROOM))


def cleaning(part: str, records_per_second: float, measured: int) -> Need:
    """Return the cores that keep up with `records_per_second`."""
    per_core = measured / MEASURED_CORES * HEADROOM
    return Need(
        part,
        ceil(records_per_second / per_core),
        "cores",
        CORES_PER_JOB,
        beyond="append-only tables by day, merged per user range; Flink for the stream",
    )


def _table(loads: Sequence[Load], box_of_table: box.Box) -> Table:
    columns = [needs(load) for load in loads]
    table = Table(box=box_of_table, header_style="bold")
    table.add_column("part")
    for load in loads:
        table.add_column(f"{load.posts:,.12g} posts/s", justify="right")
    for row in zip(*columns, strict=True):
        names = list(dict.fromkeys(need.part for need in row))
        table.add_row(" or ".join(names), *(_cell(need) for need in row))
    table.add_row("closest to its limit", *(_closest(column) for column in columns))
    return table


def _cell(need: Need) -> str:
    return f"{need.text} (over the limit)" if need.used > 1 else need.text


def _closest(found: Sequence[Need]) -> str:
    need = first_to_break(found)
    return f"{need.part}: {need.used:,.1%}"


def main(
    posts: Annotated[
        list[float] | None, typer.Argument(min=0.001, help="Posts per second. Default: examples.")
    ] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=LARGEST_BATCH, help="Records per request.")
    ] = LARGEST_BATCH,
    post_bytes: Annotated[
        float, typer.Option(min=1, help="Bytes of the three records of a post.")
    ] = sum(RECORD_BYTES.values()),
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown.")] = False,
) -> None:
    """Print what each part of the pipeline in AWS needs, and what breaks first."""
    scale = post_bytes / sum(RECORD_BYTES.values())
    loads = [Load(rate, batch_size, scale) for rate in posts or EXAMPLES]
    console = Console(width=320) if markdown else Console()
    console.print(_table(loads, box.MARKDOWN if markdown else box.ROUNDED), highlight=False)
    if markdown:
        return
    for load in loads:
        for need in needs(load):
            if need.used > 1 and need.beyond:
                console.print(f"At {load.posts:,.12g} posts/s, {need.part} → {need.beyond}")


if __name__ == "__main__":
    run_command(partial(typer.run, main))
