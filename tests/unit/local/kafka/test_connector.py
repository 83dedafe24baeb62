"""Tests of the connector's configuration for the local environment."""

from __future__ import annotations

import re
from pathlib import Path

from local.kafka.connector import connector_configuration
from local.settings import ROOT, Settings


def test_the_environment_is_in_the_configuration(tmp_path: Path) -> None:
    settings = Settings(
        state=tmp_path, user_id="0a1b", flush_size=77, rotate_seconds=1.5, bucket="my-landing"
    )
    configuration = connector_configuration(settings)
    expected = {
        "topics": "0a1b.pin,0a1b.geo,0a1b.user",
        "flush.size": "77",
        "rotate.schedule.interval.ms": "1500",
        "s3.bucket.name": "my-landing",
        "store.url": settings.landing_url,
        "errors.deadletterqueue.topic.name": "0a1b.dead_letters",
    }
    assert {name: configuration[name] for name in expected} == expected


def test_a_value_may_hold_what_json_escapes(tmp_path: Path) -> None:
    settings = Settings(state=tmp_path, bucket='quote " and \\')
    assert connector_configuration(settings)["s3.bucket.name"] == 'quote " and \\'


def test_the_configuration_holds_no_secret() -> None:
    text = (ROOT / "ingestion" / "s3_landing_connector" / "connector.json").read_text()
    assert not re.search(r"secret|password|access\.key", text)
