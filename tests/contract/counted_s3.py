"""An S3 that tells what it was asked: a proxy in front of another one, for tests.

with counted_s3(settings.landing_url) as s3:
    …  # whoever reads objects by s3.url
    assert s3.requests[key] == ["GET"]
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["CountedS3", "counted_s3"]


@dataclass(frozen=True)
class CountedS3:
    """Where it listens, and the requests for each key, or prefix that was listed, in order."""

    url: str
    requests: defaultdict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


@contextmanager
def counted_s3(backend_url: str) -> Iterator[CountedS3]:
    """Yield an S3 that passes everything on to the one at `backend_url`; it can be read only."""
    backend = urlsplit(backend_url).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            counted.requests[_key(self.path)].append(_kind(self.path) or "GET")
            self._pass_on()

        def do_HEAD(self) -> None:
            counted.requests[_key(self.path)].append("HEAD")
            self._pass_on()

        def log_request(self, *_: object) -> None:
            """Tell nothing: tests look at `requests`."""

        def _pass_on(self) -> None:
            connection = HTTPConnection(backend)
            connection.request(self.command, self.path, headers=dict(self.headers.items()))
            answer = connection.getresponse()
            body = answer.read()
            self.send_response_only(answer.status)
            for name, value in answer.getheaders():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            connection.close()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    counted = CountedS3(f"http://127.0.0.1:{server.server_port}")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield counted
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


def _kind(path: str) -> str:
    return "LIST" if "list-type" in parse_qs(urlsplit(path).query) else ""


def _key(path: str) -> str:
    """Return the key without its bucket; for a listing the prefix without its last slash."""
    parts = urlsplit(path)
    prefix = parse_qs(parts.query).get("prefix", [""])[0].rstrip("/")
    return prefix or unquote(parts.path).split("/", 2)[-1]
