"""The services write below the state folder only, and find their files again, whatever its name."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import requests

from local import plain_paths
from local.environment import Environment
from local.notebook.runner import run_notebook
from local.plain_paths import Links
from local.settings import ROOT, Settings
from local.temporary import free_ports
from tests.support.notebooks import exit_value, write_notebook
from tests.support.services import Poll, Running

ODD_NAME = "Smith, Jo; 50% #1 $x (é) 'q' \"d\""
TABLE = "pins.landed"


@dataclass(frozen=True)
class Folders:
    """An odd state folder alone in its parent, the folder of its link, and a long TMPDIR."""

    parent: Path
    links: Links
    scratch: Path

    @property
    def state(self) -> Path:
        return self.parent / ODD_NAME / "state"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folders]:
    folders = Folders(tmp_path / "states", Links(tmp_path / "links"), tmp_path / ("long-" * 25))
    folders.scratch.mkdir()
    monkeypatch.setattr(plain_paths, "_links", folders.links)
    monkeypatch.setenv("TMPDIR", str(folders.scratch))
    monkeypatch.setattr(tempfile, "tempdir", None)  # read TMPDIR again
    yield folders
    folders.links.close()


def test_a_stack_finds_its_files_again_in_a_folder_with_any_name(
    folders: Folders, poll: Poll
) -> None:
    settings = Settings(state=folders.state, rotate_seconds=1.0, **free_ports())  # type: ignore[arg-type]  # all integers
    environment = Environment(settings)
    checkout = files_of_the_checkout()

    for start in (1, 2):
        running = Running(settings)
        try:
            running("connect", "spark")
            land(environment, start)
            poll(partial(has_landed, environment, start), seconds=60)
            notebook = write_notebook(folders.parent / "pins.ipynb", *CELLS)
            run = run_notebook(notebook, {}, environment, folders.state / "runs")
        finally:
            running.stop()
        folders.links.close()  # as the end of the supervisor does
        folders.links.remove()
        assert exit_value(run) == f"{start} rows, written {start} times"

    assert {path.name for path in folders.parent.iterdir()} == {ODD_NAME, "pins.ipynb"}
    assert list((folders.parent / ODD_NAME).iterdir()) == [folders.state]
    assert list((folders.state / "spark" / "warehouse").rglob("*.parquet"))
    assert list(folders.scratch.iterdir()) == []
    assert files_of_the_checkout() == checkout


CELLS = (
    'STREAM = dict(streamName="pins", region="us-east-1", initialPosition="earliest")',
    f"""spark.sql("CREATE SCHEMA IF NOT EXISTS {TABLE.partition(".")[0]}")
spark.sql("CREATE TABLE IF NOT EXISTS {TABLE} (value STRING) USING delta")
volumes = "/Volumes/spark_catalog/pinterest"
lines = spark.readStream.option("recursiveFileLookup", True).text(f"{{volumes}}/landing/topics")
query = lines.writeStream.option("checkpointLocation", f"{{volumes}}/checkpoints/paths")
query.format("delta").trigger(availableNow=True).toTable("{TABLE}").awaitTermination()""",
    f"""rows = spark.table("{TABLE}").count()
file = "/tmp/times"
times = "1" if rows == 1 else dbutils.fs.head(file) + "1"
dbutils.fs.put(file, times, True)
assert spark.read.text("dbfs:" + file).first().value == times
assert "sequenceNumber" in spark.readStream.format("kinesis").options(**STREAM).load().columns
dbutils.notebook.exit(f"{{rows}} rows, written {{len(times)}} times")""",
)
"""A stream from the landing bucket to a table, a file in DBFS, and a source in Python."""


def files_of_the_checkout() -> set[Path]:
    """Return them without the wheel that other tests build meanwhile."""
    return set(ROOT.iterdir()) - {ROOT / "dist"}


def land(environment: Environment, index: int) -> None:
    requests.post(
        f"{environment.settings.kafka_rest_url}/topics/demo.pin",
        json={"records": [{"value": {"index": index}}]},
        headers={
            "Content-Type": "application/vnd.kafka.json.v2+json",
            "X-Proxy-Secret": environment.secrets.proxy_secret,
        },
        timeout=30,
    ).raise_for_status()


def has_landed(environment: Environment, objects: int) -> bool:
    listing = environment.s3.list_objects_v2(Bucket=environment.settings.bucket, Prefix="topics/")
    return listing["KeyCount"] == objects
