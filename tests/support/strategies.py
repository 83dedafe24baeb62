"""Hypothesis strategies: text, follower counts, and events in JSON with their clean values."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence

from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from tests.support import reference_model as model

__all__ = [
    "Wire",
    "drawn",
    "events",
    "json_texts",
    "letters",
    "padded",
    "texts",
    "wire_bytes",
]

_INTS = st.integers(-(2**31), 2**31 - 1)
Wire = list[tuple[str, str]]
"""The fields of an object: names, and values as JSON text."""

_LOOK_ALIKES = ["Art.", "always", "Slide1", "S12", "967", "error", "א", "…", "\u200b", "\ufffd"]
_WORDS = sorted({word for words in model.PLACEHOLDERS.values() for word in words})
letters = st.characters(exclude_categories=["Cs"])
_spaces = st.text(st.sampled_from(model.SPACES), max_size=3)
_pieces = st.sampled_from([*_WORDS, *_LOOK_ALIKES, *",}]\"'\\\n\r\t\0"]) | st.text(letters)
texts = st.lists(_pieces | _spaces, max_size=5).map("".join) | st.sampled_from(_WORDS)
"""Any text: white space, whole and partial placeholders, similar texts, and any characters."""


def drawn[T](values: SearchStrategy[T], count: int) -> list[T]:
    """Return about `count` values, so that one Spark job checks all of them.

    Hypothesis does not shrink them: a failing test shows a few of the values.
    """
    examples: list[T] = []

    @settings(max_examples=count, phases=[Phase.generate], database=None, deadline=None)
    @given(values)
    def draw(value: T) -> None:
        examples.append(value)

    draw()
    return examples


def padded(texts: SearchStrategy[str]) -> SearchStrategy[str]:
    """Return `texts` with white space around them."""
    return st.tuples(_spaces, texts, _spaces).map("".join)


@st.composite
def _counts(draw: st.DrawFn) -> tuple[str, int]:
    """Return the text of a follower count, and its number."""
    letter, zeros = draw(st.sampled_from([("", 0), ("k", 3), ("m", 6), ("b", 9)]))
    whole = draw(st.integers(0, 999_999))
    decimals = draw(st.text("0123456789", max_size=zeros))
    text = str(whole) if decimals or draw(st.booleans()) else f"{whole:,}"
    count = whole * 10**zeros + int(decimals.ljust(zeros, "0") or 0)
    point = "." if decimals else ""
    return text + point + decimals + draw(st.sampled_from([letter, letter.upper()])), count


_known_text = texts.map(model.trim).filter(bool)


@st.composite
def _text(draw: st.DrawFn, column: str) -> tuple[str, str | None]:
    """Return the text of a field, and what the clean column holds."""
    words = model.PLACEHOLDERS.get(column, [])
    if draw(st.integers(0, 4)) == 0:
        unknown = draw(padded(st.sampled_from(["", *words])))
        return json.dumps(draw(st.sampled_from([unknown, None]))), None
    known = draw(_known_text.filter(lambda text: text not in words))
    ascii_only = draw(st.booleans())
    return json.dumps(draw(padded(st.just(known))), ensure_ascii=ascii_only), known


@st.composite
def _path(draw: st.DrawFn) -> tuple[str, str]:
    text = draw(letters.filter(str.isalpha))
    return json.dumps("Local save in " + draw(padded(st.just(f"/data/{text}")))), f"/data/{text}"


_tag = _known_text.filter(lambda tag: "," not in tag)


@st.composite
def _tags(draw: st.DrawFn) -> tuple[str, list[str]]:
    tags = draw(st.lists(_tag, min_size=1, max_size=6))
    return json.dumps(",".join(draw(padded(st.just(tag))) for tag in tags)), tags


@st.composite
def _count(draw: st.DrawFn) -> tuple[str, int]:
    text, count = draw(_counts())
    return json.dumps(draw(padded(st.just(text)))), count


@st.composite
def _number(draw: st.DrawFn, numbers: SearchStrategy[float]) -> tuple[str, float]:
    number = draw(numbers)
    return draw(st.sampled_from(["{}", '"{}"', '" {}"'])).format(number), number


@st.composite
def _moment(draw: st.DrawFn) -> tuple[str, int | None]:
    """Return a time in one of its forms, and its microseconds since 1970."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(['""', '"\\u00a0"', "null"])), None
    moment = draw(st.datetimes(dt.datetime(1678, 1, 2), dt.datetime(2261, 12, 30)))  # noqa: DTZ001
    text = moment.isoformat(sep=draw(st.sampled_from("T ")))
    hours = draw(st.none() | st.integers(-14, 14))
    if hours is not None:
        text += f"{hours:+03}:00" if hours else draw(st.sampled_from(["Z", "+00:00"]))
    since = moment - dt.datetime(1970, 1, 1) - dt.timedelta(hours=hours or 0)  # noqa: DTZ001
    return json.dumps(draw(padded(st.just(text)))), since // dt.timedelta(microseconds=1)


def _or_null[T](values: SearchStrategy[tuple[str, T]]) -> SearchStrategy[tuple[str, T | None]]:
    null: tuple[str, T | None] = ("null", None)
    return st.integers(0, 4).flatmap(lambda n: values if n else st.just(null))


def _texts(*columns: str) -> dict[str, SearchStrategy[tuple[str, object]]]:
    return {column: _text(column) for column in columns}


_FIELDS: Mapping[str, Mapping[str, SearchStrategy[tuple[str, object]]]] = {
    "pin": {
        "index": _number(_INTS),
        **_texts("unique_id", "title", "description", "poster_name"),
        "follower_count": _or_null(_count()),
        "tag_list": _or_null(_tags()),
        **_texts("is_image_or_video", "image_src", "category"),
        "save_location": _or_null(_path()),
    },
    "geo": {
        "ind": _number(_INTS),
        "timestamp": _moment(),
        "latitude": _or_null(_number(st.floats(-90, 90))),
        "longitude": _or_null(_number(st.floats(-180, 180))),
        "country": _text("country"),
    },
    "user": {
        "ind": _number(_INTS),
        **_texts("first_name", "last_name"),
        "age": _or_null(_number(_INTS)),
        "date_joined": _moment(),
    },
}


@st.composite
def events(draw: st.DrawFn, event: str) -> tuple[Wire, dict[str, object]]:
    """Return a good event, with unknown fields among its own, and its clean values by field."""
    pairs = {name: draw(field) for name, field in _FIELDS[event].items()}
    others = [(f"_{name}", draw(json_texts)) for name in draw(st.sets(texts, max_size=2))]
    wire = [(name, text) for name, (text, _) in pairs.items()] + others
    return draw(st.permutations(wire)), {name: clean for name, (_, clean) in pairs.items()}


_numbers = st.integers() | st.floats()
_values = st.recursive(
    st.none() | st.booleans() | _numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)
json_texts = st.builds(json.dumps, _values, ensure_ascii=st.booleans()).filter(
    lambda text: "NaN" not in text and "Infinity" not in text
)
"""Any JSON value, as text."""


def wire_bytes(fields: Sequence[tuple[str, str]], between: str = " ") -> bytes:
    """Return the JSON object with the white space `between` before each of its parts."""
    parts = (f"{between}{json.dumps(name)}:{between}{text}" for name, text in fields)
    return f"{{{','.join(parts)}{between}}}".encode()
