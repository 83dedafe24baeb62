"""The Kafka REST proxy against a real broker."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Iterator, Sequence

import psutil
import pytest
import requests
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource  # type: ignore[attr-defined]  # it does
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from ingestion.kafka_rest.errors import PartitionsDifferError
from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import create_topics, main
from local.settings import Settings
from tests.conftest import Poll, Running

PRODUCE = {"Content-Type": "application/vnd.kafka.json.v2+json"}
PARTITIONS = 3


@pytest.fixture
def user_id(settings: Settings, running: Running) -> Iterator[str]:
    """A user with new topics, which are deleted after the test."""
    running("kafka_rest")
    name = f"user-{uuid.uuid4().hex}"
    created = create_topics(proxy_settings(settings), name, PARTITIONS)
    yield name
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    for deleted in admin.delete_topics(created).values():
        deleted.result()


def proxy_settings(settings: Settings) -> KafkaRestSettings:
    return KafkaRestSettings(bootstrap_servers=settings.bootstrap_servers)


def post(
    settings: Settings, topic: str, body: bytes, session: requests.Session | None = None
) -> requests.Response:
    url = f"{settings.kafka_rest_url}/topics/{topic}"
    return (session or requests.Session()).post(url, data=body, headers=PRODUCE, timeout=30)


def records_of(settings: Settings, topic: str) -> list[tuple[bytes | None, bytes | None, int]]:
    """Return key, value and partition of every record in `topic`."""
    consumer = Consumer({
        "bootstrap.servers": settings.bootstrap_servers,
        "group.id": "tests",
        "fetch.wait.max.ms": 20,
        "log_level": 0,
    })
    ends = {partition: end_offset(consumer, topic, partition) for partition in range(PARTITIONS)}
    consumer.assign([TopicPartition(topic, partition, 0) for partition in ends])
    messages = consumer.consume(sum(ends.values()), timeout=20) if any(ends.values()) else []
    consumer.close()
    assert len(messages) == sum(ends.values())
    return [(m.key(), m.value(), m.partition() or 0) for m in messages]


# Right after the start of a topic or a broker, the partition has no leader.
@retry(
    retry=retry_if_exception_type(KafkaException), stop=stop_after_delay(20), wait=wait_fixed(0.1)
)
def end_offset(consumer: Consumer, topic: str, partition: int) -> int:
    _, end = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
    return int(end)


def values_of(settings: Settings, topic: str) -> list[bytes | None]:
    return [value for _, value, _ in records_of(settings, topic)]


@pytest.mark.parametrize(
    "value",
    [
        b'{"index" : 17,  "title":"a"}',
        '{"title":"א \\u05d0 🎨 \u00a0"}'.encode(),
        b'{"description":"line\\nbreak \\"quoted\\""}',
        b'{"pretty":\n  [1, 2.50, 1e400]\n}',
        b'"text"',
        b'"not UTF-8: \xff"',
        b"[]",
        b"0",
        b'""',
    ],
)
def test_the_exact_bytes_of_a_value_are_in_the_topic(
    settings: Settings, user_id: str, value: bytes
) -> None:
    answer = post(settings, f"{user_id}.pin", b'{"records":[{"key":"17","value":' + value + b"}]}")

    assert answer.status_code == 200
    assert values_of(settings, f"{user_id}.pin") == [value]


def test_a_key_is_its_json_text_and_has_the_partition_of_java_clients(
    settings: Settings, user_id: str
) -> None:
    body = b'{"records":[{"key":"17","value":1},{"key":"18","value":2},{"key":"17","value":3}]}'
    post(settings, f"{user_id}.pin", body)

    # Partitions by Kafka's murmur2 of the key's bytes, its quotes included, modulo 3.
    assert sorted(records_of(settings, f"{user_id}.pin"), key=str) == [
        (b'"17"', b"1", murmur2_partition(b'"17"')),
        (b'"17"', b"3", murmur2_partition(b'"17"')),
        (b'"18"', b"2", murmur2_partition(b'"18"')),
    ]


def murmur2_partition(key: bytes) -> int:
    """Return the partition that Java's `Utils.toPositive(Utils.murmur2(key)) % 3` chooses."""
    mask, mix = 0xFFFFFFFF, 0x5BD1E995
    value = 0x9747B28C ^ len(key)
    whole = len(key) // 4 * 4
    for start in range(0, whole, 4):
        part = int.from_bytes(key[start : start + 4], "little") * mix & mask
        part = (part ^ part >> 24) * mix & mask
        value = (value * mix & mask) ^ part
    if rest := key[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * mix & mask
    value = (value ^ value >> 13) * mix & mask
    return ((value ^ value >> 15) & 0x7FFFFFFF) % PARTITIONS


def test_the_answer_has_partition_and_offset_of_each_record(
    settings: Settings, user_id: str
) -> None:
    records = [{"value": n, "partition": partition} for n, partition in enumerate([2, 0, 2])]
    body = json.dumps({"records": records}).encode()

    assert post(settings, f"{user_id}.geo", body).json()["offsets"] == [
        {"partition": 2, "offset": 0, "error_code": None, "error": None},
        {"partition": 0, "offset": 0, "error_code": None, "error": None},
        {"partition": 2, "offset": 1, "error_code": None, "error": None},
    ]


def test_a_null_is_a_record_without_key_and_value(settings: Settings, user_id: str) -> None:
    post(settings, f"{user_id}.pin", b'{"records":[{"key":null,"value":null,"partition":1}]}')

    assert records_of(settings, f"{user_id}.pin") == [(None, None, 1)]


def test_a_record_that_is_too_large_fails_alone(settings: Settings, user_id: str) -> None:
    large = json.dumps("x" * 1_100_000).encode()
    body = (
        b'{"records":[{"value":1,"partition":0},{"value":'
        + large
        + b'},{"value":2,"partition":0}]}'
    )

    assert post(settings, f"{user_id}.pin", body).json()["offsets"] == [
        {"partition": 0, "offset": 0, "error_code": None, "error": None},
        {
            "partition": None,
            "offset": None,
            "error_code": 50002,
            "error": "Unable to produce message: Broker: Message size too large",
        },
        {"partition": 0, "offset": 1, "error_code": None, "error": None},
    ]


def test_500_records_of_a_request_are_all_in_the_topic(settings: Settings, user_id: str) -> None:
    records = [{"key": str(index), "value": {"index": index}} for index in range(500)]
    answer = post(settings, f"{user_id}.pin", json.dumps({"records": records}).encode())

    assert len(answer.json()["offsets"]) == 500
    indexes = sorted(
        json.loads(value or b"")["index"] for value in values_of(settings, f"{user_id}.pin")
    )
    assert indexes == list(range(500))


@pytest.mark.parametrize(
    ("topic", "body", "status", "error_code"),
    [
        ("{user_id}.pin", b'{"records":[{"value":', 400, 400),
        ("{user_id}.nothing", b'{"records":[{"value":1}]}', 404, 40401),
        ("nobody.pin", b'{"records":[{"value":1}]}', 404, 40401),
        ("__cluster_metadata", b'{"records":[{"value":1}]}', 404, 40401),
        ("{user_id}.pin", b'{"records":[{"value":1,"partition":3}]}', 404, 40402),
        ("{user_id}.pin", b'{"records":[]}', 422, 422),
        ("{user_id}.pin", b'{"records":[{"value":"' + b"x" * 10 * 1024 * 1024 + b'"}]}', 413, 413),
    ],
)
def test_a_refused_request_writes_nothing(
    settings: Settings, user_id: str, topic: str, body: bytes, status: int, error_code: int
) -> None:
    answer = post(settings, topic.format(user_id=user_id), body)

    assert (answer.status_code, answer.json()["error_code"]) == (status, error_code)
    assert values_of(settings, f"{user_id}.pin") == []


def test_a_topic_is_listed(settings: Settings, user_id: str) -> None:
    post(settings, f"{user_id}.pin", b'{"records":[{"value":1}]}')

    topics = requests.get(f"{settings.kafka_rest_url}/topics", timeout=10).json()
    assert {f"{user_id}.pin", f"{user_id}.geo", f"{user_id}.user"} <= set(topics)


def test_topics_are_created_once(settings: Settings, user_id: str) -> None:
    assert create_topics(proxy_settings(settings), user_id, PARTITIONS) == []


def test_the_command_lists_the_topics(
    settings: Settings, user_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(user_id, PARTITIONS, bootstrap_servers=settings.bootstrap_servers)

    assert capsys.readouterr().out.splitlines() == [
        f"{user_id}.pin: already existed",
        f"{user_id}.geo: already existed",
        f"{user_id}.user: already existed",
        f"{user_id}.dead_letters: already existed",
    ]


def test_dead_letters_have_unlimited_retention(settings: Settings, user_id: str) -> None:
    admin = AdminClient({"bootstrap.servers": settings.bootstrap_servers})
    topic = ConfigResource(ConfigResource.Type.TOPIC, f"{user_id}.dead_letters")
    (configuration,) = admin.describe_configs([topic]).values()
    values = configuration.result()
    assert (values["retention.ms"].value, values["retention.bytes"].value) == ("-1", "-1")


@pytest.mark.parametrize("partitions", [PARTITIONS - 1, PARTITIONS + 1])
def test_the_partitions_of_a_topic_are_not_changed(
    settings: Settings, user_id: str, partitions: int
) -> None:
    with pytest.raises(
        PartitionsDifferError, match=rf"has 3 partitions, {partitions} were requested"
    ):
        create_topics(proxy_settings(settings), user_id, partitions)


class Writers:
    """Clients that post one number after the other until they are stopped."""

    def __init__(self, settings: Settings, topic: str, clients: int) -> None:
        self._settings, self._topic = settings, topic
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(c,), daemon=True) for c in range(clients)
        ]
        self.acknowledged: list[bytes] = []
        self.statuses: set[int] = set()
        for thread in self._threads:
            thread.start()

    def _write(self, client: int) -> None:
        session = requests.Session()
        number = 0
        while not self._stop.is_set():
            value = f"{client}{number:06}".lstrip("0").encode() or b"0"
            body = b'{"records":[{"value":' + value + b"}]}"
            try:
                answer = post(self._settings, self._topic, body, session)
            except requests.ConnectionError:
                return
            self.statuses.add(answer.status_code)
            # An answer of 200 may hold the error of a record.
            if answer.status_code == 200 and answer.json()["offsets"][0]["offset"] is not None:
                self.acknowledged.append(value)
            else:
                self._stop.wait(0.05)
            number += 1

    def stop(self) -> Sequence[bytes]:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        return self.acknowledged


