"""JSON lines as they land: synthetic posts, a few of them bad."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from emulation.payloads import EVENTS, PayloadEncoder
from emulation.synthetic.posts import synthetic_posts

__all__ = ["batches_of_lines"]

_BATCH = 10_000
_BAD_EVERY = 1_000
"""One line of so many is cut off."""


def batches_of_lines(posts: int, *, bad: bool = False) -> Iterator[dict[str, list[bytes]]]:
    """Yield the lines of each event, 10,000 posts at a time; with `bad`, 0.1 % are cut off."""
    encoders = [PayloadEncoder(event) for event in EVENTS]
    source = synthetic_posts(posts)
    while batch := list(islice(source, _BATCH)):
        lines = {
            event.name: encoder.payloads(rows)
            for event, encoder, rows in zip(EVENTS, encoders, zip(*batch, strict=True), strict=True)
        }
        yield {name: _cut(found) for name, found in lines.items()} if bad else lines


def _cut(lines: list[bytes]) -> list[bytes]:
    return [line[:-9] if n % _BAD_EVERY == 0 else line for n, line in enumerate(lines)]
