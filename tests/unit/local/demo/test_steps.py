"""A step that fails says so, whosever error it was."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError
from confluent_kafka import KafkaError, KafkaException
from pyspark.errors import AnalysisException
from rich.console import Console

from local.demo.errors import DemoError
from local.demo.steps import Steps


@pytest.mark.parametrize(
    "error",
    [
        AnalysisException("no such table"),
        EndpointConnectionError(endpoint_url="no such table"),
        KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART, "no such table")),
    ],
    ids=["Spark", "S3", "Kafka"],
)
@pytest.mark.parametrize("busy", [True, False])
def test_an_error_of_a_service_names_the_step(error: Exception, busy: bool) -> None:
    steps = Steps(Console(quiet=True))

    with (
        pytest.raises(DemoError, match=r"(?s)^Count failed: .*no such table.*make status"),
        steps.step("Count", busy=busy),
    ):
        raise error

    assert not steps.seconds


def test_a_mistake_in_the_demo_itself_is_not_hidden() -> None:
    with pytest.raises(KeyError), Steps(Console(quiet=True)).step("Count"):
        raise KeyError("pin")
