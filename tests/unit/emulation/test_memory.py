"""Memory of a run, from the source to the connection."""

from __future__ import annotations

import math
import tracemalloc
from functools import cache
from pathlib import Path

import pytest
import requests

from emulation.api import ApiClientConfig
from emulation.destinations import KafkaDestination
from emulation.pacing import FixedRate
from emulation.posts import find_range, posts_in_order
from emulation.run import send_posts
from emulation.source import open_source
from emulation.workers import DestinationRun, StopSignal
from tests.support.fake_api import outcomes
from tests.support.sources import write_many_posts

MEGABYTE = 2**20


@cache
def all_stored(records: int) -> requests.Response:
    answer = requests.Response()
    answer.status_code = 200
    answer._content = outcomes([None] * records).body
    return answer


@pytest.fixture(autouse=True)
def _store_everything_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def request(
        _: requests.Session, __: str, ___: str, data: bytes, **____: object
    ) -> requests.Response:
        return all_stored(data.count(b'{"key":'))

    monkeypatch.setattr(requests.Session, "request", request)


def peak_bytes(url: str, posts: int) -> int:
    """Return the peak of Python's memory while all posts of a source are sent."""
    tracemalloc.start()
    try:
        with open_source(url) as source:
            every = find_range(source)
            config = ApiClientConfig(url="http://api", api_key="key")
            run = DestinationRun(config, KafkaDestination("demo"), every.resume_after)
            send_posts(posts_in_order(source, every), [run], FixedRate(math.inf), StopSignal())
        assert run.counters.posts == posts
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_source(tmp_path: Path) -> None:
    """21,000 rows take no more memory than 10,500, which exceed the rows in flight.

    How many are in flight depends on the threads, so the two differ by a few MB.
    """
    small, large = (
        peak_bytes(write_many_posts(tmp_path / f"{posts}.db", posts), posts)
        for posts in (3_500, 7_000)
    )
    assert large < small + 4 * MEGABYTE
