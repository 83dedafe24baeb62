"""Tests of the connector's configuration for the local environment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local.kafka.connector import connector_configuration, fill_placeholders
from local.kafka.errors import PlaceholderError
from local.stack.settings import ROOT, Settings


@pytest.mark.parametrize(
    ("text", "values", "filled"),
    [
        ('"${a}.pin"', {"a": "demo"}, '"demo.pin"'),
        ("${a}-${b}-${a}", {"a": "1", "b": "2"}, "1-2-1"),
        ("costs $5, $a, ${a}", {"a": "1"}, "costs $5, $a, 1"),
        ('"${a}"', {"a": 'quote " and \\'}, r'"quote \" and \\"'),
        ('"${a}"', {"a": ""}, '""'),
    ],
)
def test_only_braced_placeholders_are_filled(
    text: str, values: dict[str, str], filled: str
) -> None:
    assert fill_placeholders(text, values) == filled


def test_a_placeholder_without_a_value_is_named() -> None:
    with pytest.raises(PlaceholderError, match=r"without a value: \['bucket'\]"):
        fill_placeholders("${bucket} ${region}", {"region": "us-east-1"})


def test_a_value_without_a_placeholder_is_named() -> None:
    with pytest.raises(PlaceholderError, match=r"without a placeholder: \['bukket'\]"):
        fill_placeholders("${region}", {"region": "us-east-1", "bukket": "landing"})


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


def test_the_configuration_holds_no_secret() -> None:
    text = (ROOT / "ingestion" / "s3_landing_connector" / "connector.json").read_text()
    assert not re.search(r"secret|password|access\.key", text)
