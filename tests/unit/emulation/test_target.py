"""A destination with what it is to get."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulation.destination import Connection
from emulation.kinesis_route import KinesisRoute
from emulation.plan import Plan
from emulation.resume import ResumePoint
from emulation.target import Target

PLAN = Plan(
    first=0,
    after=5,
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
def target(point: ResumePoint) -> Target:
    connection = Connection("http://a", "key", 1, 500, 5.0)
    return Target.in_order(connection, KinesisRoute("demo"), PLAN, point)


def test_its_point_is_kept_once_records_are_acknowledged(
    target: Target, point: ResumePoint
) -> None:
    target.save()
    assert point.load() is None
    target.destination.tally.acknowledged("pin", 2)
    target.save()
    assert point.load() is None
    target.destination.tally.posts_sent(2)
    target.save()
    assert point.load() == 5


def test_its_point_is_not_kept_where_every_record_was_refused(
    target: Target, point: ResumePoint
) -> None:
    target.destination.tally.refused("pin", 2, "422: odd")
    target.destination.tally.posts_sent(2)
    target.save()
    assert point.load() is None


def test_rows_without_a_key_are_refused(target: Target) -> None:
    assert target.destination.tally.events["user"].refused == 1
    assert target.destination.tally.events["pin"].refused == 0


def test_posts_that_an_earlier_run_sent_are_done(target: Target) -> None:
    target.destination.tally.posts_sent(3)
    assert target.posts_done(total=10) == 9


def test_a_point_that_could_not_be_kept_is_not_promised(target: Target) -> None:
    assert target.half(resumable=True).resume_after == 5
    assert target.half(resumable=False).resume_after is None
