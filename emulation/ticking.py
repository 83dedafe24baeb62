"""Does something again and again while something else goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["ticking"]

TICK_SECONDS = 0.25


@contextmanager
def ticking(
    tick: Callable[[], object], fail: Callable[[Exception], object], seconds: float = TICK_SECONDS
) -> Iterator[None]:
    """Call `tick` again and again, and once more at the end, while the block runs.

    The first error is handed to `fail`, and nothing is called any more.
    """
    over = threading.Event()

    def repeat() -> None:
        try:
            while not over.wait(seconds):
                tick()
            tick()
        except Exception as error:  # noqa: BLE001  # who made the ticks decides
            fail(error)

    thread = threading.Thread(target=repeat, name="ticker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
