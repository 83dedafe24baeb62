"""What can go wrong while posts are emulated; each error says what to do next."""

__all__ = ["ApiError", "EmulationError", "SettingsError", "SourceError"]


class EmulationError(Exception):
    """Base of every error that ends a run."""


class SettingsError(EmulationError):
    """Raised when a run cannot begin with the settings it was given."""


class SourceError(EmulationError):
    """Raised when rows cannot be read from the source."""


class ApiError(EmulationError):
    """Raised when the API does not take records, and sending them again would not help."""
