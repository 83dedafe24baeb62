"""One run over one or more connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from emulation.destination import Connection, Destination
from emulation.errors import ApiError
from emulation.kafka_route import KafkaRoute
from emulation.kinesis_route import KinesisRoute
from emulation.pace import FullSpeed
from emulation.posts import Post
from emulation.run import Run
from tests.unit.emulation.fake_api import (
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
    return Post(index, ([b"{}"], [b"{}"], [b"{}"]))


class Runs:
    """A run to Kafka."""

    def __init__(self, api: FakeApi, lanes: int = 1, batch_posts: int = 2) -> None:
        connection = Connection(api.url, "key", lanes, batch_posts, 5.0)
        self.kafka = Destination(connection, KafkaRoute("demo"), after=-1)
        self.run = Run(connection, [self.kafka], FullSpeed())
        self.send = self.run.send
        self.tally, self.watermark = self.kafka.tally, self.kafka.watermark


def test_events_of_a_batch_are_sent_one_after_the_other(api: FakeApi) -> None:
    run = Runs(api)
    run.send(map(whole, range(3)))
    assert [(request.event, request.keys) for request in api.requests] == [
        ("pin", ["0", "1"]),
        ("geo", ["0", "1"]),
        ("user", ["0", "1"]),
        ("pin", ["2"]),
        ("geo", ["2"]),
        ("user", ["2"]),
    ]
    assert (run.tally.posts, run.watermark.after) == (3, 2)


def test_a_post_that_lacks_an_event_is_sent_without_it(api: FakeApi) -> None:
    Runs(api).send(iter([Post(4, ([b"{}"], [], []))]))
    assert [(request.event, request.keys) for request in api.requests] == [("pin", ["4"])]


def test_no_request_holds_two_versions_of_one_index(api: FakeApi) -> None:
    run = Runs(api, batch_posts=3)
    posts = [Post(4, ([version(1), version(2), version(3)], [], [])), whole(5), whole(6)]
    run.send(iter(posts))
    assert [request.keys for request in api.of("pin")] == [["4", "5", "6"], ["4"], ["4"]]
    assert (run.tally.events["pin"].acknowledged, run.watermark.after) == (5, 6)


def test_a_version_that_is_sent_again_goes_before_the_next_one(api: FakeApi) -> None:
    stored: list[int] = []

    def store_from(first: int, request: Request) -> Answer:
        stored.extend(payload["version"] for payload in request.payloads[first:])
        return outcomes([50003] * first + [None] * (len(request.records) - first))

    api.script.append(partial(store_from, 1))
    api.always = partial(store_from, 0)
    Runs(api).send(iter([Post(4, ([version(1), version(2)], [], []))]))
    assert stored == [1, 2]


def test_several_connections_keep_the_order_of_each_index(api: FakeApi) -> None:
    run = Runs(api, lanes=3, batch_posts=4)
    run.send(map(whole, range(100)))
    assert len({request.connection for request in api.requests}) == 3
    for request in api.requests:
        assert len({int(key) % 3 for key in request.keys}) == 1
    for lane in range(3):
        keys = [int(key) for key in api.stored_keys("pin") if int(key) % 3 == lane]
        assert keys == list(range(lane, 100, 3))
    assert (run.tally.posts, run.watermark.after) == (100, 99)


def test_refused_records_are_counted_and_the_rest_is_sent(api: FakeApi) -> None:
    api.script.extend([all_stored, message(422, "odd")])
    run = Runs(api)
    run.send(map(whole, range(4)))
    assert run.tally.events["geo"].refused == 2
    assert run.tally.events["user"].acknowledged == 4
    assert run.watermark.after == -1


def test_a_wrong_key_ends_the_run(api: FakeApi) -> None:
    api.always = message(403, "Forbidden")
    run = Runs(api, lanes=2)
    with pytest.raises(ApiError, match="does not take this key"):
        run.send(map(whole, range(10_000)))
    assert len(api.requests) <= 2
    assert run.watermark.after == -1


def test_a_failure_in_mid_run_leaves_the_point_to_go_on_from(api: FakeApi) -> None:
    api.script.extend([all_stored] * 7)
    api.always = message(404, "gone")
    run = Runs(api)
    with pytest.raises(ApiError, match=r"demo\.geo does not exist"):
        run.send(map(whole, range(10)))
    assert run.watermark.after == 3
    assert run.tally.events["pin"].acknowledged == 6


def test_a_halt_ends_an_endless_run(api: FakeApi) -> None:
    run = Runs(api)

    def halt_at_the_third(request: Request) -> Answer:
        if len(api.requests) >= 3:
            run.run.halt.event.set()
        return outcomes([None] * len(request.records))

    def endless() -> Iterator[Post]:
        index = 0
        while True:
            yield whole(index)
            index += 1

    api.always = halt_at_the_third
    run.send(endless())
    assert len(api.requests) == 3
    assert run.watermark.after == 1


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
    run = Runs(api)
    thread = threading.Thread(target=run.send, args=(posts(),))
    thread.start()
    blocked.wait(30)
    run.run.halt.event.set()
    answered.set()
    thread.join()
    assert len(read) <= 10


def test_an_error_of_the_source_ends_the_connections(api: FakeApi) -> None:
    def posts() -> Iterator[Post]:
        yield whole(0)
        raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        Runs(api).send(posts())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def both(
    api: FakeApi, after_kafka: int = -1, after_kinesis: int = -1
) -> tuple[Run, Destination, Destination]:
    connection = Connection(api.url, "key", 2, 2, 5.0)
    kafka = Destination(connection, KafkaRoute("demo"), after_kafka)
    kinesis = Destination(connection, KinesisRoute("demo"), after_kinesis)
    return Run(connection, [kafka, kinesis], FullSpeed()), kafka, kinesis


def test_each_destination_gets_every_post_on_connections_of_its_own(api: FakeApi) -> None:
    run, kafka, kinesis = both(api)
    run.send(map(whole, range(20)))
    for to, destination in (("kafka", kafka), ("kinesis", kinesis)):
        assert sorted(map(int, api.stored_keys("geo", to))) == list(range(20))
        assert (destination.tally.posts, destination.watermark.after) == (20, 19)
        assert destination.tally.events["user"].acknowledged == 20
    assert len({request.connection for request in api.requests}) == 4


def test_each_destination_goes_on_after_its_own_last_post(api: FakeApi) -> None:
    run, kafka, kinesis = both(api, after_kafka=5, after_kinesis=2)
    run.send(map(whole, range(3, 10)))
    assert sorted(map(int, api.stored_keys("pin"))) == [6, 7, 8, 9]
    assert sorted(map(int, api.stored_keys("pin", "kinesis"))) == [3, 4, 5, 6, 7, 8, 9]
    assert (kafka.tally.posts, kinesis.tally.posts) == (4, 7)


def test_what_one_destination_refuses_is_no_matter_of_the_other(api: FakeApi) -> None:
    api.always = lambda request: (
        all_stored(request) if request.to_kafka else kinesis_error("ValidationException")
    )
    run, kafka, kinesis = both(api)
    run.send(map(whole, range(4)))
    assert (kafka.tally.any_refused, kafka.watermark.after) == (False, 3)
    assert (kinesis.tally.events["pin"].refused, kinesis.watermark.after) == (4, -1)


def test_a_destination_that_fails_ends_the_run_for_all(api: FakeApi) -> None:
    api.always = lambda request: (
        all_stored(request) if request.to_kafka else kinesis_error("ResourceNotFoundException")
    )
    run, kafka, kinesis = both(api)
    with pytest.raises(ApiError, match="streaming-demo-pin does not exist"):
        run.send(map(whole, range(100_000)))
    assert kafka.tally.posts < 100_000
    assert kinesis.watermark.after == -1
