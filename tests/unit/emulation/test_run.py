"""One run over one or more connections."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from functools import partial

import pytest

from emulation.api import ApiClientConfig
from emulation.destinations import KafkaDestination, KinesisDestination
from emulation.errors import ApiError, SourceError
from emulation.pacing import FixedRate
from emulation.posts import Post
from emulation.run import send_posts
from emulation.workers import DestinationRun, StopSignal
from tests.support.fake_api import (
    Answer,
    FakeApi,
    Request,
    all_stored,
    kinesis_error,
    message,
    outcomes,
)


def version(number: int) -> bytes:
    return b'{"version":%d}' % number


def whole(index: int) -> Post:
    return Post(index, ((b"{}",), (b"{}",), (b"{}",)))


class KafkaRun:
    """A run to Kafka."""

    def __init__(self, api: FakeApi, connections: int = 1, batch_size: int = 2) -> None:
        config = api_config(api, connections, batch_size)
        self.run = DestinationRun(config, KafkaDestination("demo"), resume_after=-1)
        self.counters, self.acks = self.run.counters, self.run.acks
        self.stop = StopSignal()

    def send(self, posts: Iterable[Post]) -> None:
        send_posts(iter(posts), [self.run], FixedRate(math.inf), self.stop)


def api_config(api: FakeApi, connections: int, batch_size: int) -> ApiClientConfig:
    return ApiClientConfig(
        url=api.url,
        api_key="key",
        connections=connections,
        batch_size=batch_size,
        give_up_after_seconds=5.0,
    )


def test_events_of_a_batch_are_sent_one_after_the_other(api: FakeApi) -> None:
    run = KafkaRun(api)
    run.send(map(whole, range(3)))
    assert [(request.event, request.keys) for request in api.requests] == [
        ("pin", ["0", "1"]),
        ("geo", ["0", "1"]),
        ("user", ["0", "1"]),
        ("pin", ["2"]),
        ("geo", ["2"]),
        ("user", ["2"]),
    ]
    assert (run.counters.posts, run.acks.resume_after) == (3, 2)


def test_a_post_that_lacks_an_event_is_sent_without_it(api: FakeApi) -> None:
    KafkaRun(api).send(iter([Post(4, ((b"{}",), (), ()))]))
    assert [(request.event, request.keys) for request in api.requests] == [("pin", ["4"])]


def test_no_request_holds_two_versions_of_one_index(api: FakeApi) -> None:
    run = KafkaRun(api, batch_size=3)
    posts = [Post(4, ((version(1), version(2), version(3)), (), ())), whole(5), whole(6)]
    run.send(iter(posts))
    assert [request.keys for request in api.of("pin")] == [["4", "5", "6"], ["4"], ["4"]]
    assert (run.counters.events["pin"].acknowledged, run.acks.resume_after) == (5, 6)


def test_a_retried_version_goes_before_the_next_one(api: FakeApi) -> None:
    stored: list[int] = []

    def store_from(first: int, request: Request) -> Answer:
        stored.extend(payload["version"] for payload in request.payloads[first:])
        return outcomes([50003] * first + [None] * (len(request.records) - first))

    api.script.append(partial(store_from, 1))
    api.always = partial(store_from, 0)
    KafkaRun(api).send(iter([Post(4, ((version(1), version(2)), (), ()))]))
    assert stored == [1, 2]


def test_several_connections_keep_the_order_of_each_index(api: FakeApi) -> None:
    run = KafkaRun(api, connections=3, batch_size=4)
    run.send(map(whole, range(100)))
    assert len({request.connection for request in api.requests}) == 3
    for request in api.requests:
        assert len({int(key) % 3 for key in request.keys}) == 1
    for worker in range(3):
        keys = [int(key) for key in api.stored_keys("pin") if int(key) % 3 == worker]
        assert keys == list(range(worker, 100, 3))
    assert (run.counters.posts, run.acks.resume_after) == (100, 99)


def test_refused_records_are_counted_and_the_rest_is_sent(api: FakeApi) -> None:
    api.script.extend([all_stored, message(422, "odd")])
    run = KafkaRun(api)
    run.send(map(whole, range(4)))
    assert run.counters.events["geo"].refused == 2
    assert run.counters.events["user"].acknowledged == 4
    assert run.acks.resume_after == -1


def test_a_stop_ends_an_endless_run(api: FakeApi) -> None:
    run = KafkaRun(api)

    def stop_at_the_third(request: Request) -> Answer:
        if len(api.requests) >= 3:
            run.stop.set()
        return outcomes([None] * len(request.records))

    def endless() -> Iterator[Post]:
        index = 0
        while True:
            yield whole(index)
            index += 1

    api.always = stop_at_the_third
    run.send(endless())
    assert len(api.requests) == 3
    assert run.acks.resume_after == 1


def test_the_source_is_read_no_further_than_the_connections_need(api: FakeApi) -> None:
    read: list[int] = []
    blocked, answered = threading.Event(), threading.Event()

    def block(request: Request) -> Answer:
        blocked.set()
        answered.wait(30)
        return outcomes([None] * len(request.records))

    def posts() -> Iterator[Post]:
        for index in range(1000):
            read.append(index)
            yield whole(index)

    api.always = block
    run = KafkaRun(api)
    thread = threading.Thread(target=run.send, args=(posts(),))
    thread.start()
    blocked.wait(30)
    run.stop.set()
    answered.set()
    thread.join()
    assert len(read) <= 10


def test_a_stopped_run_waits_for_open_requests_no_longer_than_the_grace_time(
    api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulation.run.GRACE_SECONDS", 0.05)
    monkeypatch.setattr("emulation.run.JOIN_SECONDS", 0.01)
    run, answered = KafkaRun(api), threading.Event()

    def stop_and_block(request: Request) -> Answer:
        run.stop.set()
        answered.wait(30)
        return all_stored(request)

    api.always = stop_and_block
    run.send(map(whole, range(100)))
    assert run.counters.events["pin"].acknowledged == 0
    answered.set()


def test_an_error_of_the_source_ends_the_connections(api: FakeApi) -> None:
    def posts() -> Iterator[Post]:
        yield whole(0)
        raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        KafkaRun(api).send(posts())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("worker-")]


class BothRun:
    """A run to Kafka and Kinesis."""

    def __init__(self, api: FakeApi, kafka_after: int = -1, kinesis_after: int = -1) -> None:
        config = api_config(api, connections=2, batch_size=2)
        self.kafka = DestinationRun(config, KafkaDestination("demo"), kafka_after)
        self.kinesis = DestinationRun(config, KinesisDestination("demo"), kinesis_after)

    def send(self, posts: Iterable[Post]) -> None:
        send_posts(iter(posts), [self.kafka, self.kinesis], FixedRate(math.inf), StopSignal())


def test_each_destination_gets_every_post_on_its_own_connections(api: FakeApi) -> None:
    run = BothRun(api)
    run.send(map(whole, range(20)))
    for to, destination in (("kafka", run.kafka), ("kinesis", run.kinesis)):
        assert sorted(map(int, api.stored_keys("geo", to))) == list(range(20))
        assert (destination.counters.posts, destination.acks.resume_after) == (20, 19)
        assert destination.counters.events["user"].acknowledged == 20
    assert len({request.connection for request in api.requests}) == 4


def test_each_destination_goes_on_after_its_own_last_post(api: FakeApi) -> None:
    run = BothRun(api, kafka_after=5, kinesis_after=2)
    run.send(map(whole, range(3, 10)))
    assert sorted(map(int, api.stored_keys("pin"))) == [6, 7, 8, 9]
    assert sorted(map(int, api.stored_keys("pin", "kinesis"))) == [3, 4, 5, 6, 7, 8, 9]
    assert (run.kafka.counters.posts, run.kinesis.counters.posts) == (4, 7)


def test_a_refusal_of_one_destination_does_not_affect_the_other(api: FakeApi) -> None:
    api.always = lambda request: (
        all_stored(request) if request.to_kafka else kinesis_error("ValidationException")
    )
    run = BothRun(api)
    run.send(map(whole, range(4)))
    assert (run.kafka.counters.any_refused, run.kafka.acks.resume_after) == (False, 3)
    assert (run.kinesis.counters.events["pin"].refused, run.kinesis.acks.resume_after) == (4, -1)


def test_a_destination_that_fails_ends_the_run_for_all(api: FakeApi) -> None:
    api.always = lambda request: (
        all_stored(request) if request.to_kafka else kinesis_error("ResourceNotFoundException")
    )
    run = BothRun(api)
    with pytest.raises(ApiError, match="streaming-demo-pin does not exist"):
        run.send(map(whole, range(100_000)))
    assert run.kafka.counters.posts < 100_000
    assert run.kinesis.acks.resume_after == -1


def lost_source(run: KafkaRun, *, stopped: bool) -> Iterator[Post]:
    """Yield a post, then fail as a source does that has lost its database."""
    yield whole(0)
    if stopped:
        run.stop.set()
    raise SourceError("the database does not answer any more")


def test_a_lost_source_ends_the_run(api: FakeApi) -> None:
    run = KafkaRun(api, batch_size=1)
    with pytest.raises(SourceError, match="does not answer any more"):
        run.send(lost_source(run, stopped=False))


def test_a_stop_while_the_source_is_lost_is_no_error(api: FakeApi) -> None:
    run = KafkaRun(api, batch_size=1)
    run.send(lost_source(run, stopped=True))
    assert run.stop.error is None
