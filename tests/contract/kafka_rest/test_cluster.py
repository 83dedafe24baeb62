"""Three brokers: while one after the other is killed, records are stored, once each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import requests

from ingestion.kafka_rest.settings import KafkaRestSettings
from ingestion.kafka_rest.topics import TopicPlan, create_topics
from tests.conftest import Poll
from tests.support.kafka_cluster import KafkaCluster, kafka_cluster
from tests.support.kafka_topics import PARTITIONS, PRODUCE, Writers, values_of
from tests.support.msk import proxy_process

USER = "replicated"
TOPIC = f"{USER}.pin"


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[KafkaCluster]:
    with kafka_cluster(tmp_path) as cluster:
        yield cluster


@pytest.fixture
def proxy(cluster: KafkaCluster) -> Iterator[str]:
    """Create the topics with three copies, and start a proxy; give its URL."""
    variables = {
        "KAFKA_REST_BOOTSTRAP_SERVERS": cluster.bootstrap_servers,
        "KAFKA_REST_SECURITY": "plaintext",
    }
    settings = KafkaRestSettings(bootstrap_servers=cluster.bootstrap_servers, security="plaintext")
    create_topics(settings, USER, TopicPlan(partitions=PARTITIONS, replication_factor=3))
    with proxy_process(variables) as url:
        yield url


def post(url: str, body: bytes, session: requests.Session) -> requests.Response:
    return session.post(f"{url}/topics/{TOPIC}", data=body, headers=PRODUCE, timeout=60)


def test_another_broker_takes_over_and_no_record_is_lost_or_stored_twice(
    cluster: KafkaCluster, proxy: str, poll: Poll
) -> None:
    writers = Writers(partial(post, proxy), clients=4)
    poll(lambda: len(writers.acknowledged) > 200, what="200 acknowledged records")

    def fail_over() -> None:
        leader, before = cluster.leader(TOPIC), len(writers.acknowledged)
        cluster.kill(leader)
        poll(lambda: len(writers.acknowledged) > before + 200, seconds=60, what="200 more")
        poll(lambda: cluster.leader(TOPIC) not in {leader, -1}, what="another leader")
        cluster.start(leader)
        poll(lambda: cluster.in_sync(TOPIC) == 3, seconds=60, what="three copies")

    fail_over()
    fail_over()
    acknowledged = writers.stop()

    stored = values_of(cluster, TOPIC)
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
