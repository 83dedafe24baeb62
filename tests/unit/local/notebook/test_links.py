"""`dbutils` follows the links of the Spark server."""

from __future__ import annotations

from pathlib import Path

from local.notebook.links import notebook_links
from local.settings import Settings


def test_links_are_those_of_the_spark_server(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, bucket="pins", catalog="c")
    assert notebook_links(settings) == {
        "/Volumes/c/pinterest/landing": "s3a://pins/",
        "/Volumes/c/pinterest/checkpoints": (tmp_path / "spark" / "checkpoints").as_uri(),
        "/": (tmp_path / "workspace" / "dbfs").as_uri(),
    }
