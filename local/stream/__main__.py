"""`python -m local.stream`, which `make stream` calls."""

from __future__ import annotations

import datetime as dt
import signal
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Annotated

import typer
from pyspark.sql import SparkSession
from pyspark.sql.streaming.query import StreamingQuery
from rich.console import Console
from rich.live import Live

from local import command
from local.secrets import Secrets
from local.settings import Settings
from local.spark.session import connect
from local.stream.posting import posting
from local.stream.view import View
from pinterest_pipeline.events import EVENTS
from pinterest_pipeline.monitoring import follow, stopped_at_the_end
from pinterest_pipeline.pipeline import clean_stream
from pinterest_pipeline.tables import Tables

_LOOK_SECONDS = 0.5
_COUNT_SECONDS = 5.0
_COUNTED = (*(event.name for event in EVENTS), "rejected")

console = Console()


def stream(
    rate: Annotated[float, typer.Option(min=0.001, help="Posts per second.")] = 5.0,
    every: Annotated[str, typer.Option(help="How often a micro-batch begins.")] = "1 second",
) -> None:
    """Post to the streams and clean them, with a live view, until Ctrl-C."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the queries are not ours alone
    settings = Settings()
    secrets = Secrets.of(settings.state)
    spark = connect(settings, secrets)
    tables = Tables(settings.catalog, settings.stream_schema_name)
    try:
        queries = clean_stream(
            spark,
            checkpoints_path=settings.checkpoints_path,
            user_id=settings.user_id,
            tables=tables,
            trigger_interval=every,
        )
        view = View([event.name for event in EVENTS], dt.datetime.now(dt.UTC), rate)
        with stopped_at_the_end(queries), posting(settings, secrets, rate) as emulator:
            _show(view, queries, emulator, partial(_rows, spark, tables))
    except KeyboardInterrupt:
        console.print("Ended. The same command goes on where it stopped.")


def _show(
    view: View,
    queries: Sequence[StreamingQuery],
    emulator: subprocess.Popen[bytes],
    count: partial[dict[str, int]],
) -> None:
    """Show the view until a query or the emulator ends."""
    counted_at = -_COUNT_SECONDS
    with ThreadPoolExecutor(1) as pool, Live(console=console, auto_refresh=False) as live:
        following: Future[None] = pool.submit(_follow, queries, view)
        with stopped_at_the_end(queries):  # or the thread would follow for ever
            while not following.done() and emulator.poll() is None:
                if time.monotonic() - counted_at > _COUNT_SECONDS:
                    view.count(count())
                    counted_at = time.monotonic()
                live.update(view.table(dt.datetime.now(dt.UTC)), refresh=True)
                time.sleep(_LOOK_SECONDS)
        following.result()


def _follow(queries: Sequence[StreamingQuery], view: View) -> None:
    for batch in follow(queries):
        view.add(batch)


def _rows(spark: SparkSession, tables: Tables) -> dict[str, int]:
    return {name: tables.read(spark, name).count() for name in _COUNTED}


if __name__ == "__main__":
    command.run(partial(typer.run, stream))
