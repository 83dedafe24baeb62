"""Raw records become typed raw columns, or get a reason for their rejection.

Nearly every record is good, so it is read with its types, once. Only where that fails is the text
of each field looked at, so that the reason can name the field and its value.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from pinterest_pipeline.clean.columns import trim
from pinterest_pipeline.events import Event
from pinterest_pipeline.json_lines import MALFORMED, fields, kind_of_line, names_in, trailing_text

__all__ = ["with_parsed"]

_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$"
"""Spark's own cast also takes `2020`, and `T03:52:47` for a time of the present day."""
_NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
"""Spark's own cast also takes Java's `1.5d` and `1.5f`."""
_SHOWN_CHARACTERS = 100


def with_parsed(records: DataFrame, event: Event) -> DataFrame:
    """Return `records` with the event's columns, and `reason`: null, or why it is rejected.

    The payload of a good record is null, and that of one which is not UTF-8 is its base64.
    """
    read = fields("payload", _on_the_wire(event.schema))
    return (
        records
        .select("*", *(column.alias(_raw(name)) for name, column in read.items()))
        .withColumn("reason", _reason(event))
        .withColumns({field.name: _value(field) for field in event.schema.fields})
        .withColumn("payload", _kept_payload())
        .drop(*(_raw(name) for name in read))
    )


def _on_the_wire(schema: StructType) -> StructType:
    """Return `schema` with the types of JSON, which has none for a timestamp."""
    text = StringType()
    is_time = [isinstance(field.dataType, TimestampType) for field in schema.fields]
    types = [text if time else f.dataType for f, time in zip(schema.fields, is_time, strict=True)]
    return StructType([StructField(*pair) for pair in zip(schema.names, types, strict=True)])


def _raw(name: str) -> str:
    return f"raw {name}"


def _text(field: StructField) -> Column:
    """Return what stands in the payload for a field; only where its line is malformed, if typed."""
    if isinstance(field.dataType, StringType | TimestampType):
        return F.col(_raw(field.name))
    malformed = F.col(_raw(MALFORMED)).isNotNull()
    return F.when(malformed, _written(field.name))


def _value(field: StructField) -> Column:
    raw = F.col(_raw(field.name))
    if isinstance(field.dataType, StringType):
        return raw
    if isinstance(field.dataType, TimestampType):
        return F.when(trim(raw).rlike(_TIMESTAMP), trim(raw).try_cast(field.dataType))
    return F.coalesce(raw, _number(_text(field), field.dataType))


def _number(text: Column, data_type: DataType) -> Column:
    return F.when(text.rlike(_NUMBER), text.try_cast(data_type))


def _reason(event: Event) -> Column:
    """Return the first of the event's reasons that holds; the costly ones are asked last."""
    typed = [field for field in event.schema.fields if not isinstance(field.dataType, StringType)]
    return F.coalesce(
        F.when(~F.is_valid_utf8("payload"), F.lit("not UTF-8; the payload is kept as base64")),
        F.when(F.col(_raw(MALFORMED)).isNotNull(), kind_of_line("payload")),
        trailing_text("payload"),
        _wrong_kind(event),
        _no_key(event),
        *(_unreadable(field) for field in typed),
        *(_out_of_range(event.schema[name], limit) for name, limit in event.limits.items()),
    )


def _wrong_kind(event: Event) -> Column:
    own = [name for name in event.schema.names if name != event.key]
    all_null = F.coalesce(*(F.col(_raw(name)).cast("string") for name in own)).isNull()
    none_named = ~F.arrays_overlap(names_in("payload"), F.lit(own))
    found = F.array_join(names_in("payload"), ", ")
    said = F.concat(F.lit(f"not a {event.name} event: its fields are "), found)
    reason = F.when(names_in("payload").isNull(), F.lit("empty line")).when(
        none_named, F.left(said, F.lit(_SHOWN_CHARACTERS))
    )
    return F.when(all_null, reason)


def _no_key(event: Event) -> Column:
    missing = F.col(_raw(event.key)).isNull() & _text(event.schema[event.key]).isNull()
    return F.when(missing, F.lit(f"no key: expected an int in {event.key}"))


def _unreadable(field: StructField) -> Column:
    text = _text(field)
    unreadable = text.isNotNull() & _value(field).isNull()
    if isinstance(field.dataType, TimestampType):
        unreadable &= trim(text) != ""  # blank text is unknown, as in every text column
    return F.when(unreadable, _expected(field.dataType.simpleString(), field.name))


def _out_of_range(field: StructField, limit: float) -> Column:
    outside = ~_value(field).between(-limit, limit)
    return F.when(outside, _expected(f"-{limit:g} to {limit:g}", field.name))


def _expected(expected: str, name: str) -> Column:
    shown = F.left(_written(name), F.lit(_SHOWN_CHARACTERS))
    return F.concat(F.lit(f'{name}: expected {expected}, got "'), shown, F.lit('"'))


def _written(name: str) -> Column:
    """Return what stands for a field in the payload, as text."""
    return F.get_json_object("payload", f"$.{name}")


def _kept_payload() -> Column:
    payload = F.col("payload")
    readable = F.when(F.is_valid_utf8(payload), payload).otherwise(F.base64(payload.cast("binary")))
    return F.when(F.col("reason").isNotNull(), readable)
