"""How fast posts get from a client through gateway, proxy and broker.

The floor is wrk with as many connections and the same kind of requests. The two take turns, so that
a noisy machine is noisy for both.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from statistics import median

from pydantic import BaseModel, TypeAdapter

from benchmarks.environment import environment
from benchmarks.figures import Figure
from benchmarks.load import require_wrk, wrk_records_per_second
from local.stack.secrets import Secrets
from local.stack.settings import ROOT, Settings

__all__ = ["ingest"]

_CONNECTIONS = 2
_WRK_SECONDS = 6


class _Posted(BaseModel):
    acknowledged: int


def ingest(rows: int, repeats: int) -> list[Figure]:
    """Measure records per second at batch sizes 1 and 500, and the emulator against wrk.

    Args:
        rows: Posts that the emulator sends in each repeat at batch size 500.
        repeats: How often each is measured; the median counts.

    Returns:
        The figures.
    """
    require_wrk()
    with environment("api_gateway") as (settings, _):
        source = _source(settings, rows)
        single = _at_batch_size(settings, source, 1, max(1, rows // 50), repeats)
        return single + _at_batch_size(settings, source, 500, rows, repeats, wanted=0.7)


def _at_batch_size(
    settings: Settings,
    source: str,
    batch_size: int,
    rows: int,
    repeats: int,
    wanted: float | None = None,
) -> list[Figure]:
    pairs = [
        (
            wrk_records_per_second(
                settings, batch_size=batch_size, connections=_CONNECTIONS, seconds=_WRK_SECONDS
            ),
            _emulator_records_per_second(settings, source, batch_size, rows),
        )
        for _ in range(repeats)
    ]
    name = f"batch size {batch_size}"
    return [
        Figure(f"{name}: wrk", median(floor for floor, _ in pairs), "records/s"),
        Figure(f"{name}: emulator", median(own for _, own in pairs), "records/s"),
        Figure(f"{name}: emulator ÷ wrk", median(own / floor for floor, own in pairs), "", wanted),
    ]


def _source(settings: Settings, rows: int) -> str:
    url = f"sqlite:///{settings.state / 'source.db'}"
    command = [sys.executable, "-m", "emulation.synthetic", "--to", url, "--rows", str(rows)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return url


def _emulator_records_per_second(
    settings: Settings, source: str, batch_size: int, rows: int
) -> float:
    summary = settings.state / "posted.json"
    begun = time.monotonic()
    subprocess.run(
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
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = time.monotonic() - begun
    posted = TypeAdapter(dict[str, _Posted]).validate_json(summary.read_text())
    return sum(event.acknowledged for event in posted.values()) / seconds
