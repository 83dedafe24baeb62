"""Raw records become typed raw columns, or get a reason for their rejection.

Every field is read as text and then converted, so that a reason can name the field and its value.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DataType,
    DoubleType,
    StringType,
    StructField,
    TimestampType,
)

from pinterest_pipeline.clean.columns import trim
from pinterest_pipeline.events import Event
from pinterest_pipeline.json_lines import MALFORMED, kind_of_line, names_in, texts, trailing_text

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
    read = texts("payload", event.schema.names)
    return (
        records
        .select("*", *(read[name].alias(_text(name)) for name in read))
        .withColumn("reason", _reason(event))
        .withColumns({field.name: _value(field) for field in event.schema.fields})
        .withColumn("payload", _kept_payload())
    )


def _text(name: str) -> str:
    return f"{name} as text"


def _value(field: StructField) -> Column:
    return _converted(F.col(_text(field.name)), field.dataType)


def _converted(text: Column, data_type: DataType) -> Column:
    if isinstance(data_type, StringType):
        return text
    if isinstance(data_type, TimestampType):
        return F.when(trim(text).rlike(_TIMESTAMP), trim(text).try_cast(data_type))
    if isinstance(data_type, DoubleType):
        return F.when(text.rlike(_NUMBER), text.try_cast(data_type))
    return text.try_cast(data_type)


def _reason(event: Event) -> Column:
    """Return the first of the event's reasons that holds; the costly ones are asked last."""
    fields = [field for field in event.schema.fields if not isinstance(field.dataType, StringType)]
    return F.coalesce(
        F.when(~F.is_valid_utf8("payload"), F.lit("not UTF-8; the payload is kept as base64")),
        F.when(F.col(_text(MALFORMED)).isNotNull(), kind_of_line("payload")),
        trailing_text("payload"),
        _wrong_kind(event),
        F.when(F.col(_text(event.key)).isNull(), F.lit(f"no key: expected an int in {event.key}")),
        *(_unconvertible(field) for field in fields),
        *(_out_of_range(name, limit) for name, limit in event.limits.items()),
    )


def _wrong_kind(event: Event) -> Column:
    own = [name for name in event.schema.names if name != event.key]
    all_null = F.coalesce(*(F.col(_text(name)) for name in own)).isNull()
    none_named = ~F.arrays_overlap(names_in("payload"), F.lit(own))
    found = F.array_join(names_in("payload"), ", ")
    said = F.concat(F.lit(f"not a {event.name} event: its fields are "), found)
    return F.when(
        all_null,
        F.when(names_in("payload").isNull(), F.lit("empty line")).when(
            none_named, F.left(said, F.lit(_SHOWN_CHARACTERS))
        ),
    )


def _unconvertible(field: StructField) -> Column:
    text = F.col(_text(field.name))
    unreadable = text.isNotNull() & _value(field).isNull()
    if isinstance(field.dataType, TimestampType):
        unreadable &= trim(text) != ""  # blank text is unknown, as in every text column
    return F.when(unreadable, _expected(field.name, field.dataType.simpleString()))


def _out_of_range(name: str, limit: float) -> Column:
    value = _converted(F.col(_text(name)), DoubleType())
    return F.when(~value.between(-limit, limit), _expected(name, f"-{limit:g} to {limit:g}"))


def _expected(name: str, expected: str) -> Column:
    shown = F.left(F.col(_text(name)), F.lit(_SHOWN_CHARACTERS))
    return F.concat(F.lit(f'{name}: expected {expected}, got "'), shown, F.lit('"'))


def _kept_payload() -> Column:
    payload = F.col("payload")
    readable = F.when(F.is_valid_utf8(payload), payload).otherwise(F.base64(payload.cast("binary")))
    return F.when(F.col("reason").isNotNull(), readable)
