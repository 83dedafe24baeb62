"""One run over one or more connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial

import pytest

from emulation.errors import ApiError
from emulation.kafka_route import KafkaRoute
from emulation.pace import FullSpeed
from emulation.posts import Post
from emulation.run import Connection, Run, ticking
from tests.unit.emulation.fake_api import Answer, FakeApi, Request, all_stored, message, outcomes


def record(index: int) -> bytes:
    return KafkaRoute("demo").record(index, b"{}")


def version(index: int, number: int) -> bytes:
    return KafkaRoute("demo").record(index, b'{"version":%d}' % number)


def whole(index: int) -> Post:
    return Post(index, ([record(index)], [record(index)], [record(index)]))


def run_against(api: FakeApi, lanes: int = 1, batch_posts: int = 2) -> Run:
    connection = Connection(api.url, "key", lanes, batch_posts, 5.0)
    return Run(connection, KafkaRoute("demo"), FullSpeed(), after=-1)


def test_events_of_a_batch_are_sent_one_after_the_other(api: FakeApi) -> None:
    run = run_against(api)
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
    run_against(api).send(iter([Post(4, ([record(4)], [], []))]))
    assert [(request.event, request.keys) for request in api.requests] == [("pin", ["4"])]


def test_no_request_holds_two_versions_of_one_index(api: FakeApi) -> None:
    run = run_against(api, batch_posts=3)
    posts = [Post(4, ([version(4, 1), version(4, 2), version(4, 3)], [], [])), whole(5), whole(6)]
    run.send(iter(posts))
    assert [request.keys for request in api.of("pin")] == [["4", "5", "6"], ["4"], ["4"]]
    assert (run.tally.events["pin"].acknowledged, run.watermark.after) == (5, 6)


def test_a_version_that_is_sent_again_goes_before_the_next_one(api: FakeApi) -> None:
    stored: list[int] = []

    def store_from(first: int, request: Request) -> Answer:
        stored.extend(record["value"]["version"] for record in request.records[first:])
        return outcomes([50003] * first + [None] * (len(request.records) - first))

    api.script.append(partial(store_from, 1))
    api.always = partial(store_from, 0)
    run_against(api).send(iter([Post(4, ([version(4, 1), version(4, 2)], [], []))]))
    assert stored == [1, 2]


def test_several_connections_keep_the_order_of_each_index(api: FakeApi) -> None:
    run = run_against(api, lanes=3, batch_posts=4)
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
    run = run_against(api)
    run.send(map(whole, range(4)))
    assert run.tally.events["geo"].refused == 2
    assert run.tally.events["user"].acknowledged == 4
    assert run.watermark.after == -1


def test_a_wrong_key_ends_the_run(api: FakeApi) -> None:
    api.always = message(403, "Forbidden")
    run = run_against(api, lanes=2)
    with pytest.raises(ApiError, match="does not take this key"):
        run.send(map(whole, range(10_000)))
    assert len(api.requests) <= 2
    assert run.watermark.after == -1


def test_a_failure_in_mid_run_leaves_the_point_to_go_on_from(api: FakeApi) -> None:
    api.script.extend([all_stored] * 7)
    api.always = message(404, "gone")
    run = run_against(api)
    with pytest.raises(ApiError, match=r"demo\.geo does not exist"):
        run.send(map(whole, range(10)))
    assert run.watermark.after == 3
    assert run.tally.events["pin"].acknowledged == 6


def test_a_halt_ends_an_endless_run(api: FakeApi) -> None:
    run = run_against(api)

    def halt_at_the_third(request: Request) -> Answer:
        if len(api.requests) >= 3:
            run.halt.event.set()
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
    run = run_against(api)
    thread = threading.Thread(target=run.send, args=(posts(),))
    thread.start()
    blocked.wait(30)
    run.halt.event.set()
    answered.set()
    thread.join()
    assert len(read) <= 10


def test_an_error_of_the_source_ends_the_connections(api: FakeApi) -> None:
    def posts() -> Iterator[Post]:
        yield whole(0)
        raise ValueError("no more rows")

    with pytest.raises(ValueError, match="no more rows"):
        run_against(api).send(posts())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("lane-")]


def test_ticking_ticks_while_the_block_runs_and_once_more_at_its_end() -> None:
    ticks: list[str] = []
    came = threading.Event()

    def tick() -> None:
        ticks.append("tick")
        came.set()

    failures: list[Exception] = []
    with ticking(tick, failures.append, 0.001):
        assert came.wait(30)
    assert len(ticks) >= 2
    assert failures == []


def test_a_tick_that_fails_is_told_and_is_the_last_one() -> None:
    failures: list[Exception] = []
    told = threading.Event()

    def tick() -> None:
        raise OSError("disk full")

    def fail(error: Exception) -> None:
        failures.append(error)
        told.set()

    with ticking(tick, fail, 0.001):
        assert told.wait(30)
    assert [str(error) for error in failures] == ["disk full"]
