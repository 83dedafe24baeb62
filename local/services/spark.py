"""The Spark Connect server as a service of the local stack."""

from __future__ import annotations

import os
import shutil
import sys
import time
from importlib.metadata import distribution
from pathlib import Path

from local.environment import REGION
from local.files import empty_folder, fill_placeholders, write_atomically
from local.plain_paths import plain_path
from local.secrets import Secrets
from local.settings import BUILD, HOST, ROOT, Settings
from local.supervisor.process import Service

__all__ = ["is_read_only", "properties", "remove_uncommitted_tables", "service", "storage_links"]

_JARS = BUILD / "jars" / "spark"
"""The jars of `local/spark/pom.xml`: Delta, and Hadoop's s3a."""

_CONFIGURATION = ROOT / "local" / "spark"
# Importing pyspark takes most of a second.
_SPARK_HOME = Path(str(distribution("pyspark").locate_file("pyspark")))

_LINK_PROPERTY = "spark.hadoop.fs.viewfs.mounttable.local.link."

_CREDENTIALS = "aws-credentials"

_OPENING_SECONDS = 5.0

# The packages that Spark's own launcher opens on Java 17 (class JavaModuleOptions).
_OPENED_PACKAGES = (
    "java.base/java.lang",
    "java.base/java.lang.invoke",
    "java.base/java.lang.reflect",
    "java.base/java.io",
    "java.base/java.net",
    "java.base/java.nio",
    "java.base/java.util",
    "java.base/java.util.concurrent",
    "java.base/java.util.concurrent.atomic",
    "java.base/jdk.internal.ref",
    "java.base/sun.nio.ch",
    "java.base/sun.nio.cs",
    "java.base/sun.security.action",
    "java.base/sun.util.calendar",
    "java.security.jgss/sun.security.krb5",
)


def service(settings: Settings, secrets: Secrets) -> Service:
    """Return the Spark Connect server; it is ready when its port listens."""
    home = _home(settings)
    return Service(
        name="spark",
        command=_command(settings, home),
        ports={"PINTEREST_SPARK_PORT": settings.spark_port},
        environment={
            # No SPARK_HOME: Python processes would import pyspark from its zip file, and compile
            # it at each start, which doubles the time.
            "SPARK_LOCAL_IP": HOST,
            # Spark asks a shell whether it exists.
            "PYSPARK_PYTHON": str(plain_path(Path(sys.prefix)) / "bin" / "python"),
            "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(_CONFIGURATION)]),
            # The kinesis source keeps fetched records here.
            "TMPDIR": str(home / "scratch"),
            # The cluster's credentials, like an instance profile on Databricks: notebooks read
            # streams without keys.
            "AWS_SHARED_CREDENTIALS_FILE": str(home / _CREDENTIALS),
            "AWS_CONFIG_FILE": str(home / _CREDENTIALS),
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL_KINESIS": settings.kinesis_url,
        },
        depends_on=("s3", "kinesis"),
        prepare=lambda: _prepare(settings, secrets, home),
        needs_restart=lambda: is_read_only(home / "metastore"),
        start_seconds=120,
        stop_seconds=20,
    )


def properties(settings: Settings, secrets: Secrets) -> str:
    """Return the server's Spark properties, secrets included."""
    home = _home(settings)
    links = storage_links(settings)
    values = {
        "host": HOST,
        "port": settings.spark_port,
        "token": secrets.spark_token,
        "scratch": home / "scratch",
        "warehouse": (home / "warehouse").as_uri(),
        "metastore": home / "metastore",
        "landing_url": settings.landing_url,
        "access_key": secrets.spark_aws_key.id,
        "secret_key": secrets.spark_aws_key.secret,
        "links": "\n".join(f"{_LINK_PROPERTY}{path}  {url}" for path, url in links.items()),
    }
    return fill_placeholders((_CONFIGURATION / "spark-defaults.conf").read_text(), values)


def storage_links(settings: Settings) -> dict[str, str]:
    """Return the URL of the storage behind each path that the server links."""
    return {
        settings.landing_path: f"s3a://{settings.bucket}/",
        settings.checkpoints_path: (_home(settings) / "checkpoints").as_uri(),
    }


def remove_uncommitted_tables(warehouse: Path) -> None:
    """Remove the folders of tables whose creation was killed before their first commit.

    They hold no row, and Delta refuses to create a table in a folder that is not empty.
    """
    for log in warehouse.glob("*/*/_delta_log"):
        if not any(path.suffix in {".json", ".parquet"} for path in log.iterdir()):
            shutil.rmtree(log.parent)


def is_read_only(metastore: Path) -> bool:
    """Return whether the server could not write its metastore's lock, because the disk was full.

    Derby then opens the metastore read-only, and every query fails until the server restarts. The
    lock is also empty for a moment whenever Derby opens the metastore.
    """
    created = _empty_lock_created(metastore)
    return created is not None and time.time() - created > _OPENING_SECONDS


def _empty_lock_created(metastore: Path) -> float | None:
    """Return the time of an empty lock; null if there is none."""
    try:
        status = _lock(metastore).stat()
    except FileNotFoundError:
        return None
    return status.st_mtime if status.st_size == 0 else None


def _lock(metastore: Path) -> Path:
    return metastore / "db.lck"


def _home(settings: Settings) -> Path:
    return plain_path(settings.state) / "spark"


def _command(settings: Settings, home: Path) -> list[str]:
    return [
        "java",
        f"-Xmx{settings.spark_memory}",
        # The quick compiler alone gets 48 MB: the JVM would discard code and compile it again.
        "-XX:ReservedCodeCacheSize=240m",
        # With another time zone, Delta reads the whole log of a table after each commit.
        "-Duser.timezone=UTC",
        *settings.spark_java_options.split(),
        *(f"--add-opens={package}=ALL-UNNAMED" for package in _OPENED_PACKAGES),
        "-Dio.netty.tryReflectionSetAccessible=true",
        f"-Djava.io.tmpdir={home / 'scratch'}",
        f"-Dderby.system.home={home}",
        f"-Dlog4j2.configurationFile={(plain_path(_CONFIGURATION) / 'log4j2.properties').as_uri()}",
        "-cp",
        os.pathsep.join([f"{plain_path(_SPARK_HOME)}/jars/*", f"{plain_path(_JARS)}/*"]),
        "org.apache.spark.deploy.SparkSubmit",
        f"--properties-file={home / 'spark.conf'}",
        "--class=org.apache.spark.sql.connect.service.SparkConnectServer",
        "spark-internal",
    ]


def _prepare(settings: Settings, secrets: Secrets, home: Path) -> None:
    empty_folder(home / "scratch")  # a killed server leaves hundreds of MB there
    for folder in ("warehouse", "checkpoints"):
        (home / folder).mkdir(parents=True, exist_ok=True)
    remove_uncommitted_tables(home / "warehouse")
    if _empty_lock_created(home / "metastore"):  # left by the previous server
        _lock(home / "metastore").unlink()
    write_atomically(home / "spark.conf", properties(settings, secrets))
    write_atomically(
        home / _CREDENTIALS,
        "[default]\n"
        f"aws_access_key_id = {secrets.spark_aws_key.id}\n"
        f"aws_secret_access_key = {secrets.spark_aws_key.secret}\n",
    )
