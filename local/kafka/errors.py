"""Errors of the local Connect and its connector."""

from local.errors import StackError

__all__ = [
    "ConnectBusyError",
    "ConnectorFailedError",
    "ConnectorRefusedError",
    "LandingStalledError",
]


class ConnectBusyError(StackError):
    """Raised when Connect rebalances for too long to take a request."""


class ConnectorRefusedError(StackError):
    """Raised when Connect did not accept a connector's configuration; says what it said."""


class ConnectorFailedError(StackError):
    """Raised when a connector or one of its tasks has failed; holds the reasons."""


class LandingStalledError(StackError):
    """Raised when records wait and none lands, though the connector runs."""
