"""How the cost of the whole cleaning, from landing to Delta tables, grows with rows and objects."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import batched
from statistics import median

from benchmarks.cleaned import seconds_from_landing
from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.landing import land
from benchmarks.lines import batches_of_lines
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from pinterest_pipeline.events import EVENTS

__all__ = ["growth", "posts", "small_objects"]


def posts(few: int, some: int, most: int) -> list[Figure]:
    """Return the time per 1,000 posts, three events each, of cleaning so many posts at once.

    Whether it grows is told by what one more post costs: what every run costs, however little
    there is to clean, would hide it in the time per post.
    """
    with environment("spark") as (settings, _):
        spark = connect(settings, Secrets.of(settings.state))
        seconds_from_landing(spark, settings, "warm", _land_posts(settings, "warm", some))
        seconds = {}
        for size in (few, some, most):
            records = _land_posts(settings, f"posts-{size}", size)
            seconds[size] = seconds_from_landing(spark, settings, f"posts-{size}", records)
    each = [
        Figure(f"cleaning {size:,} posts, each 1,000", 1000 * seconds[size] / size, "s")
        for size in seconds
    ]
    grown = f"one more post: of {most:,} ÷ of {some:,}"
    return [*each, Figure(grown, growth(seconds), at_most=1.2)]


def growth(seconds: Mapping[int, float]) -> float:
    """Return what one more post costs among the most, divided by that among the fewest.

    Args:
        seconds: Time by number of posts, three of them. Where the middle one took no longer than
            the first, the noise is greater than the cost, and the answer is infinite: no result.
    """
    few, some, most = sorted(seconds)
    early = (seconds[some] - seconds[few]) / (some - few)
    late = (seconds[most] - seconds[some]) / (most - some)
    return late / early if early > 0 else math.inf


def small_objects(objects: int, lines: int, repeats: int) -> list[Figure]:
    """Return the time to clean `objects` of `lines` pins each, and the same pins in one object."""
    with environment("spark") as (settings, _):
        spark = connect(settings, Secrets.of(settings.state))
        tell(f"land {objects:,} objects of {lines} pins, and one of all")
        pins = land(settings, "one.pin", [list(_pins(objects * lines))])
        land(settings, "many.pin", (list(o) for o in batched(_pins(objects * lines), lines)))
        seconds_from_landing(spark, settings, "one", pins, "warm")
        pairs = [
            (
                seconds_from_landing(spark, settings, "one", pins, n),
                seconds_from_landing(spark, settings, "many", pins, n),
            )
            for n in map(str, range(repeats))
        ]
    return [
        Figure(f"{pins:,} pins in one object", median(one for one, _ in pairs), "s"),
        Figure(f"the same in {objects:,} objects", median(many for _, many in pairs), "s"),
        Figure("many objects ÷ one", median(many / one for one, many in pairs)),
    ]


def _pins(rows: int) -> Iterator[bytes]:
    for batch in batches_of_lines(rows):
        yield from batch["pin"]


def _land_posts(settings: Settings, user_id: str, posts: int) -> int:
    """Return how many records that were."""
    tell(f"land {posts:,} posts")
    return sum(
        land(
            settings,
            f"{user_id}.{event.name}",
            (batch[event.name] for batch in batches_of_lines(posts)),
        )
        for event in EVENTS
    )
