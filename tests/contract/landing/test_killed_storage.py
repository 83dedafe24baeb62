"""S3 and the broker are killed while they write: every acknowledged record lands once."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from confluent_kafka import KafkaError, Message, Producer
from mypy_boto3_s3 import S3Client

from local.environment import kafka_client_configuration, s3_client
from local.secrets import Secrets
from local.settings import Settings
from local.temporary import free_ports, temporary_state
from tests.contract.landing.conftest import lines, numbered, wait_until_all_landed
from tests.support.services import Poll, Running

KILLS = 10
_PAUSE_SECONDS = 0.1
_BATCH = 20

pytestmark = pytest.mark.timeout(900)


class Load(threading.Thread):
    """A producer that sends numbered records until it is stopped.

    Attributes:
        acknowledged: The records that the broker acknowledged.
        failed: The errors of other records.
    """

    def __init__(self, settings: Settings, topic: str) -> None:
        super().__init__()
        self.acknowledged: list[bytes] = []
        self.failed: list[KafkaError] = []
        configuration = kafka_client_configuration(settings)
        self._producer = Producer({**configuration, "enable.idempotence": True})
        self._topic = topic
        self._stopped = threading.Event()

    def run(self) -> None:
        for first in itertools.count(0, _BATCH):
            for value in numbered(first, first + _BATCH):
                self._producer.produce(self._topic, value, on_delivery=self._note)
            self._producer.poll(0)
            if self._stopped.wait(_PAUSE_SECONDS):
                return

    def count(self) -> int:
        return len(self.acknowledged)

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        assert self._producer.flush(60) == 0

    def _note(self, error: KafkaError | None, message: Message) -> None:
        if error:
            self.failed.append(error)
        else:
            value = message.value()
            assert value is not None
            self.acknowledged.append(value)


@pytest.fixture
def own() -> Iterator[tuple[Settings, Running]]:
    with temporary_state() as state:
        values = {"state": state, "flush_size": _BATCH, "rotate_seconds": 1.0, **free_ports()}
        settings = Settings.model_validate(values)
        running = Running(settings)("connect")
        yield settings, running
        running.stop()


def test_kills_during_writes_lose_no_record_and_duplicate_none(
    own: tuple[Settings, Running], poll: Poll
) -> None:
    settings, running = own
    s3 = s3_client(settings, Secrets.of(settings.state))
    topic = f"{settings.user_id}.pin"
    load = Load(settings, topic)
    writes: dict[str, Callable[[], int]] = {
        "s3": partial(_landed, s3, settings),
        "broker": load.count,
    }
    load.start()
    try:
        for victim in itertools.islice(itertools.cycle(writes), KILLS):
            poll(_grows(writes[victim]), what=f"a write of {victim}")
            running.kill(victim)
            running(victim)
    finally:
        load.stop()
    wait_until_all_landed(settings, topic, deadline_seconds=120)

    assert load.failed == []
    assert len(load.acknowledged) > KILLS * _BATCH
    assert sorted(lines(s3, settings, topic)) == sorted(load.acknowledged)


def _grows(count: Callable[[], int]) -> Callable[[], bool]:
    """Return a function that tells whether the count is greater than now."""
    before = count()
    return lambda: count() > before


def _landed(s3: S3Client, settings: Settings) -> int:
    """Return the number of objects."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=settings.bucket)
    return sum(page["KeyCount"] for page in pages)
