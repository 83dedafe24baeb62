"""What lies in the landing for a benchmark: objects of as many lines as it asks for."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from local.landing.client import s3_client
from local.stack.secrets import Secrets
from local.stack.settings import Settings

__all__ = ["land"]

_THREADS = 4


def land(settings: Settings, topic: str, objects: Iterable[list[bytes]]) -> int:
    """Return how many `objects`, each a list of lines, were put as partition 0 of `topic`."""
    s3 = s3_client(settings, Secrets.of(settings.state))

    def put(offset: int, lines: list[bytes]) -> None:
        key = f"topics/{topic}/partition=0/{topic}+0+{offset:010d}.json"
        s3.put_object(Bucket=settings.bucket, Key=key, Body=b"\n".join(lines) + b"\n")

    count = offset = 0
    with ThreadPoolExecutor(_THREADS) as threads:
        waiting = []
        for lines in objects:
            waiting.append(threads.submit(put, offset, lines))
            offset += len(lines)
            count += 1
        for put_done in waiting:
            put_done.result()
    return count
