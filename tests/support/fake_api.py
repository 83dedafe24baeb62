"""An API in the process of a test, with scripted answers."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STORED = {"partition": 0, "offset": 7, "error_code": None, "error": None}


@dataclass(frozen=True)
class Request:
    """One request, and its connection."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: tuple[str, int]

    @property
    def records(self) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = json.loads(self.body)["records"]
        return records

    @property
    def keys(self) -> list[str]:
        return [record["key" if self.to_kafka else "partition-key"] for record in self.records]

    @property
    def payloads(self) -> list[dict[str, Any]]:
        return [record["value" if self.to_kafka else "data"] for record in self.records]

    @property
    def to_kafka(self) -> bool:
        return "/topics/" in self.path

    @property
    def destination(self) -> str:
        return "kafka" if self.to_kafka else "kinesis"

    @property
    def event(self) -> str:
        return re.split("[.-]", self.path.removesuffix("/records"))[-1]


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    body: bytes


type Script = Answer | Callable[[Request], Answer] | None
"""How to answer a request; None drops the connection."""


def all_stored(request: Request) -> Answer:
    stored = [None] * len(request.records)
    return outcomes(stored) if request.to_kafka else put(stored)


def outcomes(codes: Sequence[int | None]) -> Answer:
    """Return an answer with these error codes, one per record."""
    offsets = [
        STORED if code is None else {"error_code": code, "error": f"reason {code}"}
        for code in codes
    ]
    return Answer(200, json.dumps({"offsets": offsets}).encode())


def put(codes: Sequence[str | None]) -> Answer:
    """Return Kinesis' answer with these error codes, one per record."""
    records = [
        {"SequenceNumber": "7", "ShardId": "shardId-000000000001"}
        if code is None
        else {"ErrorCode": code, "ErrorMessage": f"reason {code}"}
        for code in codes
    ]
    failed = sum(code is not None for code in codes)
    return Answer(200, json.dumps({"FailedRecordCount": failed, "Records": records}).encode())


def kinesis_error(kind: str, status: int = 400) -> Answer:
    return Answer(status, json.dumps({"__type": kind, "message": "a scripted failure"}).encode())


def message(status: int, text: str = "a scripted failure") -> Answer:
    return Answer(status, json.dumps({"message": text}).encode())


@dataclass
class FakeApi:
    """Answers with `script` first, one answer per request, and with `always` from then on."""

    url: str = ""
    always: Script = all_stored
    script: deque[Script] = field(default_factory=deque)
    requests: list[Request] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, event: str, to: str = "kafka") -> list[Request]:
        return [
            request
            for request in self.requests
            if request.event == event and request.destination == to
        ]

    def stored_keys(self, event: str, to: str = "kafka") -> list[str]:
        """Return the keys of all requests about `event`, in order of arrival."""
        return [key for request in self.of(event, to) for key in request.keys]

    def answer_to(self, request: Request) -> Answer | None:
        with self.lock:
            self.requests.append(request)
            step = self.script.popleft() if self.script else self.always
        return step(request) if callable(step) else step


def serve(api: FakeApi) -> ThreadingHTTPServer:
    """Return a server of `api`, on a free loopback port; the caller starts and stops it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet: the second would wait for an acknowledgement

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = dict(self.headers.items())
            request = Request(self.command, self.path, headers, body, self.client_address)
            answer = api.answer_to(request)
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_PUT = do_POST  # noqa: N815  # its base's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its base's name
            """The test reads the requests, not the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api.url = f"http://127.0.0.1:{server.server_address[1]}/prod"
    return server
