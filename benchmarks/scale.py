"""How the cost of the whole cleaning, from landing to Delta tables, grows with rows and objects."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import batched

from pyspark.sql import SparkSession

from benchmarks.environment import environment
from benchmarks.figures import Figure
from benchmarks.landing import land
from benchmarks.lines import batches_of_lines
from local.spark.session import connect
from local.stack.secrets import Secrets
from local.stack.settings import Settings
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables

__all__ = ["posts", "small_objects"]


def posts(sizes: list[int]) -> list[Figure]:
    """Return the time per 1,000 posts, three events each, of cleaning so many posts at once."""
    figures = []
    with environment("spark") as (settings, _):
        spark = connect(settings, Secrets.of(settings.state))
        _clean(spark, settings, "warm-up")
        for size in sizes:
            for event in EVENTS:
                lines = (batch[event.name] for batch in batches_of_lines(size))
                land(settings, f"posts-{size}.{event.name}", lines)
            seconds = _clean(spark, settings, f"posts-{size}")
            figures.append(Figure(f"{size:,} posts", 1000 * seconds / size, "s per 1,000 posts"))
    growth = figures[-1].value / figures[0].value
    return [*figures, Figure("time per post: most ÷ fewest posts", growth, at_most=1.0)]


def small_objects(objects: int, rows: int) -> list[Figure]:
    """Return what it costs to clean `rows` pins that landed in so many objects, and in one."""
    with environment("spark") as (settings, _):
        spark = connect(settings, Secrets.of(settings.state))
        _clean(spark, settings, "warm-up")
        land(settings, "one.pin", [list(_pins(rows))])
        land(settings, "many.pin", (list(o) for o in batched(_pins(rows), rows // objects)))
        one, many = _clean(spark, settings, "one"), _clean(spark, settings, "many")
    return [
        Figure(f"{rows:,} pins in one object", one, "s"),
        Figure(f"the same in {objects:,} objects", many, "s"),
        Figure("many objects ÷ one", many / one, at_most=3.0),
    ]


def _pins(rows: int) -> Iterator[bytes]:
    for batch in batches_of_lines(rows):
        yield from batch["pin"]


def _clean(spark: SparkSession, settings: Settings, user_id: str) -> float:
    """Return how many seconds it took to clean what `user_id` has landed into own tables."""
    begun = time.monotonic()
    clean_landing(
        spark,
        landing_path=settings.landing_path,
        checkpoints_path=settings.checkpoints_path,
        user_id=user_id,
        tables=Tables(settings.catalog, f"bench_{user_id.replace('-', '_')}"),
    ).collect()
    return time.monotonic() - begun
