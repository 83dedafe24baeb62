"""The HTTP side of the REST proxy with fake brokers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import cast

import httpx
from confluent_kafka import KafkaError
from starlette.applications import Starlette

from ingestion.kafka_rest.app import create_app
from ingestion.kafka_rest.brokers import Brokers
from ingestion.kafka_rest.contract import BrokerUnreachableError
from ingestion.kafka_rest.settings import KafkaRestSettings

PRODUCE = "application/vnd.kafka.json.v2+json"


class FakeBrokers:
    """Brokers with `demo.pin` of three partitions; each record gets the next offset."""

    def __init__(self, *, up: bool = True, error: KafkaError | None = None) -> None:
        self.are_up = up
        self.problem = "no broker answers"
        self.partitions = {"demo.pin": 3, "connect-configs": 1}
        self.new_topics: dict[str, int] = {}
        self.producer = self
        self.values: list[bytes] = []
        self.error = error
        self.closed = False

    def produce(self, *record: object, on_delivery: Callable[..., None]) -> None:
        self.values.append(cast("bytes", record[1]))
        offset = len(self.values) - 1
        on_delivery(self.error, SimpleNamespace(partition=lambda: 0, offset=lambda: offset))

    def refresh(self) -> None:
        if not self.are_up:
            raise BrokerUnreachableError
        self.partitions |= self.new_topics

    def close(self) -> None:
        self.closed = True


def client_of(app: Starlette, host: str = "127.0.0.1") -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=f"http://{host}",
        headers={"Content-Type": PRODUCE},
    )


def send(
    brokers: FakeBrokers,
    method: str,
    path: str,
    content: bytes | AsyncIterator[bytes] = b"",
    *,
    content_type: str = PRODUCE,
    encoding: str = "identity",
    host: str = "127.0.0.1",
    settings: KafkaRestSettings | None = None,
    secret: bytes = b"",
) -> httpx.Response:
    """Send one request to a proxy that starts before it and stops after it."""
    app = create_app(settings or KafkaRestSettings(), lambda _: cast("Brokers", brokers))
    headers = {
        b"Content-Type": content_type.encode(),
        b"Content-Encoding": encoding.encode(),
        b"X-Proxy-Secret": secret,
    }

    async def run() -> httpx.Response:
        async with app.router.lifespan_context(app), client_of(app, host) as client:
            return await client.request(method, path, content=content, headers=headers)

    return asyncio.run(run())
