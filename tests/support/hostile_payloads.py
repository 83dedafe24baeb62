"""Hypothesis strategies for payloads that are bad or unusual: changed and damaged events."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

from tests.support.strategies import (
    Wire,
    drawn,
    events,
    json_texts,
    texts,
    wire_bytes,
)

__all__ = ["each_value_in_each_field", "payloads"]

_VALUES = [
    *("null", "true", "{}", "[]", '""', '" "', '"abc"', "7.0", "7.5", "1e1", "-0", "90.1", "200"),
    *("1e999", "-1e-999", "9" * 400, "9" * 1_200, "2147483648", '"2147483648"', '"1.5d"', '"+7"'),
    *("NaN", '"NaN"', "-Infinity", "01", "+1", ".5", "1.", "'x'", "0x1F", "undefined", ""),
    *(r'"\ud800"', r'"\udc00\ud800"', r'"\u0000"', r'"\x"', '"\t"', '"', '"\U0010ffff"'),
    *('{"index":1,"ind":1}', '{"a":1,"a":2}', "[" * 50 + "]" * 50, "[" * 2_000 + "]" * 2_000),
    *('"2020"', '"now"', '"2020-08-28"', '"2020-08-28T03:52:47"', '"2020-08-28 03:52:47"'),
    *('"2020-13-28 03:52:47"', '"2021-02-29T00:00:00"', '"2020-08-28T24:00:00"'),
    *('"0000-01-01T00:00:00"', '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-18:00"'),
]
_values = st.sampled_from(_VALUES) | json_texts


@st.composite
def _changed_field(draw: st.DrawFn, wire: Wire) -> Wire:
    """Return the event with one field removed, renamed, changed, duplicated or added."""
    at = draw(st.integers(0, len(wire) - 1))
    name, text = wire[at]
    renamed = st.sampled_from([name.upper(), f" {name}", f"{name}.a", "$", ""])
    fields = draw(
        st.sampled_from([
            [],
            [(name, draw(_values))],
            [(name, draw(_values))],
            [(draw(renamed), text)],
            [(draw(renamed), draw(_values)), (name, text)],
            [(name, text), (name, draw(_values))],
            [(name, draw(_values)), (name, text)],
        ])
    )
    return wire[:at] + fields + wire[at + 1 :]


@st.composite
def _changed_bytes(draw: st.DrawFn, line: bytes) -> bytes:
    """Return the line truncated, wrapped, extended, re-encoded or damaged."""
    at = draw(st.integers(0, len(line)))
    other = draw(st.binary(min_size=1, max_size=3))
    change: Callable[[bytes], bytes] = draw(
        st.sampled_from([
            lambda line: line[:at],
            lambda line: line[:at] + other + line[at:],
            lambda line: line[:at] + other + line[at + 1 :],
            lambda line: b"\xef\xbb\xbf" + line,
            lambda line: b" \r\n\t" + line + b"\r\n \t",
            lambda line: b"\xc2\xa0" + line,
            lambda line: b"[" + line + b"]",
            lambda line: line + line,
            lambda line: line + b"\n" + line,
            lambda line: line + b"," + line,
            lambda line: line + b"],[" + line,
            lambda line: line + other,
            lambda line: line + b"}",
            lambda line: line + b"]}",
            lambda line: line + b"\0",
            lambda line: line + b" //",
            lambda line: b"/**/" + line,
            lambda line: line.decode(errors="replace").encode("utf-16"),
            lambda line: line.replace(b'"', b"'"),
            lambda line: line.replace(b'"', b'\\"'),
            lambda line: b'"' + line + b'"',
        ])
    )
    return change(line)


def payloads(event: str) -> st.SearchStrategy[bytes]:
    """Return bad, unusual and good payloads of `event`."""
    kinds = st.sampled_from([*[event] * 6, "pin", "geo", "user"])
    wire = kinds.flatmap(events).map(lambda event_and_values: event_and_values[0])
    once = wire.flatmap(_changed_field)
    twice = once.filter(bool).flatmap(_changed_field)
    changed = (once | twice).map(wire_bytes)
    damaged = (wire | once).map(wire_bytes).flatmap(_changed_bytes)
    anything = st.binary(max_size=40) | (_values | texts).map(str.encode)
    return st.one_of(*[wire.map(wire_bytes)] * 2, *[changed, damaged] * 2, anything)


def each_value_in_each_field(event: str) -> list[bytes]:
    """Return a good `event` with each unusual value in each field, and one in single quotes."""
    wire, _ = drawn(events(event), 1)[0]
    changed = [
        [*wire[:at], (name, text), *wire[at + 1 :]]
        for at, (name, _) in enumerate(wire)
        for text in _VALUES
    ]
    return [*map(wire_bytes, changed), wire_bytes(wire).replace(b'"', b"'")]
