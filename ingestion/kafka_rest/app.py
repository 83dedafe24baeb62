"""The HTTP side of the proxy."""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ingestion.kafka_rest.brokers import Brokers, deliver
from ingestion.kafka_rest.contract import (
    ANSWER_TYPE,
    PRODUCE_TYPE,
    Answer,
    BrokerUnreachableError,
    ErrorAnswer,
    ErrorCode,
    ProduceAnswer,
    Record,
    RequestError,
    read_records,
)
from ingestion.kafka_rest.settings import KafkaRestSettings, producer_configuration

__all__ = ["create_app"]

_log = logging.getLogger(__name__)

_CLIENT_HEADER: Final = "X-Proxy-Secret"


def create_app(
    settings: KafkaRestSettings,
    connect: Callable[[KafkaRestSettings], Brokers] = lambda s: Brokers(producer_configuration(s)),
) -> Starlette:
    """Return the proxy as an ASGI application, which calls `connect` when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.proxy = _Proxy(settings, connect(settings))
        yield
        await asyncio.to_thread(app.state.proxy.brokers.close)

    hosts = Middleware(TrustedHostMiddleware, allowed_hosts=settings.allowed_host_names)
    routes = [
        Route("/topics", _topics),
        Route("/topics/{topic}", _produce, methods=["POST"]),
        Route("/health", _health),
    ]
    handlers: dict[Any, Any] = {
        RequestError: _request_error,
        HTTPException: _http_error,
        ClientDisconnect: _disconnected,
    }
    return Starlette(
        routes=routes, middleware=[hosts], exception_handlers=handlers, lifespan=lifespan
    )


class _Proxy:
    """The steps of a produce request."""

    def __init__(self, settings: KafkaRestSettings, brokers: Brokers) -> None:
        self._settings = settings
        self._turns = asyncio.Semaphore(settings.max_requests)
        self._topic_pattern = re.compile(settings.topic_pattern)
        self.brokers = brokers

    async def produce(self, request: Request) -> ProduceAnswer:
        topic = request.path_params["topic"]
        self.check_secret(request)
        _check_content_type(request)
        async with self._turn(request) as body:
            records = read_records(body, self._settings.max_records)
            _check_partitions(records, await self._partitions_of(topic))
            results = await deliver(self.brokers.producer, topic, records)
        if all(r.error_code == ErrorCode.KAFKA_RETRIABLE for r in results):
            message = f"No record was acknowledged: {results[0].error}"
            raise RequestError(ErrorCode.BROKER_NOT_AVAILABLE, message)
        return ProduceAnswer(results)

    def topics(self, request: Request) -> list[str]:
        self.check_secret(request)
        self.check_up()
        return sorted(filter(self._topic_pattern.fullmatch, self.brokers.partitions))

    def check_up(self) -> None:
        if not self.brokers.are_up:
            raise _not_available(self.brokers.problem)

    def check_secret(self, request: Request) -> None:
        secret = self._settings.shared_secret
        if secret is None:
            return
        sent = request.headers.get(_CLIENT_HEADER, "").encode()
        if not hmac.compare_digest(sent, secret.get_secret_value().encode()):
            message = f"Expected the shared secret in the header {_CLIENT_HEADER}"
            raise RequestError(ErrorCode.UNAUTHORIZED, message)

    @asynccontextmanager
    async def _turn(self, request: Request) -> AsyncIterator[bytearray]:
        """Wait for the request's turn and read its body, which takes no memory until then.

        Yields:
            The body.

        Raises:
            RequestError: Raised when its turn did not come, or its body did not arrive, in time.
        """
        deadline = asyncio.get_running_loop().time() + self._settings.read_seconds
        try:
            async with asyncio.timeout_at(deadline):
                await self._turns.acquire()
        except TimeoutError as error:
            raise RequestError(ErrorCode.BUSY, "Too many requests at once: try again") from error
        try:
            yield await self._read_body(request, deadline)
        finally:
            self._turns.release()

    async def _read_body(self, request: Request, deadline: float) -> bytearray:
        try:
            async with asyncio.timeout_at(deadline):
                return await self._received(request)
        except TimeoutError as error:
            seconds = self._settings.read_seconds
            message = f"The body did not arrive within {seconds:g} s: send it again"
            raise RequestError(ErrorCode.TIMED_OUT, message) from error

    async def _received(self, request: Request) -> bytearray:
        # Read a body that is too large to its end: only then does the client read the answer.
        limit = self._settings.max_body_bytes
        body, size = bytearray(), 0
        async for part in request.stream():
            size += len(part)
            if size <= limit:
                body += part
        if size > limit:
            message = f"The body is larger than {limit} bytes: send fewer records at once"
            raise RequestError(ErrorCode.TOO_LARGE, message)
        return body

    async def _partitions_of(self, topic: str) -> int:
        writable = self._topic_pattern.fullmatch(topic)
        if writable:
            self.check_up()
        if writable and topic not in self.brokers.partitions:
            try:
                await asyncio.to_thread(self.brokers.refresh)
            except BrokerUnreachableError as error:
                raise _not_available(self.brokers.problem) from error
        if not writable or topic not in self.brokers.partitions:
            raise RequestError(ErrorCode.TOPIC_NOT_FOUND, f"Topic {topic} not found.")
        return self.brokers.partitions[topic]


def _not_available(detail: str) -> RequestError:
    """Return the error after which a client sends the same records again."""
    return RequestError(ErrorCode.BROKER_NOT_AVAILABLE, f"Broker not available: {detail}")


def _check_content_type(request: Request) -> None:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != PRODUCE_TYPE:
        message = f"HTTP 415 Unsupported Media Type: send {PRODUCE_TYPE}"
        raise RequestError(ErrorCode.UNSUPPORTED_MEDIA_TYPE, message)


def _check_partitions(records: Sequence[Record], partitions: int) -> None:
    for record in records:
        if record.partition is not None and not 0 <= record.partition < partitions:
            message = f"Partition {record.partition} not found."
            raise RequestError(ErrorCode.PARTITION_NOT_FOUND, message)


async def _produce(request: Request) -> Response:
    return _answer(200, await request.app.state.proxy.produce(request))


async def _topics(request: Request) -> Response:
    return _answer(200, request.app.state.proxy.topics(request))


async def _health(request: Request) -> Response:
    request.app.state.proxy.check_up()
    return Response(status_code=200)


async def _request_error(_request: Request, error: RequestError) -> Response:
    answer = _answer(error.status, error.answer)
    if error.answer.error_code == ErrorCode.TIMED_OUT:
        answer.headers["Connection"] = "close"  # the rest of the body may never come
    return answer


async def _disconnected(request: Request, _error: ClientDisconnect) -> Response:
    _log.warning("a client left before the end of its body: %s", request.url.path)
    return Response(status_code=400)  # nobody reads it


async def _http_error(_request: Request, error: HTTPException) -> Response:
    answer = ErrorAnswer(error.status_code, f"HTTP {error.status_code} {error.detail}")
    return _answer(error.status_code, answer)


def _answer(status: int, body: Answer) -> Response:
    return Response(msgspec.json.encode(body), status, media_type=ANSWER_TYPE)
