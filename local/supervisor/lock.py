"""The lock that says whether a state folder has a supervisor; the system frees it at any end."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TextIO

from local.errors import StackError
from local.supervisor.waiting import wait_until

__all__ = ["has_supervisor", "supervisor_lock"]

_NAME = "stack.lock"
# Longer than somebody who only asks can hold it.
_TRY_SECONDS = 1.0


@contextmanager
def supervisor_lock(folder: Path) -> Iterator[None]:
    """Be the one supervisor of the state folder.

    Raises:
        StackError: Raised when there is one already.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / _NAME).open("a") as file:
        try:
            take = partial(_take, file, fcntl.LOCK_EX)
            wait_until(take, seconds=_TRY_SECONDS, what="the lock of the supervisor")
        except StackError as error:
            raise StackError(f"{folder} has a supervisor already") from error
        yield


def has_supervisor(folder: Path) -> bool:
    """Return whether a supervisor of the state folder runs."""
    try:
        with (folder / _NAME).open() as file:
            return not _take(file, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _take(file: TextIO, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
