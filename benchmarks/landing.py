"""Writes the landing objects of a benchmark, with a chosen number of lines per object."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from local.environment import s3_client
from local.secrets import Secrets
from local.settings import Settings

__all__ = ["land"]

_THREADS = 4


def land(
    settings: Settings, topic: str, objects: Iterable[list[bytes]], threads: int = _THREADS
) -> int:
    """Put `objects`, each a list of lines, as partition 0 of `topic`. One thread keeps the order.

    Returns:
        Number of lines.
    """
    s3 = s3_client(settings, Secrets.of(settings.state))

    def put(offset: int, lines: list[bytes]) -> None:
        key = f"topics/{topic}/partition=0/{topic}+0+{offset:010d}.json"
        s3.put_object(Bucket=settings.bucket, Key=key, Body=b"\n".join(lines) + b"\n")

    offset = 0
    with ThreadPoolExecutor(threads) as pool:
        pending = []
        for lines in objects:
            pending.append(pool.submit(put, offset, lines))
            offset += len(lines)
        for done in pending:
            done.result()
    return offset
