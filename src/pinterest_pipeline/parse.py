"""Raw records become typed columns, or get a reason for their rejection.

Value rules are in `clean.columns`.

Nearly every record is good, so each line is parsed once, with types. Only if that fails, the text
of each field is read, so that the reason names the field and its value.

The module uses built-in expressions only. Spark's `from_json` returns null for a line that is not
JSON, takes one of several values, and ignores trailing text, so other expressions check for these.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    IntegerType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from pinterest_pipeline.clean.columns import timestamp, trim
from pinterest_pipeline.events import Event

__all__ = ["with_parsed"]

_MALFORMED = "malformed line"
"""Null where the line begins with a JSON object and every field has a value of its type."""
_STRICT = {
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
    "columnNameOfCorruptRecord": _MALFORMED,
}
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
"""Spark's own cast also takes Java's `1.5d` and `1.5f`."""
_WHOLE_NUMBER = r"^\s*([+-]?\d+)(\.0*)?\s*$"
"""pandas writes a whole number as `1.0` where its column has missing values."""
_FIRST_YEAR, _LAST_YEAR = 1678, 2261
"""The whole years of pandas' timestamps, in nanoseconds. Charts and tables are made with pandas."""
_SHOWN_CHARACTERS = 100
_NOT_UTF8 = "not UTF-8; the payload is kept as base64"


def with_parsed(records: DataFrame, event: Event) -> DataFrame:
    """Return `records` with the event's columns, and `reason`: null, or why it is rejected.

    The payload of a good record is null. A payload that is not UTF-8 becomes base64.
    """
    read = _fields("payload", _on_the_wire(event.schema))
    values = {field.name: _value(read, field) for field in event.schema.fields}
    # In one step, so that Spark calls `from_json` once for all columns.
    parsed = records.withColumns(values | {"reason": _reason(read, values, event)})
    return parsed.withColumns({"reason": _final_reason(), "payload": _kept_payload()})


def _on_the_wire(schema: StructType) -> StructType:
    """Return `schema` with the types of JSON, which has none for a timestamp."""
    text = StringType()
    is_time = [isinstance(field.dataType, TimestampType) for field in schema.fields]
    types = [text if time else f.dataType for f, time in zip(schema.fields, is_time, strict=True)]
    return StructType([StructField(*pair) for pair in zip(schema.names, types, strict=True)])


def _value(read: Mapping[str, Column], field: StructField) -> Column:
    raw = read[field.name]
    if isinstance(field.dataType, StringType):
        return trim(raw)
    if isinstance(field.dataType, TimestampType):
        return timestamp(raw)
    number = _number(_text(read, field), field)
    return F.when(read[_MALFORMED].isNull(), raw).otherwise(number)


def _number(text: Column, field: StructField) -> Column:
    if isinstance(field.dataType, IntegerType):
        return F.nullif(F.regexp_extract(text, _WHOLE_NUMBER, 1), F.lit("")).try_cast("int")
    return F.when(text.rlike(_NUMBER), text.try_cast(field.dataType))


def _text(read: Mapping[str, Column], field: StructField) -> Column:
    """Return the text of a field in the payload; of a number, only in a malformed line."""
    if isinstance(field.dataType, StringType | TimestampType):
        return read[field.name]
    return F.when(read[_MALFORMED].isNotNull(), _field_text("payload", field.name))


def _reason(read: Mapping[str, Column], values: Mapping[str, Column], event: Event) -> Column:
    """Return the first of the event's reasons that holds."""
    typed = [field for field in event.schema.fields if not isinstance(field.dataType, StringType)]
    return F.coalesce(
        _not_utf8(read, event),
        F.when(read[_MALFORMED].isNotNull(), _malformed_reason("payload")),
        _trailing_text("payload"),
        _wrong_kind(read, event),
        _no_key(read, event),
        *(_unreadable(_text(read, field), values[field.name], field, event) for field in typed),
        *(_out_of_years(read, values, field) for field in typed),
        *(_out_of_range(values[name], name, limit) for name, limit in event.limits.items()),
    )


def _not_utf8(read: Mapping[str, Column], event: Event) -> Column:
    """Return a reason where text that is read is not UTF-8.

    `from_json` puts U+FFFD for bytes that it cannot decode. A search for that character is three
    times as fast as a check of the whole line.
    """
    wire = _on_the_wire(event.schema)
    texts = [read[field.name] for field in wire.fields if isinstance(field.dataType, StringType)]
    replaced = (text.contains("\ufffd") for text in texts)
    return F.when(reduce(or_, replaced) & ~F.is_valid_utf8("payload"), F.lit(_NOT_UTF8))


def _wrong_kind(read: Mapping[str, Column], event: Event) -> Column:
    own = [name for name in event.schema.names if name != event.key]
    all_null = F.coalesce(*(read[name].cast("string") for name in own)).isNull()
    none_named = ~F.arrays_overlap(_field_names("payload"), F.lit(own))
    names = F.array_join(_field_names("payload"), ", ")
    message = F.concat(F.lit(f"not a {event.name} event: its fields are "), names)
    reason = F.when(_field_names("payload").isNull(), F.lit("empty line")).when(
        none_named, F.left(message, F.lit(_SHOWN_CHARACTERS))
    )
    return F.when(all_null, reason)


