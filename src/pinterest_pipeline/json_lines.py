"""Lines that should hold one JSON object each: their fields, and what is wrong with them.

Built-in expressions only. Spark's `from_json` gives null for what is not JSON, takes the first of
several values, and ignores the text behind it, so the rest is asked for here.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

__all__ = ["MALFORMED", "fields", "kind_of_line", "names_in", "text_of", "trailing_text"]

MALFORMED = "malformed line"
"""Null where the line begins with a JSON object and every field has a value of its type."""

_STRICT = {
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
    "columnNameOfCorruptRecord": MALFORMED,
}


def fields(line: str, schema: StructType) -> Mapping[str, Column]:
    """Return each field of `schema` in the object in `line`, and `MALFORMED`.

    Of a field that is named twice the last value counts, unless it has not the field's type; then
    `MALFORMED` is not null, and `text_of` tells. Select them all in one step: `from_json` then runs
    once for a line, whatever is read of it.
    """
    with_malformed = StructType([*schema.fields]).add(MALFORMED, StringType())
    read = F.from_json(line, with_malformed, _STRICT)
    return {name: read[name] for name in with_malformed.names}


def text_of(line: str, name: str) -> Column:
    """Return the last value of the field `name` in the object in `line`, as text.

    Null where there is none, and for JSON's own null. It parses the line once more. Half of a
    surrogate pair becomes `?`; `get_json_object` makes a null of it, as if nothing stood there.
    """
    return F.from_json(line, StructType().add(name, StringType()), _STRICT)[name]


def names_in(line: str) -> Column:
    """Return the names of the fields of the object in `line`; null where there is none."""
    return F.json_object_keys(line)


def kind_of_line(line: str) -> Column:
    """Return what a malformed line is; null where it is a JSON object and only a value is wrong."""
    syntax = F.from_json(line, StructType().add(MALFORMED, StringType()), _STRICT)
    # Of the functions that take JSON without options, this one alone refuses single quotes; it also
    # refuses an object that names a field twice, so that objects are not left to it.
    is_json = F.try_parse_json(F.col(line)).isNotNull()
    told = F.when(is_json, "not a JSON object").otherwise("not JSON, or cut off")
    return F.when(syntax[MALFORMED].isNotNull(), told)


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