def test_a_killed_broker_loses_no_acknowledged_record_and_requests_fail_at_once(
    settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    topic, health = f"{user_id}.pin", f"{settings.kafka_rest_url}/health"
    writers = Writers(settings, topic, clients=4)
    poll(lambda: len(writers.acknowledged) > 200, what="200 acknowledged records")
    running.kill("broker")
    try:
        poll(lambda: requests.get(health, timeout=10).status_code == 503, seconds=3, what="a 503")
        answer = post(settings, topic, b'{"records":[{"value":1}]}')
        poll(lambda: 503 in writers.statuses, what="a 503 for a client")
        before = len(writers.acknowledged)
    finally:
        running.start("broker")
    poll(lambda: len(writers.acknowledged) > before + 200, seconds=60, what="200 more records")
    acknowledged = writers.stop()

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)
    assert answer.elapsed.total_seconds() < 1
    assert writers.statuses == {200, 503}
    assert set(acknowledged) <= set(values_of(settings, topic))


def test_a_broker_that_hangs_is_a_503_within_10_seconds(
    settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    body = b'{"records":[{"value":1}]}'
    # From now on the proxy knows the topic.
    assert post(settings, f"{user_id}.pin", body).status_code == 200
    broker = psutil.Process(running.pid("broker"))
    broker.suspend()
    try:
        poll(lambda: broker.status() == psutil.STATUS_STOPPED, what="a broker that hangs")
        answer = post(settings, f"{user_id}.pin", body)
    finally:
        broker.resume()
    health = f"{settings.kafka_rest_url}/health"
    poll(lambda: requests.get(health, timeout=10).status_code == 200, what="a broker that answers")

    assert (answer.status_code, answer.json()["error_code"]) == (503, 50302)
    assert 8 <= answer.elapsed.total_seconds() <= 10  # as docs/kafka_rest.md says


def test_a_stopping_proxy_acknowledges_accepted_records(
    settings: Settings, running: Running, user_id: str, poll: Poll
) -> None:
    writers = Writers(settings, f"{user_id}.pin", clients=4)
    poll(lambda: len(writers.acknowledged) > 100, what="100 acknowledged records")
    running.stop("kafka_rest")
    acknowledged = writers.stop()
    running("kafka_rest")

    # Each client had at most one request in flight, whose answer may be lost.
    stored = values_of(settings, f"{user_id}.pin")
    assert set(acknowledged) <= set(stored)
    assert len(stored) - len(acknowledged) <= 4
