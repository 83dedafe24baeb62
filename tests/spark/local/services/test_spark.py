"""How the Spark Connect server is started."""

from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from local.secrets import Secrets
from local.services.spark import properties, service
from local.settings import Settings
from local.spark.session import remote


def test_no_secret_is_in_the_command_or_the_environment(settings: Settings) -> None:
    secrets = Secrets()
    spark = service(settings, secrets)
    told = " ".join([*spark.command, *spark.environment.values()])
    assert secrets.spark_token not in told
    assert secrets.aws_secret_access_key not in told


@pytest.mark.parametrize("name", ["spark.conf", "aws-credentials"])
def test_a_file_that_holds_secrets_is_the_owner_s_alone(tmp_path: Path, name: str) -> None:
    service(Settings(state=tmp_path), Secrets()).prepare()
    mode = (tmp_path / "spark" / name).stat().st_mode
    assert stat.S_IMODE(mode) == 0o600


def test_every_placeholder_is_filled_and_every_address_is_loopback(tmp_path: Path) -> None:
    filled = properties(Settings(state=tmp_path), Secrets(), tmp_path)
    assert "${" not in filled
    lines = [line.split() for line in filled.splitlines() if "address" in line.lower()]
    assert dict(lines) == {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.connect.grpc.binding.address": "127.0.0.1",
    }


def test_a_server_is_not_told_to_be_a_client(settings: Settings) -> None:
    assert "SPARK_REMOTE" in service(settings, Secrets()).without


def test_the_server_writes_only_below_the_state_folder(
    settings: Settings, spark: SparkSession
) -> None:
    spark.sql("SHOW SCHEMAS").collect()  # opens the metastore
    warehouse = spark.conf.get("spark.sql.warehouse.dir")
    assert warehouse == f"file:{settings.state}/spark/warehouse"
    assert (settings.state / "spark" / "metastore").is_dir()
    assert not Path("metastore_db").exists()
    assert not Path("derby.log").exists()


def test_sessions_are_in_utc(spark: SparkSession) -> None:
    assert spark.conf.get("spark.sql.session.timeZone") == "UTC"


def test_an_address_names_localhost_and_holds_no_token(settings: Settings) -> None:
    assert remote(settings) == f"sc://localhost:{settings.spark_port}"


def test_a_worker_does_not_tell_the_log_its_token(
    settings: Settings,
    secrets: Secrets,
    spark: SparkSession,
    poll: Callable[..., object],
    tmp_path: Path,
) -> None:
    def look(rows: DataFrame, _batch_id: int) -> None:
        rows.count()

    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "one.txt").write_text("one\n")
    query = spark.readStream.text(str(tmp_path / "rows")).writeStream.foreachBatch(look)
    query = query.option("checkpointLocation", str(tmp_path / "checkpoint"))
    query.trigger(availableNow=True).start().awaitTermination()

    log = settings.logs / "spark.log"
    poll(lambda: "ForeachBatch worker is starting" in log.read_text(), what="the worker's line")
    assert secrets.spark_token not in log.read_text()
