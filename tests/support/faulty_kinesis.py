"""A Kinesis that fails as it is told: a proxy in front of another one, for tests.

with faulty_kinesis(settings.kinesis_url) as kinesis:
    kinesis.fail("PutRecords", refused(every=3), calls=2)
    …  # the next two PutRecords to kinesis.url lose every third record
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import aiohttp
import msgspec
from aiohttp import web

__all__ = [
    "INTERNAL_FAILURE",
    "THROTTLED",
    "Fault",
    "FaultyKinesis",
    "answering",
    "dropped",
    "faulty_kinesis",
    "refused",
]

THROTTLED = "ProvisionedThroughputExceededException"
INTERNAL_FAILURE = "InternalFailure"

_STATUSES = {INTERNAL_FAILURE: 500, "ServiceUnavailable": 503}
_CONTENT_TYPE = "application/x-amz-json-1.1"
_MAX_BODY_BYTES = 20 * 1024 * 1024

type PassOn = Callable[[bytes], Awaitable[web.Response]]
type Fault = Callable[[bytes, PassOn], Awaitable[web.Response | None]]
"""What to do with a call: its body, and what passes a body on. Null drops the connection."""


def answering(error: str = THROTTLED) -> Fault:
    """Return what answers a call with `error` and does nothing else."""

    async def fault(_body: bytes, _pass_on: PassOn) -> web.Response:
        return _json(_STATUSES.get(error, 400), {"__type": error, "message": "As a test asked."})

    return fault


def dropped(*, after: bool = False) -> Fault:
    """Return what drops the connection, after the call has been passed on or without doing so."""

    async def fault(body: bytes, pass_on: PassOn) -> None:
        if after:
            await pass_on(body)

    return fault


def refused(every: int, error: str = THROTTLED) -> Fault:
    """Return what refuses every `every`-th record of PutRecords; the others are passed on."""

    async def fault(body: bytes, pass_on: PassOn) -> web.Response:
        call = msgspec.json.decode(body)
        results = [_refusal(error) if (i + 1) % every == 0 else None for i in range(_count(call))]
        kept = [r for r, result in zip(call["Records"], results, strict=True) if result is None]
        passed = iter(await _put(call | {"Records": kept}, pass_on) if kept else [])
        answers = [result or next(passed) for result in results]
        failed = sum("ErrorCode" in answer for answer in answers)
        return _json(200, {"FailedRecordCount": failed, "Records": answers})

    return fault


class FaultyKinesis:
    """The proxy.

    Attributes:
        url: Where it listens.
        calls: How many calls of each action have come, failed ones too.
    """

    def __init__(self, backend_url: str) -> None:
        self.url = ""
        self.calls: Counter[str] = Counter()
        self._backend_url = backend_url
        self._faults: defaultdict[str, deque[Fault]] = defaultdict(deque)

    def fail(self, action: str, fault: Fault, calls: int = 1) -> None:
        """Let the next `calls` calls of `action` fail, after those that were told before."""
        self._faults[action].extend([fault] * calls)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Listen on a free loopback port."""
        app = web.Application(client_max_size=_MAX_BODY_BYTES)
        app.router.add_post("/", self._answer)
        runner = web.AppRunner(app)
        async with aiohttp.ClientSession() as self._client:
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        action = request.headers["X-Amz-Target"].rpartition(".")[2]
        self.calls[action] += 1
        faults = self._faults[action]
        fault = faults.popleft() if faults else _none

        async def pass_on(body: bytes) -> web.Response:
            return await self._pass_on(request, body)

        try:
            response = await fault(await request.read(), pass_on)
        except aiohttp.ClientError:  # the Kinesis behind it is gone
            response = None
        if response is None and request.transport:
            request.transport.abort()
        return response or web.Response()

    async def _pass_on(self, request: web.Request, body: bytes) -> web.Response:
        headers = {n: v for n, v in request.headers.items() if n.lower() not in _NOT_PASSED_ON}
        async with self._client.post(self._backend_url, data=body, headers=headers) as answer:
            kind = {"Content-Type": answer.headers.get("Content-Type", _CONTENT_TYPE)}
            return web.Response(status=answer.status, body=await answer.read(), headers=kind)


_NOT_PASSED_ON = frozenset({"host", "content-length", "transfer-encoding", "accept-encoding"})


@contextmanager
def faulty_kinesis(backend_url: str) -> Iterator[FaultyKinesis]:
    """Serve a proxy in front of the Kinesis at `backend_url`, in a thread of its own."""
    proxy = FaultyKinesis(backend_url)
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


async def _none(body: bytes, pass_on: PassOn) -> web.Response:
    return await pass_on(body)


async def _put(call: dict[str, object], pass_on: PassOn) -> list[dict[str, object]]:
    answer = await pass_on(msgspec.json.encode(call))
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
