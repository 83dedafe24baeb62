"""What a trigger costs that finds nothing to read."""

from __future__ import annotations

from functools import partial
from statistics import median

from pyspark.sql.streaming.query import StreamingQuery

from benchmarks.backlog import put
from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.lines import batches_of_lines
from benchmarks.triggers import await_records, empty, running
from local.environment import kinesis_client
from local.secrets import Secrets
from local.spark.session import connect
from local.supervisor.waiting import wait_until
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.names import stream_names

__all__ = ["idle"]

_POSTS = 1_000
_DEADLINE_SECONDS = 300


def idle(triggers: int) -> list[Figure]:
    """Measure the smallest trigger with nothing to read, all three queries running.

    Each has read some records before, and begins a trigger as soon as the last one has ended: in
    the time is what the source waits so as not to ask a shard more than five times a second.

    Returns:
        The median of the last half of so many triggers of each query.
    """
    with environment("spark") as (settings, _):
        secrets = Secrets.of(settings.state)
        kinesis = kinesis_client(settings, secrets)
        for event, name in zip(EVENTS, stream_names(settings.user_id), strict=True):
            put(kinesis, name, (batch[event.name] for batch in batches_of_lines(_POSTS)))
        spark = connect(settings, secrets)
        with running(spark, settings, "bench_idle", every="0 seconds") as queries:
            tell("idle: read what there is")
            await_records(queries, _POSTS, _DEADLINE_SECONDS)
            tell(f"idle: {triggers} empty triggers")
            for query in queries:
                what = f"{triggers} empty triggers of '{query.name}'"
                wait_until(
                    partial(_enough, query, triggers), seconds=_DEADLINE_SECONDS, description=what
                )
            milliseconds = [
                progress.durationMs["triggerExecution"]
                for query in queries
                for progress in empty(query)[triggers // 2 : triggers]
            ]
    name = "trigger with nothing to read"
    return [Figure(name, median(milliseconds) / 1000, "s", at_most=0.5)]


def _enough(query: StreamingQuery, triggers: int) -> bool:
    return len(empty(query)) >= triggers
