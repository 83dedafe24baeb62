"""Puts one run together from its options, carries it out and reports."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.console import Console

from emulation.destination import Connection, Destination
from emulation.errors import SettingsError
from emulation.interruption import halted_by_signals
from emulation.kafka_route import KafkaRoute
from emulation.kinesis_route import KinesisRoute
from emulation.pace import FullSpeed, HumanPace, Pace, SteadyPace
from emulation.plan import plan_posts
from emulation.posts import Post, posts_in_order, random_posts
from emulation.progress import shown_progress
from emulation.report import Report
from emulation.resume import ResumePoint
from emulation.route import Route
from emulation.run import Run
from emulation.settings import To
from emulation.source import Source, open_source
from emulation.target import Target
from emulation.ticking import ticking

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

    to: To
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
    routes = _routes(options)
    points = [_resume_point(options, route) for route in routes]
    afters = [point.load() if options.resume else None for point in points]
    plans = {after: plan_posts(source, options.rows, after) for after in set(afters)}
    targets = [
        Target.in_order(options.connection, route, plans[after], point)
        for route, after, point in zip(routes, afters, points, strict=True)
    ]
    longest = min(plans.values(), key=lambda plan: plan.after)
    return _carry_out(options, targets, longest.posts, posts_in_order(source, longest), console)


def _emulate_at_random(options: Options, source: Source, console: Console) -> Report:
    plan = plan_posts(source)
    targets = [
        Target(Destination(options.connection, route, plan.after)) for route in _routes(options)
    ]
    chance = random.Random(options.seed)  # noqa: S311  # no secret
    posts = islice(random_posts(source, plan, chance), options.rows)
    return _carry_out(options, targets, options.rows, posts, console)


def _routes(options: Options) -> list[Route]:
    routes: dict[To, Route] = {
        To.KAFKA: KafkaRoute(options.user_id),
        To.KINESIS: KinesisRoute(options.user_id),
    }
    return [route for to, route in routes.items() if options.to in {to, To.BOTH}]


def _resume_point(options: Options, route: Route) -> ResumePoint:
    target = f"{route.name}:{options.user_id}"
    return ResumePoint(options.state, options.source, options.connection.api, target)


def _pace(options: Options) -> Pace:
    if options.rate:
        return SteadyPace(options.rate)
    return HumanPace(random.Random(options.seed)) if options.at_random else FullSpeed()  # noqa: S311  # no secret


def _carry_out(
    options: Options,
    targets: Sequence[Target],
    total: int | None,
    posts: Iterator[Post],
    console: Console,
) -> Report:
    """Send `posts`, `total` of them (null: without end), to `targets`.

    Returns:
        What became of the records.

    Raises:
        Exception: What the run ended with; raised once the table is printed.
    """
    run = Run(options.connection, [target.destination for target in targets], _pace(options))
    began = time.monotonic()
    failure: Exception | None = None

    def save() -> None:
        for target in targets:
            target.save()

    with (
        shown_progress(console, total) as progress,
        ticking(save, run.halt.fail, SAVE_SECONDS),
        ticking(
            lambda: progress.update(min(target.posts_done(total) for target in targets)),
            run.halt.fail,
        ),
        halted_by_signals(run.halt.event) as interrupted,
    ):
        try:
            run.send(posts)
        except Exception as error:  # noqa: BLE001  # raised below, after the table
            failure = error
    try:
        save()
        kept = True
    except SettingsError as error:
        kept, failure = False, failure or error
    halves = [target.half(resumable=kept) for target in targets]
    report = Report(halves, time.monotonic() - began, bool(interrupted))
    report.print(console)
    if options.summary:
        report.write(options.summary)
    if failure:
        raise failure
    return report
