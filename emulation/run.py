"""One run of the emulator: reads posts, sends them to each destination, and reports."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from rich.console import Console

from emulation.api import ApiClientConfig
from emulation.destinations import Destination, DestinationName, destinations_of
from emulation.errors import SettingsError, SourceError
from emulation.pacing import FixedRate, Pace, RandomDelay
from emulation.posts import Post, find_range, posts_in_order, random_posts
from emulation.report import RunSummary, shown_progress
from emulation.resume import ResumePoint
from emulation.source import Source, open_source
from emulation.workers import (
    DestinationRun,
    StopSignal,
    Worker,
    run_periodically,
    stop_on_signals,
)

__all__ = ["GRACE_SECONDS", "Options", "emulate", "send_posts"]

GRACE_SECONDS = 5.0
"""How long open requests may take to end after a stop."""
PROGRESS_SECONDS = 0.25
SAVE_SECONDS = 1.0
JOIN_SECONDS = 0.25
_BEFORE_ALL_POSTS = -(2**64)


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options of the command; `cli` explains them.

    Attributes:
        rows: Number of posts; None means all, or no end with `at_random`.
        rate: Posts per second; infinity means as fast as possible.
        seed: Makes the choice of random posts repeatable; None means it is not.
        summary_json: File for the summary; None means no file.
    """

    to: DestinationName
    source: str
    api: ApiClientConfig
    user_id: str
    state: Path
    rows: int | None = None
    rate: float = math.inf
    at_random: bool = False
    seed: int | None = None
    resume: bool = False
    summary_json: Path | None = None


def emulate(options: Options, console: Console) -> RunSummary:
    """Send the posts that `options` ask for; print the progress and the closing table.

    Returns:
        Delivery results of the records.

    Raises:
        EmulationError: Raised when the run could not begin, or ended early because of an error.
    """
    stop = StopSignal()
    with open_source(options.source, options.api.give_up_after_seconds, stop) as source:
        emulate_posts = _emulate_at_random if options.at_random else _emulate_in_order
        return emulate_posts(options, source, console, stop)


def _emulate_in_order(
    options: Options, source: Source, console: Console, stop: StopSignal
) -> RunSummary:
    destinations = destinations_of(options.to, options.user_id)
    points = [_resume_point(options, destination) for destination in destinations]
    starts = [point.load() if options.resume else None for point in points]
    ranges = {start: find_range(source, options.rows, start) for start in set(starts)}
    runs = [
        DestinationRun(options.api, destination, ranges[start].resume_after, ranges[start], point)
        for destination, start, point in zip(destinations, starts, points, strict=True)
    ]
    longest = min(ranges.values(), key=lambda post_range: post_range.resume_after)
    posts = posts_in_order(source, longest)
    return _run(options, runs, posts, longest.posts, console, stop)


def _emulate_at_random(
    options: Options, source: Source, console: Console, stop: StopSignal
) -> RunSummary:
    runs = [
        DestinationRun(options.api, destination, _BEFORE_ALL_POSTS)
        for destination in destinations_of(options.to, options.user_id)
    ]
    rng = random.Random(options.seed)  # noqa: S311  # no secret
    posts = islice(random_posts(source, rng), options.rows)
    return _run(options, runs, posts, options.rows, console, stop)


def _resume_point(options: Options, destination: Destination) -> ResumePoint:
    target = f"{destination.name}:{options.user_id}"
    return ResumePoint(options.state, options.source, options.api.url, target)


def _pace(options: Options) -> Pace:
    if options.at_random and options.rate == math.inf:
        return RandomDelay(random.Random(options.seed))  # noqa: S311  # no secret
    return FixedRate(options.rate)


def _run(
    options: Options,
    runs: Sequence[DestinationRun],
    posts: Iterator[Post],
    total: int | None,
    console: Console,
    stop: StopSignal,
) -> RunSummary:
    """Send `posts`, `total` of them (None: no end), and print the summary.

    Returns:
        Delivery results of the records.

    Raises:
        Exception: The error that ended the run, raised after the summary is printed.
    """
    started = time.monotonic()
    failure: Exception | None = None
    try:
        with _background_tasks(runs, total, console, stop), stop_on_signals(stop):
            send_posts(posts, runs, _pace(options), stop)
    except Exception as error:  # noqa: BLE001  # raised below, after the summary
        failure = error
    saved = True
    try:
        _save_resume_points(runs)
    except SettingsError as error:
        saved, failure = False, failure or error
    results = [run.result(resumable=saved) for run in runs]
    summary = RunSummary(results, time.monotonic() - started, stop.interrupted)
    summary.print(console)
    if options.summary_json:
        summary.write(options.summary_json)
    if failure:
        raise failure
    return summary


@contextmanager
def _background_tasks(
    runs: Sequence[DestinationRun], total: int | None, console: Console, stop: StopSignal
) -> Iterator[None]:
    """Show the progress and save the resume points while the block runs."""
    with (
        shown_progress(console, total) as show,
        run_periodically(lambda: _save_resume_points(runs), stop, SAVE_SECONDS),
        run_periodically(
            lambda: show(min(run.posts_done(total) for run in runs)), stop, PROGRESS_SECONDS
        ),
    ):
        yield


def _save_resume_points(runs: Sequence[DestinationRun]) -> None:
    for run in runs:
        run.save_resume_point()


def send_posts(
    posts: Iterator[Post], runs: Sequence[DestinationRun], pace: Pace, stop: StopSignal
) -> None:
    """Send `posts` in order to every destination; the slowest one sets the speed.

    Returns when all posts are settled, or when `stop` is set.

    Raises:
        BaseException: Raised when a worker or the source failed; usually an EmulationError.
    """
    workers = [worker for run in runs for worker in run.start(stop)]
    try:
        _distribute(posts, runs, pace, stop)
    except BaseException as error:
        stopped = stop.is_set()
        stop.set()
        if not (stopped and isinstance(error, SourceError)):  # a stop ends the wait for the source
            raise
    finally:
        _join(workers, stop)
    if stop.error:
        raise stop.error


def _distribute(
    posts: Iterator[Post], runs: Sequence[DestinationRun], pace: Pace, stop: StopSignal
) -> None:
    for post in posts:
        pace.wait(stop)
        if stop.is_set():
            return
        for run in runs:
            run.add(post)
    for run in runs:
        run.finish()


def _join(workers: Sequence[Worker], stop: StopSignal) -> None:
    """Wait for the workers; after a stop, no longer than the grace time."""
    deadline: float | None = None
    for worker in workers:
        while not worker.join(JOIN_SECONDS):
            if stop.is_set():
                deadline = deadline or time.monotonic() + GRACE_SECONDS
                if time.monotonic() > deadline:
                    break
