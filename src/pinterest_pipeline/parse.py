"""Raw records become typed raw columns, or get a reason for their rejection.

Nearly every record is good, so it is read with its types, once. Only where that fails is the text
of each field looked at, so that the reason can name the field and its value.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from pinterest_pipeline.clean.columns import trim
from pinterest_pipeline.events import Event
from pinterest_pipeline.json_lines import (
    MALFORMED,
    fields,
    kind_of_line,
    names_in,
    text_of,
    trailing_text,
)

__all__ = ["with_parsed"]

_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$"
"""Spark's own cast also takes `2020`, and `T03:52:47` for a time of the present day."""
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
"""Spark's own cast also takes Java's `1.5d` and `1.5f`."""
_SHOWN_CHARACTERS = 100
_NOT_UTF8 = "not UTF-8; the payload is kept as base64"


def with_parsed(records: DataFrame, event: Event) -> DataFrame:
    """Return `records` with the event's columns, and `reason`: null, or why it is rejected.

    The payload of a good record is null, and that of one which is not UTF-8 is its base64.
    """
    read = fields("payload", _on_the_wire(event.schema))
    values = {field.name: _value(read, field) for field in event.schema.fields}
    # In one step, so that Spark sees that it is one call of `from_json` that everything needs.
    judged = records.withColumns(values | {"reason": _reason(read, values, event)})
    return judged.withColumns({"reason": _final_reason(), "payload": _kept_payload()})


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
        return F.when(trim(raw).rlike(_TIMESTAMP), trim(raw).try_cast(field.dataType))
    text = _text(read, field)
    number = F.when(text.rlike(_NUMBER), text.try_cast(field.dataType))
    return F.when(read[MALFORMED].isNull(), raw).otherwise(number)


def _text(read: Mapping[str, Column], field: StructField) -> Column:
    """Return what stands in the payload for a field; of a number, only in a malformed line."""
    if isinstance(field.dataType, StringType | TimestampType):
        return read[field.name]
    return F.when(read[MALFORMED].isNotNull(), text_of("payload", field.name))


def _reason(read: Mapping[str, Column], values: Mapping[str, Column], event: Event) -> Column:
    """Return the first of the event's reasons that holds."""
    typed = [field for field in event.schema.fields if not isinstance(field.dataType, StringType)]
    return F.coalesce(
        _not_utf8(read, event),
        F.when(read[MALFORMED].isNotNull(), kind_of_line("payload")),
        trailing_text("payload"),
        _wrong_kind(read, event),
        _no_key(read, event),
        *(_unreadable(_text(read, field), values[field.name], field) for field in typed),
        *(_out_of_range(values[name], name, limit) for name, limit in event.limits.items()),
    )


def _not_utf8(read: Mapping[str, Column], event: Event) -> Column:
    """Return a reason where text that is read is not UTF-8.

    `from_json` puts U+FFFD for what it cannot decode. To look for that is three times as fast as to
    check the line.
    """
    wire = _on_the_wire(event.schema)
    texts = [read[field.name] for field in wire.fields if isinstance(field.dataType, StringType)]
    replaced = (text.contains("\ufffd") for text in texts)
    return F.when(reduce(or_, replaced) & ~F.is_valid_utf8("payload"), F.lit(_NOT_UTF8))


def _wrong_kind(read: Mapping[str, Column], event: Event) -> Column:
    own = [name for name in event.schema.names if name != event.key]
    all_null = F.coalesce(*(read[name].cast("string") for name in own)).isNull()
    none_named = ~F.arrays_overlap(names_in("payload"), F.lit(own))
    found = F.array_join(names_in("payload"), ", ")
    said = F.concat(F.lit(f"not a {event.name} event: its fields are "), found)
    reason = F.when(names_in("payload").isNull(), F.lit("empty line")).when(
        none_named, F.left(said, F.lit(_SHOWN_CHARACTERS))
    )
    return F.when(all_null, reason)


def _no_key(read: Mapping[str, Column], event: Event) -> Column:
    missing = read[event.key].isNull() & _text(read, event.schema[event.key]).isNull()
    return F.when(missing, F.lit(f"no key: expected an int in {event.key}"))


def _unreadable(text: Column, value: Column, field: StructField) -> Column:
    unreadable = text.isNotNull() & value.isNull()
    if isinstance(field.dataType, TimestampType):
        unreadable &= trim(text) != ""  # blank text is unknown, as in every text column
    return F.when(unreadable, _expected(field.dataType.simpleString(), field.name, text))


def _out_of_range(value: Column, name: str, limit: float) -> Column:
    said = _expected(f"-{limit:g} to {limit:g}", name, text_of("payload", name))
    return F.when(~value.between(-limit, limit), said)


def _expected(expected: str, name: str, text: Column) -> Column:
    shown = F.left(text, F.lit(_SHOWN_CHARACTERS))
    return F.concat(F.lit(f'{name}: expected {expected}, got "'), shown, F.lit('"'))


def _final_reason() -> Column:
    """Return the reason; of any rejected line that is not UTF-8, that it is not."""
    rejected = F.col("reason").isNotNull()
    return F.when(rejected & ~F.is_valid_utf8("payload"), F.lit(_NOT_UTF8)).otherwise(
        F.col("reason")
    )


def _kept_payload() -> Column:
    payload = F.col("payload")
    base64 = F.replace(F.base64(payload.cast("binary")), F.lit("\r\n"), F.lit(""))
    readable = F.when(F.is_valid_utf8(payload), payload).otherwise(base64)
    return F.when(F.col("reason").isNotNull(), readable)
