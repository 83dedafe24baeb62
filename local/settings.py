"""The settings of one local environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from local.supervisor.ports import HOST
from pinterest_pipeline.names import validate_user_id

__all__ = ["BUILD", "HOST", "ROOT", "Port", "Settings", "variable"]

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / ".local" / "build"
"""The output of Maven, shared by all stacks: `jars/kafka`, `jars/spark`, `plugins/`."""

Port = Annotated[int, Field(ge=1, le=65535)]

_PREFIX = "PINTEREST_"
_REFUSED = re.compile(r"[:\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def variable(name: str) -> str:
    """Return the environment variable of the setting `name`."""
    field = Settings.model_fields.get(name)
    alias = field.validation_alias if field else name  # errors name an aliased setting by its alias
    return str(alias or f"{_PREFIX}{name.upper()}")


def _absolute(path: Path) -> Path:
    absolute = path.expanduser().resolve()
    if found := _REFUSED.search(str(absolute)):
        raise ValueError(
            f"the path has {found[0]!r}. Spark's metastore cannot be below a folder with a colon, "
            "and no service below one with control characters or bytes that are not UTF-8. "
            "Name another folder"
        )
    return absolute


class Settings(BaseSettings):
    """One local environment. Set each value with the environment variable `PINTEREST_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore")

    state: Annotated[Path, AfterValidator(_absolute)] = ROOT / ".local" / "stack"
    """The folder for everything that this environment writes."""

    user_id: Annotated[str, AfterValidator(validate_user_id)] = "demo"
    """Part of the names of topics and streams; `pinterest_pipeline.names` has the rule."""
    partitions: Annotated[int, Field(ge=1)] = 3
    """Partitions per topic."""
    shards: Annotated[int, Field(ge=1)] = 2
    """Shards per stream."""

    catalog: str = "spark_catalog"
    schema_name: Annotated[str, Field(validation_alias="PINTEREST_SCHEMA")] = "pinterest"
    stream_schema_name: Annotated[str, Field(validation_alias="PINTEREST_STREAM_SCHEMA")] = (
        "pinterest_stream"
    )
    """Schema of the streaming tables; `schema_name` is the schema of the batch tables."""
    bucket: Annotated[str, Field(min_length=3)] = "pinterest-landing"

    landing_port: Port = 14566
    kinesis_port: Port = 14567
    broker_port: Port = 19092
    controller_port: Port = 19093
    connect_port: Port = 18083
    kafka_rest_port: Port = 18082
    api_gateway_port: Port = 18080
    spark_port: Port = 15002
    jupyter_port: Port = 18888
    workspace_port: Port = 18443

    api_authorization: Literal["NONE", "AWS_IAM"] = "NONE"
    """AWS_IAM: clients of the API sign their requests with the environment's AWS key."""
    api_rate: Annotated[float, Field(gt=0)] = 10_000.0
    """Requests per second that the API key's usage plan allows on average."""
    api_burst: Annotated[int, Field(ge=1)] = 5_000
    """Requests that the usage plan allows at once."""
    flush_size: Annotated[int, Field(ge=1)] = 5_000
    """Records per landing object."""
    rotate_seconds: Annotated[float, Field(gt=0)] = 5.0
    """Seconds after which an open landing object is written even if it is not full."""
    spark_memory: Annotated[str, Field(pattern=r"^\d+[mg]$")] = "2g"
    """Heap of the Spark server."""
    spark_java_options: str = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    """More options of the Spark server's JVM. The default starts fast and uses little memory. For
    work of many minutes, an empty value enables better compilation and parallel collection."""

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that result in these settings."""
        return {variable(name): str(getattr(self, name)) for name in type(self).model_fields}

    @property
    def logs(self) -> Path:
        """Folder of one log file per service."""
        return self.state / "logs"

    @property
    def api_url(self) -> str:
        """Base URL of the API, its stage included."""
        return f"http://{HOST}:{self.api_gateway_port}/prod"

    @property
    def kafka_rest_url(self) -> str:
        """Base URL of the Kafka REST proxy."""
        return f"http://{HOST}:{self.kafka_rest_port}"

    @property
    def connect_url(self) -> str:
        """Base URL of Kafka Connect's REST interface."""
        return f"http://{HOST}:{self.connect_port}"

    @property
    def landing_url(self) -> str:
        """Endpoint of the local S3."""
        return f"http://{HOST}:{self.landing_port}"

    @property
    def kinesis_url(self) -> str:
        """Endpoint of the local Kinesis."""
        return f"http://{HOST}:{self.kinesis_port}"

    @property
    def bootstrap_servers(self) -> str:
        """Address of the Kafka broker."""
        return f"{HOST}:{self.broker_port}"

    @property
    def workspace_url(self) -> str:
        """Address of the local Databricks workspace: its pages and its REST API."""
        return f"http://{HOST}:{self.workspace_port}"

    @property
    def landing_path(self) -> str:
        """The landing bucket as Spark sees it: a volume, like on Databricks."""
        return f"/Volumes/{self.catalog}/{self.schema_name}/landing"

    @property
    def checkpoints_path(self) -> str:
        """The folder of all checkpoints, as Spark sees it."""
        return f"/Volumes/{self.catalog}/{self.schema_name}/checkpoints"
