"""Errors that keep the gateway from starting; each names the place in the document."""

__all__ = ["ApiGatewayError", "DocumentError", "NoKinesisError", "UnsupportedError"]


class ApiGatewayError(Exception):
    """Base of all errors of the local API gateway."""


class DocumentError(ApiGatewayError):
    """Raised when the document cannot be read, or is no OpenAPI 3.0 document."""


class UnsupportedError(ApiGatewayError):
    """Raised when the document asks for something that this gateway does not do."""


class NoKinesisError(ApiGatewayError):
    """Raised when the document calls Kinesis, and the settings do not say where it is."""
