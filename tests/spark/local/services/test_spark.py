"""The running Spark Connect server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from local.secrets import Secrets
from local.settings import Settings

pytestmark = pytest.mark.local


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


def test_a_worker_does_not_log_its_token(
    settings: Settings,
    secrets: Secrets,
    spark: SparkSession,
    poll: Callable[..., object],
    tmp_path: Path,
) -> None:
    def count(rows: DataFrame, _batch_id: int) -> None:
        rows.count()

    (tmp_path / "rows").mkdir()
    (tmp_path / "rows" / "one.txt").write_text("one\n")
    query = spark.readStream.text(str(tmp_path / "rows")).writeStream.foreachBatch(count)
    query = query.option("checkpointLocation", str(tmp_path / "checkpoint"))
    query.trigger(availableNow=True).start().awaitTermination()

    log = settings.logs / "spark.log"
    poll(lambda: "ForeachBatch worker is starting" in log.read_text(), what="the worker's line")
    assert secrets.spark_token not in log.read_text()
