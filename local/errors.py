"""Errors of the local stack. Each message says what was expected, what happened and what to do."""

__all__ = ["PortTakenError", "ServiceFailedError", "StackError"]


class StackError(Exception):
    """Base class of all errors of the local stack."""


class PortTakenError(StackError):
    """Raised when another process listens on a service's port."""


class ServiceFailedError(StackError):
    """Raised when a service exits during its start, or is not ready by its deadline."""
