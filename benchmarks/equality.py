"""Whether the clean rows are those of the reference model of the rules.

The model is written from the rules in words, not from the library. It decides which lines are good
and which version of a post is the last. The lines test the rules: varied rows, second versions of
posts, and bad lines. Their shares are fixed, and each run has the same lines.
"""

from __future__ import annotations

import base64
import datetime as dt
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import batched, chain, count
from typing import Any, NamedTuple

import msgspec
from pyspark.sql import Row, SparkSession
from pyspark.sql import functions as F

from benchmarks.environment import measured_environment
from benchmarks.figures import Figure, log_step
from benchmarks.records import land
from emulation.payloads import EVENTS, Event
from emulation.synthetic.posts import synthetic_posts
from local.environment import Environment
from pinterest_pipeline.pipeline import clean_landing
from pinterest_pipeline.tables import Tables
from tests.support import reference_model as model

__all__ = ["Line", "differences", "equality", "expected_rows"]

_OBJECT_LINES = 10_000
_SHOWN = 3

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIMES = {"geo": "timestamp", "user": "date_joined"}

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


def equality(posts: int) -> list[Figure]:
    """Return how many clean rows and rejected records differ, over `posts` posts."""
    figures = []
    with measured_environment("spark") as environment:
        lines = {}
        for event, rows in zip(EVENTS, zip(*synthetic_posts(posts), strict=True), strict=True):
            log_step(f"land the {event.name} records of {posts:,} posts")
            lines[event.name] = list(varied_lines(event, rows))
            _land(environment, event, lines[event.name])
        spark, settings = environment.spark, environment.settings
        tables = Tables(settings.catalog, "bench_equality")
        log_step("clean them, and compare")
        clean_landing(
            spark,
            landing_path=settings.landing_path,
            checkpoints_path=settings.checkpoints_path,
            user_id="equal",
            tables=tables,
        )
        for event in EVENTS:
            figures += _compared(spark, tables, event, lines[event.name])
    return figures


def expected_rows(event: Event, lines: Iterable[Line]) -> list[dict[str, object]]:
    """Return the clean rows of `lines`: one per post, its last version. Times in microseconds."""
    clean = {"pin": _pin, "geo": _geo, "user": _user}[event.name]
    good = (msgspec.json.decode(line.text) for line in lines if line.good)
    latest = {values[event.key]: values for values in good}
    return [clean(values) for values in latest.values()]


def _pin(raw: Mapping[str, Any]) -> dict[str, object]:
    names = ("unique_id", "title", "description", "poster_name", "is_image_or_video")
    return {
        "ind": raw["index"],
        **{name: model.text(name, raw[name]) for name in (*names, "image_src", "category")},
        "follower_count": model.followers(raw["follower_count"]),
        "tag_list": model.tags(raw["tag_list"]),
        "save_location": model.path(raw["save_location"]),
    }


def _geo(raw: Mapping[str, Any]) -> dict[str, object]:
    pair = [raw["latitude"], raw["longitude"]]
    return {
        "ind": raw["ind"],
        "country": model.text("country", raw["country"]),
        "coordinates": None if None in pair else [float(degrees) for degrees in pair],
        "timestamp": _microseconds(raw["timestamp"]),
    }


def _user(raw: Mapping[str, Any]) -> dict[str, object]:
    return {
        "ind": raw["ind"],
        "user_name": model.full_name(raw["first_name"], raw["last_name"]),
        "age": raw["age"],
        "date_joined": _microseconds(raw["date_joined"]),
    }


def _microseconds(moment: str | None) -> int | None:
    if moment is None:
        return None
    time = dt.datetime.fromisoformat(moment).replace(tzinfo=dt.UTC)
    return (time - _EPOCH) // dt.timedelta(microseconds=1)


def differences(got: Iterable[object], expected: Iterable[object]) -> list[str]:
    """Return the values, as text, that one of both holds more often than the other."""
    ours, theirs = Counter(map(repr, got)), Counter(map(repr, expected))
    extra = [f"unexpected: {one}" for one in (ours - theirs).elements()]
    return sorted([*extra, *(f"missing: {one}" for one in (theirs - ours).elements())])


def _land(environment: Environment, event: Event, lines: Iterable[Line]) -> None:
    objects = ([line.text for line in some] for some in batched(lines, _OBJECT_LINES))
    land(
        environment, f"equal.{event.name}", objects, threads=1
    )  # in order: a later version is later


def _compared(
    spark: SparkSession, tables: Tables, event: Event, lines: Sequence[Line]
) -> list[Figure]:
    clean = tables.read(spark, event.name)
    if time := _TIMES.get(event.name):
        clean = clean.withColumn(time, F.unix_micros(time))
    expected = expected_rows(event, lines)
    got = (_items(row.asDict()) for row in clean.collect())
    rows = differences(got, map(_items, expected))
    bad = [line.text for line in lines if not line.good]
    rejected = tables.read(spark, "rejected").where(F.col("event") == event.name).collect()
    records = differences(map(_line, rejected), bad)
    for difference in [*rows[:_SHOWN], *records[:_SHOWN]]:
        log_step(f"differs: {difference}")
    name = f"{event.name}: clean rows unlike the model's {len(expected):,}"
    return [
        Figure(name, len(rows), at_most=0),
        Figure(f"{event.name}: rejected unlike the {len(bad):,} bad", len(records), at_most=0),
    ]


def _items(row: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted(row.items())


def _line(rejected: Row) -> bytes:
    """Return the rejected line."""
    payload: str = rejected.payload
    return base64.b64decode(payload) if "base64" in rejected.reason else payload.encode()


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
