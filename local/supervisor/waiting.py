"""Waiting for a condition, with a deadline."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from local.errors import StackError

__all__ = ["wait_until"]


def wait_until[T](condition: Callable[[], T], *, seconds: float, what: str) -> T:
    """Return the first truthy value of `condition`, asked every 0.1 seconds.

    Raises:
        StackError: Raised when there was none within `seconds`; names `what` was awaited.
    """
    asking = Retrying(
        retry=retry_if_result(lambda value: not value),
        wait=wait_fixed(0.1),
        stop=stop_after_delay(seconds),
    )
    try:
        return asking(condition)
    except RetryError as error:
        raise StackError(f"waited {seconds:.0f} s in vain for: {what}") from error
