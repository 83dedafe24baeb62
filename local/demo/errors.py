"""Errors of the demo."""

from local.errors import StackError

__all__ = ["DemoError"]


class DemoError(StackError):
    """Raised when a step of the demo failed; says which, and where to look."""
