"""The errors that this library raises: each says what was expected, what came, what to do next."""

from __future__ import annotations

__all__ = ["CleaningError", "PipelineError", "UnknownEventError", "UserIdError"]


class PipelineError(Exception):
    """Base of every error that this library raises."""


class UserIdError(PipelineError):
    """Raised when a user id cannot be the beginning of a topic's name and of a landing folder's."""


class UnknownEventError(PipelineError):
    """Raised when something is asked of a kind of event that does not exist."""


class CleaningError(PipelineError):
    """Raised when a streaming query that cleans an event ends with an error."""
