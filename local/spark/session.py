"""A client of the local cluster, for tests and tools; notebooks get theirs from the workspace."""

from __future__ import annotations

from pyspark.sql import SparkSession

from local.secrets import Secrets
from local.settings import Settings
from local.spark.unreachable import fail_soon

__all__ = ["connect", "remote"]


def remote(settings: Settings) -> str:
    """Return the server's address for `SPARK_REMOTE`, without the token.

    The name is `localhost`, not `127.0.0.1`: with any other host a client that has a token
    insists on TLS and waits for ever.
    """
    return f"sc://localhost:{settings.spark_port}"


def connect(settings: Settings, secrets: Secrets) -> SparkSession:
    """Return a new session on the server that `settings` describe; it says soon if that is gone."""
    address = remote(settings)
    session = SparkSession.builder.remote(f"{address}/;token={secrets.spark_token}").create()
    fail_soon(session.client, address)
    return session
