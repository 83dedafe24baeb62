"""What a run holds in memory, from the source to the connection."""

from __future__ import annotations

import tracemalloc
from functools import cache
from pathlib import Path

import pytest
import requests

from emulation.destination import Connection, Destination
from emulation.kafka_route import KafkaRoute
from emulation.pace import FullSpeed
from emulation.plan import plan_posts
from emulation.posts import posts_in_order
from emulation.run import Run
from emulation.source import open_source
from tests.unit.emulation.fake_api import outcomes
from tests.unit.emulation.sources import write_many_posts

MEGABYTE = 2**20


@cache
def all_stored(records: int) -> requests.Response:
    answer = requests.Response()
    answer.status_code = 200
    answer._content = outcomes([None] * records).body
    return answer


@pytest.fixture(autouse=True)
def _everything_is_stored_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def request(
        _: requests.Session, __: str, ___: str, data: bytes, **____: object
    ) -> requests.Response:
        return all_stored(data.count(b'{"key":'))

    monkeypatch.setattr(requests.Session, "request", request)


def peak_bytes(url: str, posts: int) -> int:
    """Return the most that Python has held while all posts of a source were sent."""
    tracemalloc.start()
    try:
        with open_source(url) as source:
            plan, connection = plan_posts(source), Connection("http://api", "key", 1, 500, 5.0)
            kafka = Destination(connection, KafkaRoute("demo"), plan.after)
            Run(connection, [kafka], FullSpeed()).send(posts_in_order(source, plan))
        assert kafka.tally.posts == posts
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_source(tmp_path: Path) -> None:
    """90,000 rows take no more than 30,000, which are more than are read at once."""
    small, large = (
        peak_bytes(write_many_posts(tmp_path / f"{posts}.db", posts), posts)
        for posts in (10_000, 30_000)
    )
    assert large < small + 4 * MEGABYTE
