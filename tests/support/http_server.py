"""Serves an aiohttp application from a thread of the test process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import web

_START_SECONDS = 10


@contextmanager
def serving_app(app: web.Application) -> Iterator[str]:
    """Listen on a free loopback port; yield the URL."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    try:
        start = asyncio.run_coroutine_threadsafe(_start(runner), loop)
        port = start.result(_START_SECONDS)
        yield f"http://127.0.0.1:{port}"
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(_START_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _start(runner: web.AppRunner) -> int:
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port: int = runner.addresses[0][1]
    return port
