"""Lines that test the rules: varied rows, second versions of posts, and bad lines.

The shares are fixed, and each run has the same lines.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import NamedTuple

import msgspec

from emulation.payloads import Event
from tests.support import reference_model as model

__all__ = ["Line", "varied_lines"]

_VARIED_EVERY, _BAD_EVERY, _AGAIN_EVERY = 2, 97, 41
_AGAIN_WITHIN = 15_000
"""Greatest distance in rows of a second version: more than an object holds."""

_PLACEHOLDERS = tuple(dict.fromkeys(chain.from_iterable(model.PLACEHOLDERS.values())))
"""The lines hold each in every text column. It means unknown only in its own column."""
_TEXTS = (
    *("Éclair", " Éclair", "א", "\U0001f600", "\u200b", "Art.", "always", "967", "S12", "null"),
    *("an error, and a “quote”", "two\nlines", 'say "no"', "Untitled 2", "no title data available"),
)  # fmt: skip
_FOLLOWERS = (
    *("0", "437", "124k", "985K", "6M", "15m", "3B", "2b", "1.2k", "1.20K", "2.5M", "0.5b"),
    *("1.234k", "12.345678M", "1,234", "12,345,678", "999999999999"),
    *("12.3456k", "1.5", "-5", "+5", "k", "1 k", "1kk", "1.k", ".5k", "1e3", "1.2.3k", "5T"),
    *("12,34", "1,2345", ",123", "1,", "1_000", "0x10", "١٢", "NaN", "Infinity", "about 5"),
)  # fmt: skip
_TAGS = (
    *("a,b", ",", ",,a,,b,,", " a , b ", "a\u00a0,\u3000b\u2009", " , \u00a0,", "é , ü"),
    *("one", "N,o,t,a,g,s", "a\n,b"),
)
_PATHS = ("Local save in /data/a b", "Local save in  /data/art", "/data/art")
_PLACES = ((None, None), (90.0, 180.0), (-90.0, -180.0), (12, -7), (1e-7, 0.1234567890123456))

_BAD_LINES: tuple[Callable[[bytes], bytes], ...] = (
    *(lambda line: line[:-9], lambda line: line[:1], lambda _: b"", lambda _: b" \t"),
    *(lambda line: line + line, lambda line: line + b" {}", lambda line: line + b" x"),
    *(lambda line: b"[" + line + b"]", lambda _: b"5", lambda _: b"null", lambda _: b'"text"'),
    *(lambda line: line.replace(b'"', b"'"), lambda line: line.replace(b'"', b'"\xff', 1)),
)
_BAD_VALUES: Mapping[str, Mapping[str, Sequence[object]]] = {
    "pin": {"index": (None, "abc", 1.5, 2**31)},
    "geo": {
        "ind": (None, "abc"),
        "latitude": (200, 90.0001, -90.0001, "north"),
        "longitude": (180.0001, -181, "east"),
        "timestamp": ("yesterday", "2020-13-01T00:00:00", "2021-02-29 00:00:00", "2020"),
    },
    "user": {
        "ind": (None, "abc"),
        "age": ("abc", 20.5, 2**31),
        "date_joined": ("soon", "2017-02-30T00:00:00", "03:52:47"),
    },
}
_OTHERS = {
    "pin": {"ind": 7, "timestamp": "2020-08-28 03:52:47", "latitude": 1.0, "longitude": 2.0},
    "geo": {"ind": 7, "first_name": "Ana", "last_name": "Lee", "age": 30},
    "user": {"ind": 7, "country": "Peru", "latitude": 1.0, "longitude": 2.0},
}
"""Payloads of another event."""


class Line(NamedTuple):
    """A landed line, and whether it is a good event."""

    text: bytes
    good: bool


def varied_lines(event: Event, rows: Iterable[Sequence[object]]) -> Iterator[Line]:
    """Yield the lines of an event: one per row, second versions, and bad lines."""
    rng = random.Random(event.name)  # noqa: S311  # no secret
    again: dict[int, list[dict[str, object]]] = defaultdict(list)
    number = -1
    for number, row in enumerate(rows):
        values = dict(zip(event.columns, row, strict=True))
        if number % _AGAIN_EVERY == 0:
            again[number + rng.randrange(_AGAIN_WITHIN)].append(_varied(event, values, rng))
        if number % _BAD_EVERY == 0:
            yield Line(_bad(event, values, rng), good=False)
        yield _good(_varied(event, values, rng) if number % _VARIED_EVERY == 0 else values)
        yield from map(_good, again.pop(number, ()))
    for later in count(number + 1):
        yield from map(_good, again.pop(later, ()))
        if not again:
            return


def _good(values: Mapping[str, object]) -> Line:
    return Line(msgspec.json.encode(values), good=True)


def _bad(event: Event, values: Mapping[str, object], rng: random.Random) -> bytes:
    name = rng.choice([*_BAD_VALUES[event.name], "other", "no key", *["line"] * 5])
    if name == "other":
        return msgspec.json.encode(_OTHERS[event.name])
    if name == "no key":
        return msgspec.json.encode({n: v for n, v in values.items() if n != event.key})
    if name == "line":
        return rng.choice(_BAD_LINES)(msgspec.json.encode(values))
    bad = rng.choice(_BAD_VALUES[event.name][name])
    return msgspec.json.encode({**values, name: bad})


def _varied(event: Event, values: Mapping[str, object], rng: random.Random) -> dict[str, object]:
    column = rng.choice([*event.columns[1:], "unknown"])
    new: dict[str, object]
    match column:
        case "follower_count":
            new = {column: _padded(rng.choice((*_FOLLOWERS, None, "")), rng)}
        case "tag_list":
            new = {column: _padded(rng.choice((*_TAGS, *_TEXTS, *_PLACEHOLDERS, None)), rng)}
        case "save_location":
            new = {column: _padded(rng.choice((*_PATHS, values[column], None, "")), rng)}
        case "timestamp" | "date_joined":
            swapped = str(values[column]).translate(str.maketrans("T ", " T"))
            new = {column: rng.choice((swapped, swapped, None))}
        case "latitude" | "longitude":
            new = dict(zip(("latitude", "longitude"), rng.choice(_PLACES), strict=True))
        case "age":
            new = {column: rng.choice((0, 18, 24, 25, 130, None))}
        case "downloaded":
            new = {column: rng.choice((None, "yes", 2))}
        case "unknown":
            new = {"unknown": rng.choice((None, 1, "text", [1], {"index": 5, "ind": 5}))}
        case _:
            texts = (*_TEXTS, *_PLACEHOLDERS, values[column], values[column], None, "")
            new = {column: _padded(rng.choice(texts), rng)}
    return {**values, **new}


def _padded(text: object, rng: random.Random) -> object:
    """Return text with white space at both ends, every second time; null stays null."""
    if text is None or rng.random() < 0.5:
        return text
    before, after = ("".join(rng.choices(model.SPACES, k=rng.randrange(3))) for _ in "ab")
    return f"{before}{text}{after}"
