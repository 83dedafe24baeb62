"""`python -m local.stream`, which `make stream` calls."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from rich.console import Console
from rich.live import Live

from local import command
from local.environment import Environment
from local.errors import StackError
from local.settings import ROOT
from local.stream.view import LiveView
from local.supervisor.process import launcher
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.monitoring import follow, stopped_at_the_end
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.tables import Tables

_REFRESH_SECONDS = 0.5
_COUNT_SECONDS = 5.0
_STOP_SECONDS = 30
_COUNTED = (*(event.name for event in EVENTS), "rejected")

console = Console()


def stream(
    rate: Annotated[float, typer.Option(min=0.001, help="Posts per second.")] = 5.0,
    every: Annotated[str, typer.Option(help="Interval between micro-batches.")] = "1 second",
) -> None:
    """Post random rows to the streams and clean them, with a live view, until Ctrl-C."""
    # The Spark server keeps queries running after their client ends, so SIGTERM must stop them.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    environment = Environment()
    settings, spark = environment.settings, environment.spark
    tables = Tables(settings.catalog, settings.stream_schema_name)
    log = settings.logs / "stream_emulator.log"
    try:
        queries = clean_stream(
            spark,
            checkpoints_path=settings.checkpoints_path,
            user_id=settings.user_id,
            tables=tables,
            trigger_interval=every,
        )
        view = LiveView([event.name for event in EVENTS], dt.datetime.now(dt.UTC), rate)
        with (
            stopped_at_the_end(queries),
            _running_emulator(environment.emulator_variables, log, rate) as emulator,
        ):
            _show(view, queries, emulator, partial(_rows, spark, tables))
    except KeyboardInterrupt:
        console.print("Stopped. Run the same command again to resume.")


@contextmanager
def _running_emulator(
    variables: Mapping[str, str], log: Path, rate: float
) -> Iterator[subprocess.Popen[bytes]]:
    """Run the emulator, which sends `rate` random posts per second to Kinesis.

    Yields:
        The emulator's process. It writes to `log`.

    Raises:
        StackError: Raised when the emulator ends before it is stopped.
    """
    options = ["--to", "kinesis", "--random", "--forever", "--rate", str(rate)]
    with log.open("wb") as output:
        emulator = subprocess.Popen(
            [*launcher(signal.SIGTERM), sys.executable, "user_posting_emulation.py", *options],
            cwd=ROOT,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C reaches this process only, which stops the emulator
        )
    try:
        yield emulator
    finally:
        exit_code = emulator.poll()
        if exit_code is None:
            emulator.send_signal(signal.SIGINT)
            emulator.wait(_STOP_SECONDS)
    if exit_code is not None:
        raise StackError(f"the emulator ended with {exit_code}; {log} gives the reason")


def _show(
    view: LiveView,
    queries: Sequence[StreamingQuery],
    emulator: subprocess.Popen[bytes],
    count: Callable[[], dict[str, int]],
) -> None:
    """Show the view until a query or the emulator ends."""
    counted_at = -_COUNT_SECONDS
    with ThreadPoolExecutor(1) as pool, Live(console=console, auto_refresh=False) as live:
        following: Future[None] = pool.submit(_follow, queries, view)
        with stopped_at_the_end(queries):  # else the thread would never end
            while not following.done() and emulator.poll() is None:
                if time.monotonic() - counted_at > _COUNT_SECONDS:
                    view.count(count())
                    counted_at = time.monotonic()
                live.update(view.table(dt.datetime.now(dt.UTC)), refresh=True)
                time.sleep(_REFRESH_SECONDS)
        following.result()


def _follow(queries: Sequence[StreamingQuery], view: LiveView) -> None:
    for batch in follow(queries):
        view.add(batch)


def _rows(spark: SparkSession, tables: Tables) -> dict[str, int]:
    return {name: tables.read(spark, name).count() for name in _COUNTED}


if __name__ == "__main__":
    command.run(partial(typer.run, stream))
