"""Errors of the local stack. Each message says what was expected, what happened and what to do."""

__all__ = ["StackError"]


class StackError(Exception):
    """Base class of all errors of the local stack."""
