"""The emulator against the whole real API: gateway, Kafka REST proxy and broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from rich.console import Console

from emulation.synthetic.database import default_source, write_sqlite
from emulation.synthetic.posts import synthetic_posts
from local.secrets import Secrets
from local.settings import Settings
from tests.conftest import Poll, Running
from tests.support.emulator import POSTS, Emulator
from tests.support.kafka_topics import records_of, user_with_topics


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    return default_source(tmp_path_factory.mktemp("source") / "posts.db", None, Console(quiet=True))


@pytest.fixture
def user_id(settings: Settings, running: Running) -> Iterator[str]:
    running("api_gateway")
    with user_with_topics(settings) as name:
        yield name


@pytest.fixture
def emulator(settings: Settings, secrets: Secrets, tmp_path: Path, source: str) -> Emulator:
    return Emulator(settings, secrets, tmp_path / "state", source)


def arrived(settings: Settings, topic: str) -> list[tuple[str, dict[str, object]]]:
    """Return key and value of each record, in order within each partition."""
    records = records_of(settings, topic)
    return [(json.loads(key or b"null"), json.loads(value or b"null")) for key, value, _ in records]


def test_every_row_arrives_once_and_unchanged(
    settings: Settings, emulator: Emulator, user_id: str
) -> None:
    code, output = emulator("--user-id", user_id, "--batch-size", "40", "--connections", "2")
    assert code == 0, output
    rows = list(islice(synthetic_posts(), POSTS))
    for position, event in enumerate(("pin", "geo", "user")):
        records = arrived(settings, f"{user_id}.{event}")
        expected = {str(post[position][0]): post[position] for post in rows}
        assert len(records) == POSTS
        assert {key: tuple(value.values()) for key, value in records} == expected


def test_versions_of_one_post_stay_in_order(
    settings: Settings, emulator: Emulator, user_id: str, tmp_path: Path
) -> None:
    for seed in (1, 2, 3):
        write_sqlite(tmp_path / f"{seed}.db", synthetic_posts(20, seed), lambda _: None)
        options = ("--source", f"sqlite:///{tmp_path}/{seed}.db", "--connections", "3")
        code, output = emulator("--user-id", user_id, *options)
        assert code == 0, output
    versions_by_key: dict[str, list[object]] = {}
    for key, value in arrived(settings, f"{user_id}.pin"):
        versions_by_key.setdefault(key, []).append(value["unique_id"])
    versions = zip(*(synthetic_posts(20, seed) for seed in (1, 2, 3)), strict=True)
    assert versions_by_key == {
        str(index): [pin[1] for pin, _, _ in posts] for index, posts in enumerate(versions)
    }


@pytest.mark.parametrize(
    ("key", "options", "message"),
    [
        ("wrong", [], "does not accept this key (403: Forbidden)"),
        (None, ["--user-id", "nobody"], "nobody.pin does not exist"),
        (None, ["--api", "{api}-of-another"], "Is --api the base URL of the API, its stage"),
    ],
)
def test_an_answer_of_the_api_is_explained(
    settings: Settings,
    running: Running,
    emulator: Emulator,
    key: str | None,
    options: list[str],
    message: str,
) -> None:
    running("api_gateway")
    if key:
        emulator.environment["PINTEREST_API_KEY"] = key
    code, output = emulator(*(option.format(api=settings.api_url) for option in options))
    assert code == 1
    assert message in output


def test_a_killed_proxy_loses_nothing(
    settings: Settings, running: Running, emulator: Emulator, user_id: str, poll: Poll
) -> None:
    process = emulator.start("--user-id", user_id, "--batch-size", "10", "--rate", "50")
    poll(
        lambda: len(records_of(settings, f"{user_id}.user")) >= 20,
        seconds=60,
        what="the first posts in the topic",
    )
    running.kill("kafka_rest")
    running.start("kafka_rest")
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    for event in ("pin", "geo", "user"):
        keys = {int(key) for key, _ in arrived(settings, f"{user_id}.{event}")}
        assert keys == set(range(POSTS))
