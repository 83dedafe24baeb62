"""How fast posts get from a client through gateway, proxy and broker, and what the client takes.

The floor is wrk with as many connections and the same kind of requests. The two take turns, so that
a noisy machine is noisy for both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median
from typing import NamedTuple

import psutil
from pydantic import BaseModel, TypeAdapter

from benchmarks.environment import environment
from benchmarks.figures import Figure, tell
from benchmarks.load import wrk_records_per_second
from benchmarks.memory import run_measuring
from local.stack.secrets import Secrets
from local.stack.settings import ROOT, Settings

__all__ = ["ingest"]

_CONNECTIONS = 2
_WRK_SECONDS = 10


class _Posted(BaseModel):
    acknowledged: int


class _Run(NamedTuple):
    records_per_second: float
    peak_megabytes: float


def ingest(rows: int, repeats: int, most: int) -> list[Figure]:
    """Measure records per second at batch sizes 1 and 500, and the emulator against wrk.

    Args:
        rows: Posts that the emulator sends in each repeat at batch size 500, so many that its
            start does not count; a fiftieth of them at batch size 1.
        repeats: How often each is measured; the median counts.
        most: Posts that the emulator sends while its memory is measured.

    Returns:
        The figures.
    """
    with environment("api_gateway") as (settings, _):
        source = _source(settings, max(rows, most))
        single = _at_batch_size(settings, source, 1, max(1, rows // 50), repeats)
        batched = _at_batch_size(settings, source, 500, rows, repeats, wanted=0.7)
        tell(f"memory of the emulator, {most:,} posts")
        memory = _emulator(settings, source, 500, most).peak_megabytes
    name = f"emulator: peak memory for {most:,} posts"
    return [*single, *batched, Figure(name, memory, "MB", at_most=250)]


def _at_batch_size(
    settings: Settings,
    source: str,
    batch_size: int,
    rows: int,
    repeats: int,
    wanted: float | None = None,
) -> list[Figure]:
    pairs = []
    for repeat in range(1, repeats + 1):
        tell(f"batch size {batch_size}, wrk and emulator, {repeat} of {repeats}")
        floor = wrk_records_per_second(
            settings, batch_size=batch_size, connections=_CONNECTIONS, seconds=_WRK_SECONDS
        )
        pairs.append((floor, _emulator(settings, source, batch_size, rows).records_per_second))
    name = f"batch size {batch_size}"
    return [
        Figure(f"{name}: wrk", median(floor for floor, _ in pairs), "records/s"),
        Figure(f"{name}: emulator", median(own for _, own in pairs), "records/s"),
        Figure(f"{name}: emulator ÷ wrk", median(own / floor for floor, own in pairs), "", wanted),
    ]


def _source(settings: Settings, rows: int) -> str:
    tell(f"a source of {rows:,} posts")
    url = f"sqlite:///{settings.state / 'source.db'}"
    command = [sys.executable, "-m", "emulation.synthetic", "--to", url, "--rows", str(rows)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return url


def _emulator(settings: Settings, source: str, batch_size: int, rows: int) -> _Run:
    """Return what the emulator's command did; its start and end are within the time.

    Raises:
        SystemExit: Raised when a record was not acknowledged.
    """
    summary = settings.state / "posted.json"
    begun = time.monotonic()
    emulator = psutil.Popen(
        [
            *(sys.executable, "user_posting_emulation.py", "--source", source),
            *("--rows", str(rows), "--batch-size", str(batch_size)),
            *("--connections", str(_CONNECTIONS), "--summary-json", str(summary)),
        ],
        cwd=ROOT,
        env={
            **os.environ,
            "PINTEREST_API": settings.api_url,
            "PINTEREST_API_KEY": Secrets.of(settings.state).api_key,
            "PINTEREST_USER_ID": settings.user_id,
            "PINTEREST_EMULATOR_STATE": str(settings.state / "emulator"),
        },
        stdout=subprocess.DEVNULL,
    )
    peak = run_measuring(emulator)
    seconds = time.monotonic() - begun
    if emulator.returncode:
        raise SystemExit(f"the emulator ended with {emulator.returncode}; see what it said above")
    posted = TypeAdapter(dict[str, _Posted]).validate_json(summary.read_text())
    return _Run(sum(event.acknowledged for event in posted.values()) / seconds, peak)
