"""The errors of this library. Messages name the expected value, the actual value, the next step."""

from __future__ import annotations

import re

__all__ = [
    "CleaningError",
    "ParameterError",
    "PipelineError",
    "SmokeTestError",
    "UnknownEventError",
    "UserIdError",
    "cause_of",
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
    """Raised when a streaming query that cleans an event ends with an error."""


def cause_of(error: BaseException) -> str:
    """Return the line that says why a query ended.

    Spark wraps it in the stack trace of each process on the way; the innermost comes last.
    """
    text = str(error).partition(_OF_THE_SERVER)[0]
    raised: list[str] = _RAISED.findall(text)
    return raised[-1] if raised else text.partition("\n")[0]
