"""The errors of the emulator; each message says what to do next."""

__all__ = ["ApiError", "EmulationError", "SettingsError", "SourceError"]


class EmulationError(Exception):
    """Base of every error that ends a run."""


class SettingsError(EmulationError):
    """Raised when the settings of a run are invalid, or a file they name cannot be used."""


class SourceError(EmulationError):
    """Raised when rows cannot be read from the source."""


class ApiError(EmulationError):
    """Raised when the API does not accept records, and a retry would not help."""
