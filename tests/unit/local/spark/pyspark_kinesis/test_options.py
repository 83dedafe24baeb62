"""What a query may ask for, and what it is told when it may not."""

from __future__ import annotations

import pytest

from local.spark.pyspark_kinesis.errors import OptionError
from local.spark.pyspark_kinesis.options import REFUSED, Options

STREAM = {"streamName": "pins"}


def test_defaults() -> None:
    options = Options.of(STREAM)
    assert options.initial_position == "LATEST"
    assert (options.max_records_per_fetch, options.max_records_per_trigger) == (10_000, 250_000)
    assert (options.min_fetch_period, options.max_fetch_duration) == (0.2, 10.0)
    assert options.fetch_buffer_size == 256 * 1024 * 1024
    assert options.fail_on_data_loss


@pytest.mark.parametrize("name", ["streamName", "streamname", "STREAMNAME"])
def test_names_are_in_any_case(name: str) -> None:
    assert Options.of({name: "pins, geos"}).stream_name == ("pins", "geos")


@pytest.mark.parametrize(
    ("text", "seconds"), [("400ms", 0.4), ("2s", 2), ("2m", 120), ("1.5h", 5400), ("0s", 0)]
)
def test_durations(text: str, seconds: float) -> None:
    assert Options.of(STREAM | {"minFetchPeriod": text}).min_fetch_period == seconds


@pytest.mark.parametrize(
    ("given", "said"),
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
        (STREAM | {"sharts": "1"}, r"sharts is not honoured here \(no such option\)"),
    ],
)
def test_a_bad_option_is_named_with_those_that_are_honoured(
    given: dict[str, str], said: str
) -> None:
    with pytest.raises(OptionError, match=f"{said}.*It honours: streamName, region"):
        Options.of(given)


@pytest.mark.parametrize("name", REFUSED)
def test_options_that_only_databricks_has_are_refused(name: str) -> None:
    with pytest.raises(OptionError, match=f"{name} is not honoured here"):
        Options.of(STREAM | {name.lower(): "x"})


def test_no_error_and_no_text_shows_a_key() -> None:
    keys = {"awsAccessKey": "public", "awsSecretKey": "hidden"}
    assert "hidden" not in repr(Options.of(STREAM | keys))
    with pytest.raises(OptionError) as raised:
        Options.of(keys | {"endpointUrl": "x"})
    assert "hidden" not in str(raised.value)
