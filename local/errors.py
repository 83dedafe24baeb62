"""Errors of the local stack; each says what was expected, what came, and what to do."""

__all__ = ["PortTakenError", "ServiceFailedError", "StackError"]


class StackError(Exception):
    """Base of all errors of the local stack."""


class PortTakenError(StackError):
    """Raised when a service's port already has a listener."""


class ServiceFailedError(StackError):
    """Raised when a service ended while it started, or was not ready by its deadline."""
