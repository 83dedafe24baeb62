"""Puts one run together from its options, carries it out and reports."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import FrameType

from rich.console import Console

from emulation.errors import SettingsError
from emulation.kafka_route import KafkaRoute
from emulation.pace import FullSpeed, HumanPace, Pace, SteadyPace
from emulation.plan import Plan, plan_posts
from emulation.posts import Post, posts_in_order, random_posts
from emulation.progress import shown_progress
from emulation.report import Report
from emulation.resume import ResumePoint
from emulation.run import Connection, Run, ticking
from emulation.settings import Destination
from emulation.source import Source, open_source

__all__ = ["Options", "emulate"]

SAVE_SECONDS = 1.0


@dataclass(frozen=True)
class Options:
    """What a run is told; the fields are the command's options.

    Attributes:
        rows: Number of posts; null means all, or with `at_random` that there is no end.
        rate: Posts per second; null means as fast as the API takes them.
        seed: Makes the choice of random posts repeatable; null means it is not.
        state: Folder of the resume points.
        summary: File for the figures; null means none.
    """

    to: Destination
    source: str
    connection: Connection
    user_id: str
    state: Path
    rows: int | None = None
    rate: float | None = None
    at_random: bool = False
    seed: int | None = None
    resume: bool = False
    summary: Path | None = None


def emulate(options: Options, console: Console) -> Report:
    """Send the posts that `options` ask for; print the progress and the closing table.

    Returns:
        What became of the records.

    Raises:
        EmulationError: If the run could not begin, or ended early for an error.
    """
    with open_source(options.source) as source:
        if options.at_random:
            return _emulate_at_random(options, source, console)
        return _emulate_in_order(options, source, console)


def _emulate_in_order(options: Options, source: Source, console: Console) -> Report:
    target = f"{options.to}:{options.user_id}"
    point = ResumePoint(options.state, options.source, options.connection.api, target)
    plan = plan_posts(source, options.rows, point.load() if options.resume else None)
    route = _route(options)
    run = Run(options.connection, route, _pace(options), plan.after)
    for event, rows in plan.rows_without_key.items():
        if rows:
            run.tally.refused(event, rows, "the row has no index, which is its record's key")
    point.save(plan.after)

    def resume_after() -> int:
        after = run.watermark.after
        point.save(after)
        return after

    return _carry_out(
        options, run, plan, posts_in_order(source, plan, route.record), resume_after, console
    )


def _emulate_at_random(options: Options, source: Source, console: Console) -> Report:
    plan = plan_posts(source)
    route = _route(options)
    run = Run(options.connection, route, _pace(options), plan.after)
    chance = random.Random(options.seed)  # noqa: S311  # no secret
    posts = islice(random_posts(source, plan, route.record, chance), options.rows)
    return _carry_out(options, run, None, posts, lambda: None, console)


def _route(options: Options) -> KafkaRoute:
    match options.to:
        case Destination.KAFKA:
            return KafkaRoute(options.user_id)


def _pace(options: Options) -> Pace:
    if options.rate:
        return SteadyPace(options.rate)
    return HumanPace(random.Random(options.seed)) if options.at_random else FullSpeed()  # noqa: S311  # no secret


def _carry_out(
    options: Options,
    run: Run,
    plan: Plan | None,
    posts: Iterator[Post],
    resume_after: Callable[[], int | None],
    console: Console,
) -> Report:
    began = time.monotonic()
    total = options.rows if plan is None else plan.posts
    failure: Exception | None = None
    with (
        shown_progress(console, total) as progress,
        ticking(resume_after, run.halt.fail, SAVE_SECONDS),
        ticking(lambda: progress.update(run.tally.posts), run.halt.fail),
        _halted_by_signals(run) as interrupted,
    ):
        try:
            run.send(posts)
        except Exception as error:  # noqa: BLE001  # raised below, after the table
            failure = error
    try:
        after = resume_after()
    except SettingsError as error:
        after, failure = None, failure or error
    report = Report(run.tally, plan, time.monotonic() - began, after, bool(interrupted))
    report.print(console)
    if options.summary:
        report.write(options.summary)
    if failure:
        raise failure
    return report


@contextmanager
def _halted_by_signals(run: Run) -> Iterator[list[int]]:
    """Let SIGINT and SIGTERM end `run` in good order; a second one ends it at once.

    Yields:
        The signals that have come.
    """
    came: list[int] = []
    signals = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in signals}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def halt(number: int, _frame: FrameType | None) -> None:
        came.append(number)
        run.halt.event.set()
        restore()

    for number in signals:
        signal.signal(number, halt)
    try:
        yield came
    finally:
        restore()
