"""Raw records become typed raw columns, or get a reason for their rejection."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    DataType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from pinterest_pipeline.events import Event

__all__ = ["with_parsed"]

_OPTIONS = {"allowSingleQuotes": "false", "allowNonNumericNumbers": "false"}
_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$"
_END = "end of the record"


def with_parsed(records: DataFrame, event: Event) -> DataFrame:
    """Return `records` with the event's columns, and `reason`: null, or why it is rejected."""
    text = StructType([StructField(name, StringType()) for name in event.schema.names])
    wrapped = F.concat(
        F.lit("["), F.col("payload"), F.lit(f',{{"{_END}":"'), F.xxhash64("payload"), F.lit('"}]')
    )
    values = F.from_json(wrapped, ArrayType(text.add(_END, StringType())), _OPTIONS)
    read = records.withColumn("values", values)
    typed = {
        field.name: _typed(F.col("values")[0][field.name], field.dataType)
        for field in event.schema.fields
    }
    return read.withColumns(typed).withColumn("reason", _reason()).drop("values")


def _typed(text: Column, data_type: DataType) -> Column:
    if isinstance(data_type, StringType):
        return text
    if isinstance(data_type, TimestampType):
        moment = F.trim(text)
        return F.when(moment.rlike(_TIMESTAMP), moment.try_cast(data_type))
    return text.try_cast(data_type)


def _reason() -> Column:
    values, payload = F.col("values"), F.col("payload")
    whole = (F.size(values) == 2) & (values[1][_END] == F.xxhash64("payload").cast("string"))
    return F.coalesce(
        F.when(~F.is_valid_utf8(payload), F.lit("not UTF-8: the payload is kept as base64")),
        F.when(~whole | whole.isNull(), F.lit("not one JSON value")),
    )
