"""Lines that should hold one JSON object each: their fields as text, and what is wrong with them.

Built-in expressions only. Spark's `from_json` gives null for what is not JSON, takes the first of
several values, and ignores the text behind it, so the rest is asked for here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

__all__ = ["MALFORMED", "kind_of_line", "names_in", "texts", "trailing_text"]

MALFORMED = "malformed line"
"""Name of the text that is null where the line begins with one JSON object."""

_STRICT = {
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
    "columnNameOfCorruptRecord": MALFORMED,
}


def texts(line: str, names: Sequence[str]) -> Mapping[str, Column]:
    """Return each named field of the object in `line` as text, and `MALFORMED`.

    Select them all in one step: `from_json` then runs once for a line, whatever is read of it.
    """
    fields = [*names, MALFORMED]
    schema = StructType([StructField(name, StringType()) for name in fields])
    read = F.from_json(line, schema, _STRICT)
    return {name: read[name] for name in fields}


def names_in(line: str) -> Column:
    """Return the names of the fields of the object in `line`; null where there is none."""
    return F.json_object_keys(line)


def kind_of_line(line: str) -> Column:
    """Return what a line is that is not empty, and does not begin with a JSON object."""
    values = F.json_array_length(F.concat(F.lit("["), F.col(line), F.lit("]")))
    return F.when(values.isNull(), F.lit("not JSON, or cut off")).otherwise("not a JSON object")


def trailing_text(line: str) -> Column:
    """Return a reason where more than white space follows the object that `line` begins with.

    Nothing follows where the first closing brace is the last character, as it nearly always is.
    """
    whole = F.col(line).cast("binary")
    before_last = F.substring(whole, F.lit(1), F.octet_length(line) - 1).cast("string")
    more = F.when(~_stands_alone(line), F.lit("text after the JSON object"))
    return F.when(before_last.contains("}"), more)


def _stands_alone(line: str) -> Column:
    """Return whether `line` is one JSON value: the only one of an array, then the first of two.

    A line that closes the array itself has the same length in both.
    """
    alone = F.json_array_length(F.concat(F.lit("["), F.col(line), F.lit("]")))
    before_another = F.json_array_length(F.concat(F.lit("["), F.col(line), F.lit(",0]")))
    return F.coalesce((alone == 1) & (before_another == 2), F.lit(False))