def _no_key(read: Mapping[str, Column], event: Event) -> Column:
    missing = read[event.key].isNull() & _text(read, event.schema[event.key]).isNull()
    return F.when(missing, F.lit(f"no key: expected an int in {event.key}"))


def _unreadable(text: Column, value: Column, field: StructField, event: Event) -> Column:
    unreadable = text.isNotNull() & value.isNull()
    if field.name != event.key:
        unreadable &= trim(text) != ""  # blank text is unknown, as in every text column
    return F.when(unreadable, _expected(field.dataType.simpleString(), field.name, text))


def _out_of_years(
    read: Mapping[str, Column], values: Mapping[str, Column], field: StructField
) -> Column:
    if not isinstance(field.dataType, TimestampType):
        return F.lit(None).cast("string")
    first = F.lit(f"{_FIRST_YEAR}-01-01T00:00:00Z").cast("timestamp")
    end = F.lit(f"{_LAST_YEAR + 1}-01-01T00:00:00Z").cast("timestamp")
    value, years = values[field.name], f"a year of {_FIRST_YEAR} to {_LAST_YEAR}"
    message = _expected(years, field.name, read[field.name])
    return F.when((value < first) | (value >= end), message)


def _out_of_range(value: Column, name: str, limit: float) -> Column:
    message = _expected(f"-{limit:g} to {limit:g}", name, _field_text("payload", name))
    return F.when(~value.between(-limit, limit), message)


def _expected(expected: str, name: str, text: Column) -> Column:
    shown = F.left(text, F.lit(_SHOWN_CHARACTERS))
    return F.concat(F.lit(f'{name}: expected {expected}, got "'), shown, F.lit('"'))


def _final_reason() -> Column:
    """Return the reason. For a rejected line that is not UTF-8, the encoding is the reason."""
    rejected = F.col("reason").isNotNull()
    return F.when(rejected & ~F.is_valid_utf8("payload"), F.lit(_NOT_UTF8)).otherwise(
        F.col("reason")
    )


def _kept_payload() -> Column:
    payload = F.col("payload")
    base64 = F.replace(F.base64(payload.cast("binary")), F.lit("\r\n"), F.lit(""))
    readable = F.when(F.is_valid_utf8(payload), payload).otherwise(base64)
    return F.when(F.col("reason").isNotNull(), readable)


def _fields(line: str, schema: StructType) -> Mapping[str, Column]:
    """Return each field of `schema` in the object in `line`, and `_MALFORMED`.

    Of duplicate fields the last value counts. If it has another type, `_MALFORMED` is not null and
    `_field_text` returns the value. Select all fields in one step: `from_json` then runs once per
    line.
    """
    with_malformed = StructType([*schema.fields]).add(_MALFORMED, StringType())
    read = F.from_json(line, with_malformed, _STRICT)
    return {name: read[name] for name in with_malformed.names}


def _field_text(line: str, name: str) -> Column:
    """Return the last value of the field `name` in the object in `line`, as text.

    Null where the field is missing or null in JSON. This parses the line once more. Half of a
    surrogate pair becomes `?`; `get_json_object` would return null.
    """
    return F.from_json(line, StructType().add(name, StringType()), _STRICT)[name]


def _field_names(line: str) -> Column:
    """Return the names of the fields of the object in `line`; null where there is none."""
    return F.json_object_keys(line)


def _malformed_reason(line: str) -> Column:
    """Return why a line is malformed; null where it is a JSON object with a wrong value."""
    syntax = F.from_json(line, StructType().add(_MALFORMED, StringType()), _STRICT)
    # Of the functions without options, only this one rejects single quotes. It also rejects an
    # object with duplicate fields, so it is not used for objects.
    is_json = F.try_parse_json(F.col(line)).isNotNull()
    reason = F.when(is_json, "not a JSON object").otherwise("not JSON, or cut off")
    return F.when(syntax[_MALFORMED].isNotNull(), reason)


def _trailing_text(line: str) -> Column:
    """Return a reason where more than white space follows the object that `line` begins with.

    Nothing follows if the first closing brace is the last character, as in nearly every line.
    """
    whole = F.col(line).cast("binary")
    before_last = F.substring(whole, F.lit(1), F.octet_length(line) - 1).cast("string")
    more = F.when(~_stands_alone(line), F.lit("text after the JSON object"))
    return F.when(before_last.contains("}"), more)


def _stands_alone(line: str) -> Column:
    """Return whether `line` is one JSON value: `[line]` has one element and `[line,0]` two.

    A line that closes the array itself has the same length in both.
    """
    alone = F.json_array_length(F.concat(F.lit("["), F.col(line), F.lit("]")))
    before_another = F.json_array_length(F.concat(F.lit("["), F.col(line), F.lit(",0]")))
    return F.coalesce((alone == 1) & (before_another == 2), F.lit(False))
