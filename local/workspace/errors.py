"""Errors of the API, in the form that the clients of Databricks expect."""

from __future__ import annotations

from local.errors import StackError

__all__ = ["ApiError", "already_exists", "invalid", "not_found"]


class ApiError(StackError):
    """Raised when a request cannot be answered.

    Args:
        status: HTTP status.
        error_code: Databricks' name of the error; clients choose their exception by it.
        message: What was expected, what was received, and what to do.
    """

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code


def not_found(what: str) -> ApiError:
    """Return the error for something that does not exist."""
    return ApiError(404, "RESOURCE_DOES_NOT_EXIST", f"{what} does not exist.")


def already_exists(what: str) -> ApiError:
    """Return the error for something that exists already."""
    return ApiError(409, "RESOURCE_ALREADY_EXISTS", f"{what} already exists.")


def invalid(message: str) -> ApiError:
    """Return the error for a request with a wrong value."""
    return ApiError(400, "INVALID_PARAMETER_VALUE", message)
