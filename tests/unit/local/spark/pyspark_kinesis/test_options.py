"""The options that are supported, and the errors for all others."""

from __future__ import annotations

import json
import re

import pytest

from local.spark.pyspark_kinesis.errors import OptionError
from local.spark.pyspark_kinesis.options import (
    LATEST,
    TRIM_HORIZON,
    UNSUPPORTED,
    Options,
    parse_position,
)

STREAM = {"streamName": "pins"}
JUNE = 1_593_080_625.0  # 2020-06-25 10:23:45 UTC
HOUR = 3600


def test_defaults() -> None:
    options = Options.of(STREAM)
    assert options.initial_position == "LATEST"
    assert (options.max_records_per_fetch, options.max_records_per_trigger) == (10_000, 250_000)
    assert (options.min_fetch_period, options.max_fetch_duration) == (0.2, 10.0)
    assert options.fetch_buffer_size == 256 * 1024 * 1024
    assert options.fail_on_data_loss


@pytest.mark.parametrize("name", ["streamName", "streamname", "STREAMNAME"])
def test_names_are_case_insensitive(name: str) -> None:
    assert Options.of({name: "pins, geos"}).stream_name == ("pins", "geos")


@pytest.mark.parametrize(
    ("text", "seconds"), [("400ms", 0.4), ("2s", 2), ("2m", 120), ("1.5h", 5400), ("0s", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert Options.of(STREAM | {"minFetchPeriod": text}).min_fetch_period == seconds


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "streamName is missing"),
        ({"streamName": "a b"}, "streamName"),
        (STREAM | {"maxRecordsPerFetch": "0"}, "maxRecordsPerFetch.*greater than or equal to 1"),
        (STREAM | {"maxRecordsPerFetch": "10001"}, "less than or equal to 10000"),
        (STREAM | {"maxFetchRate": "-1"}, "maxFetchRate"),
        (STREAM | {"minFetchPeriod": "soon"}, r"minFetchPeriod: expected a number and one of ms"),
        (STREAM | {"fetchBufferSize": "1tb"}, "fetchBufferSize: expected a number and one of b"),
        (STREAM | {"awsAccessKey": "a"}, "awsAccessKey and awsSecretKey together"),
        (STREAM | {"consumerMode": "efo"}, "consumerMode"),
        (STREAM | {"endpointUrl": "kinesis"}, "endpointUrl"),
        (STREAM | {"failOnDataLoss": "perhaps"}, "failOnDataLoss"),
        (STREAM | {"sharts": "1"}, r"sharts is not supported here \(no such option\)"),
    ],
)
def test_a_bad_option_is_named_with_the_supported_ones(given: dict[str, str], message: str) -> None:
    with pytest.raises(OptionError, match=f"{message}.*Supported options: streamName, region"):
        Options.of(given)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_unsupported_options_of_databricks_are_rejected(name: str) -> None:
    with pytest.raises(OptionError, match=f"{name} is not supported here"):
        Options.of(STREAM | {name.lower(): "x"})


def test_no_error_and_no_repr_shows_a_key() -> None:
    keys = {"awsAccessKey": "public", "awsSecretKey": "hidden"}
    assert "hidden" not in repr(Options.of(STREAM | keys))
    with pytest.raises(OptionError) as raised:
        Options.of(keys | {"endpointUrl": "x"})
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("latest", LATEST),
        ("LATEST", LATEST),
        ("trim_horizon", TRIM_HORIZON),
        (" earliest ", TRIM_HORIZON),
    ],
)
def test_a_named_position(text: str, position: str) -> None:
    assert parse_position(text) == position


@pytest.mark.parametrize(
    ("moment", "pattern", "seconds"),
    [
        ("06/25/2020 10:23:45 UTC", None, JUNE),
        ("06/25/2020 10:23:45 PDT", None, JUNE + 7 * HOUR),
        ("06/25/2020 10:23:45 Europe/Paris", None, JUNE - 2 * HOUR),
        ("2020-06-25T10:23:45Z", "yyyy-MM-dd'T'HH:mm:ssX", JUNE),
        ("2020-06-25 12:23:45.120+02:00", "yyyy-MM-dd HH:mm:ss.SSSXXX", JUNE + 0.12),
        ("2020-06-25 10:23:45 +0000", "yyyy-MM-dd HH:mm:ss Z", JUNE),
        ("2020-06-25 10:23", "yyyy-MM-dd HH:mm", JUNE - 45),
    ],
)
def test_a_moment_as_position(moment: str, pattern: str | None, seconds: float) -> None:
    given = {"at_timestamp": moment} | ({"format": pattern} if pattern else {})
    assert parse_position(json.dumps(given)) == seconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yesterday", 'expected latest, trim_horizon, earliest or {"at_timestamp"'),
        ("[]", "expected latest"),
        ('{"timestamp": "06/25/2020 10:23:45 UTC"}', "expected latest"),
        ('{"at_timestamp": 5}', "expected latest"),
        ('{"at_timestamp": "2020"}', "expected a moment like MM/dd/yyyy"),
        ('{"at_timestamp": "06/25/2020 10:23:45 XYZ"}', "expected a time zone such as UTC"),
        ('{"at_timestamp": "20", "format": "yy"}', "expected a format of yyyy"),
        ('{"at_timestamp": "13/25/2020", "format": "MM/dd/yyyy"}', "month must be in 1..12"),
    ],
)
def test_a_bad_position_says_what_was_expected(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        parse_position(text)
