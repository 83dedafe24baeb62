"""Waiting for a condition, with a deadline."""

from __future__ import annotations

from collections.abc import Callable

from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed

from local.errors import StackError

__all__ = ["wait_until"]


def wait_until[T](
    condition: Callable[[], T], *, seconds: float, description: str, poll_seconds: float = 0.1
) -> T:
    """Return the first truthy value of `condition`, called every `poll_seconds`.

    Raises:
        StackError: Raised when no value was truthy within `seconds`; contains `description`.
    """
    polling = Retrying(
        retry=retry_if_result(lambda value: not value),
        wait=wait_fixed(poll_seconds),
        stop=stop_after_delay(seconds),
    )
    try:
        return polling(condition)
    except RetryError as error:
        raise StackError(f"timed out after {seconds:.0f} s waiting for {description}") from error
