"""Errors of the demo."""

__all__ = ["DemoError"]


class DemoError(Exception):
    """Raised when a step of the demo failed; says which, and where to look."""
