"""A proxy in front of a Kinesis or an S3 that lets calls fail on demand.

with faulty_aws(settings.kinesis_url) as kinesis:
    kinesis.fail("PutRecords", refused(every=3), calls=2)
    …  # the next two PutRecords to kinesis.url lose every third record
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial

import aiohttp
import msgspec
from aiohttp import web
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from local.environment import REGION

__all__ = [
    "INTERNAL_FAILURE",
    "THROTTLED",
    "Fault",
    "FaultyAws",
    "answering",
    "dropped",
    "failing_s3",
    "faulty_aws",
    "overtaken",
    "refused",
]

THROTTLED = "ProvisionedThroughputExceededException"
INTERNAL_FAILURE = "InternalFailure"

_STATUSES = {INTERNAL_FAILURE: 500, "ServiceUnavailable": 503}
_CONTENT_TYPE = "application/x-amz-json-1.1"
_MAX_BODY_BYTES = 64 * 1024 * 1024

type Forward = Callable[[bytes], Awaitable[web.Response]]
type Fault = Callable[[bytes, Forward], Awaitable[web.Response | None]]
"""Answers a call, given its body and a function that forwards a body; None drops the connection."""


def answering(error: str = THROTTLED) -> Fault:
    """Return a fault that answers a call with `error`."""

    async def fault(_body: bytes, _forward: Forward) -> web.Response:
        return _json(_STATUSES.get(error, 400), {"__type": error, "message": "As a test asked."})

    return fault


def dropped(*, after: bool = False) -> Fault:
    """Return a fault that drops the connection, with `after` once the call is forwarded."""

    async def fault(body: bytes, forward: Forward) -> None:
        if after:
            await forward(body)

    return fault


def failing_s3(status: int, code: str) -> Fault:
    """Return a fault that answers a call to S3 with an error."""

    async def fault(_body: bytes, _forward: Forward) -> web.Response:
        text = f"<Error><Code>{code}</Code><Message>As a test asked.</Message></Error>"
        return web.Response(status=status, text=text, content_type="application/xml")

    return fault


def overtaken() -> tuple[Fault, Fault]:
    """Return the faults of two calls: the first is dropped, and stored after the second."""
    late: list[Callable[[], Awaitable[web.Response]]] = []

    async def first(body: bytes, forward: Forward) -> None:
        late.append(partial(forward, body))

    async def second(body: bytes, forward: Forward) -> web.Response:
        answer = await forward(body)
        await late.pop()()
        return answer

    return first, second


def refused(every: int, error: str = THROTTLED) -> Fault:
    """Return a fault that refuses every `every`-th record of PutRecords and forwards the others."""

    async def fault(body: bytes, forward: Forward) -> web.Response:
        call = msgspec.json.decode(body)
        results = [_refusal(error) if (i + 1) % every == 0 else None for i in range(_count(call))]
        kept = [r for r, result in zip(call["Records"], results, strict=True) if result is None]
        stored = iter(await _put(call | {"Records": kept}, forward) if kept else [])
        answers = [result or next(stored) for result in results]
        failed = sum("ErrorCode" in answer for answer in answers)
        return _json(200, {"FailedRecordCount": failed, "Records": answers})

    return fault


class FaultyAws:
    """The proxy. The action of a call to S3 is its HTTP method.

    Args:
        backend_url: Where calls are forwarded to.
        key: Signs calls of Kinesis that a fault has changed. Without it they keep the signature of
            the caller.

    Attributes:
        url: Where it listens.
        port: The port of the URL.
        calls: Number of calls by action, failed calls included.
    """

    def __init__(self, backend_url: str, key: Credentials | None = None) -> None:
        self.url = ""
        self.port = 0
        self.calls: Counter[str] = Counter()
        self._backend_url = backend_url
        self._key = key
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def fail(self, action: str, fault: Fault, calls: int = 1) -> None:
        """Let the next `calls` calls of `action` fail, after the faults added before."""
        self._faults[action].extend([fault] * calls)

    def heal(self, action: str) -> None:
        """Let the next calls of `action` pass."""
        self._faults[action].clear()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen on a free loopback port."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app)
        async with aiohttp.ClientSession(auto_decompress=False) as self._client:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.port = runner.addresses[0][1]
            self.url = f"http://127.0.0.1:{self.port}"
            yield
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        action = request.headers.get("X-Amz-Target", request.method).rpartition(".")[2]
        self.calls[action] += 1
        faults = self._faults[action]
        fault = faults.popleft() if faults else _no_fault

        async def forward(body: bytes) -> web.Response:
            return await self._forward(request, body)

        try:
            response = await fault(await request.read(), forward)
        except (aiohttp.ClientError, ConnectionError):  # a neighbour has stopped
            response = None
        if response is None and request.transport:
            request.transport.abort()
        return response or web.Response()

    async def _forward(self, request: web.Request, body: bytes) -> web.Response:
        url = URL(f"{self._backend_url}{request.raw_path}", encoded=True)
        headers = _forwarded(request.headers)
        if self._key is not None and body != await request.read():
            headers = _signed(request, str(url), headers, body, self._key)
        async with self._client.request(request.method, url, data=body, headers=headers) as answer:
            copied = _forwarded(answer.headers)
            if request.method == "HEAD":  # the length is that of the body of a GET
                length = {"Content-Length": answer.headers.get("Content-Length", "0")}
                return web.Response(status=answer.status, headers=copied | length)
            body = await answer.read()
            return web.Response(status=answer.status, body=body, headers=copied)


def _forwarded(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _NOT_FORWARDED}


def _signed(
    request: web.Request, url: str, headers: Mapping[str, str], body: bytes, key: Credentials
) -> dict[str, str]:
    meaning = {name: headers[name] for name in ("Content-Type", "X-Amz-Target")}
    signed = AWSRequest(request.method, url, meaning, body)
    SigV4Auth(key, "kinesis", REGION).add_auth(signed)
    return dict(signed.headers)


_NOT_FORWARDED = frozenset({
    "content-length",
    "transfer-encoding",
    "connection",
    "date",
    "server",
})


@contextmanager
def faulty_aws(backend_url: str, key: Credentials | None = None) -> Iterator[FaultyAws]:
    """Serve a proxy in front of a Kinesis or an S3, in its own thread."""
    proxy = FaultyAws(backend_url, key)
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with proxy.serving():
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    assert ready.wait(30), "the faulty Kinesis does not listen"
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()
        loop.close()


async def _no_fault(body: bytes, forward: Forward) -> web.Response:
    return await forward(body)


async def _put(call: dict[str, object], forward: Forward) -> list[dict[str, object]]:
    answer = await forward(msgspec.json.encode(call))
    assert isinstance(answer.body, bytes)
    results: list[dict[str, object]] = msgspec.json.decode(answer.body)["Records"]
    return results


def _count(call: dict[str, list[object]]) -> int:
    return len(call["Records"])


def _refusal(error: str) -> dict[str, object]:
    return {"ErrorCode": error, "ErrorMessage": "As a test asked."}


def _json(status: int, body: object) -> web.Response:
    return web.Response(
        status=status, body=msgspec.json.encode(body), headers={"Content-Type": _CONTENT_TYPE}
    )
