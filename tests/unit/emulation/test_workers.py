"""What one run sends to one destination."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation.api import ApiClientConfig
from emulation.destinations import KinesisDestination
from emulation.posts import PostRange
from emulation.resume import ResumePoint
from emulation.workers import DestinationRun

RANGE = PostRange(
    first=0,
    resume_after=5,
    last=9,
    posts=4,
    rows={"pin": 10, "geo": 10, "user": 11},
    rows_before={"pin": 6, "geo": 6, "user": 6},
    rows_without_key={"pin": 0, "geo": 0, "user": 1},
)


@pytest.fixture
def point(tmp_path: Path) -> ResumePoint:
    return ResumePoint(tmp_path, "sqlite:///a.db", "http://a", "kinesis:demo")


@pytest.fixture
def run(point: ResumePoint) -> DestinationRun:
    config = ApiClientConfig(url="http://a", api_key="key")
    return DestinationRun(config, KinesisDestination("demo"), 5, RANGE, point)


def test_no_resume_point_is_saved_if_every_record_was_refused(
    run: DestinationRun, point: ResumePoint
) -> None:
    run.counters.refused("pin", 2, "422: odd")
    run.counters.posts_settled(2)
    run.save_resume_point()
    assert point.load() is None


def test_posts_that_an_earlier_run_sent_are_done(run: DestinationRun) -> None:
    run.counters.posts_settled(3)
    assert run.posts_done(total=10) == 9
