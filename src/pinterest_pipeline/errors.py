"""The errors of this library. Messages name the expected value, the actual value, the next step."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable
from tempfile import NamedTemporaryFile

__all__ = [
    "CleaningError",
    "ParameterError",
    "PipelineError",
    "SmokeTestError",
    "UnknownEventError",
    "UserIdError",
    "cause_of",
    "run_command",
    "unexpected",
    "without_stack_trace",
]

_RAISED = re.compile(r"^[ \t]*((?:\w+\.)*\w+(?:Error|Exception): \S.*)$", re.MULTILINE)
_OF_THE_SERVER = "\n\nJVM stacktrace:"


class PipelineError(Exception):
    """Base of every error that this library raises."""


class UserIdError(PipelineError, ValueError):
    """Raised when a user id cannot be part of the names of topics, streams and landing folders."""


class ParameterError(PipelineError, ValueError):
    """Raised when a parameter of a notebook is empty or invalid."""


class SmokeTestError(PipelineError):
    """Raised when a workspace reads lines in another way than the tests."""


class UnknownEventError(PipelineError):
    """Raised for an unknown event."""


class CleaningError(PipelineError):
    """Raised when a query that cleans an event cannot start, or ends with an error."""


def cause_of(error: BaseException) -> str:
    """Return the line that says why a query ended.

    Spark wraps it in the stack trace of each process on the way; the innermost comes last.
    """
    text = without_stack_trace(str(error))
    raised: list[str] = _RAISED.findall(text)
    return raised[-1] if raised else text.partition("\n")[0]


def without_stack_trace(text: str) -> str:
    """Return the text of an error of Spark Connect without the stack trace of the JVM."""
    return text.partition(_OF_THE_SERVER)[0]


def run_command(command: Callable[[], object]) -> None:
    """Run the command of a program; show an error that it does not handle as one message.

    Raises:
        SystemExit: Raised with the message, so that the exit code is 1.
    """
    try:
        command()
    except Exception as error:
        raise SystemExit(f"error: {unexpected(error)}") from error


def unexpected(error: Exception) -> str:
    """Write the traceback of an error to a file of its own.

    Returns:
        What happened, and the path of the file.
    """
    cause = str(error).strip().partition("\n")[0]
    with NamedTemporaryFile("w", prefix="pinterest-error-", suffix=".log", delete=False) as file:
        file.writelines(traceback.format_exception(error))
    return (
        f"unexpected {type(error).__name__}: {cause}\n"
        f"The traceback is in {file.name}. Report it with the command that you ran."
    )
