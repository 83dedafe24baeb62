"""The rules for values: each function takes names of columns and returns a column.

Unknown is null. A cheap test comes before each costly rule, because nearly every value passes it:
without them cleaning costs several times as much as reading (benchmarks/cleaning.py).
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from pinterest_pipeline.clean.placeholders import PLACEHOLDERS, WHITE_SPACE

__all__ = ["coordinates", "follower_count", "full_name", "path", "tags", "text", "trim"]

_SAVED_IN = "Local save in "
_WHOLE_COUNT = r"^(\d{1,12}|\d{1,3}(,\d{3}){1,3})[kKmMbB]?$"
_DECIMAL_COUNT = r"^\d{1,9}\.\d{1,9}[kKmMbB]$"
_TAG_END = r"(?U)\s*,\s*"
_UNTIDY_TAGS = r"(?U)^,|\s,|,[\s,]|,$"


def trim(value: Column) -> Column:
    """Return `value` without white space at both ends, no-break space and all of Unicode's."""
    last = F.substring(value.cast("binary"), -1, 1)
    visible_ends = (
        (value > " ~") & (value < "\x7f") & (last > F.lit(b" ")) & (last < F.lit(b"\x7f"))
    )
    return F.when(visible_ends, value).otherwise(F.trim(value, F.lit(WHITE_SPACE)))


def text(name: str) -> Column:
    """Return the text column `name`, trimmed; null where it is empty or one of its placeholders."""
    value = trim(F.col(name))
    unknown = value.isin("", *PLACEHOLDERS.get(name, ()))
    return F.when(~unknown, value)


def follower_count(name: str) -> Column:
    """Return the number of followers that the text column `name` tells, as bigint.

    `124k` is 124000, `1.2k` 1200, `2.5M` 2500000, `1,234` 1234, `3B` 3000000000; either case.
    Null for everything else, and for a number that is not whole or has more than 12 digits.
    """
    value = trim(F.col(name))
    number = F.rtrim(value, F.lit("kKmMbB"))
    whole = F.try_multiply(
        F.replace(number, F.lit(","), F.lit("")).try_cast("bigint"), _scale(value)
    )
    exact = number.try_cast("decimal(18,9)") * _scale(value)
    return F.when(value.rlike(_WHOLE_COUNT), whole).when(
        value.rlike(_DECIMAL_COUNT), F.when(exact == F.floor(exact), exact.try_cast("bigint"))
    )


def _scale(count: Column) -> Column:
    last = F.lower(F.right(count, F.lit(1)))
    return (
        F
        .when(last == "k", F.lit(1_000))
        .when(last == "m", F.lit(1_000_000))
        .when(last == "b", F.lit(1_000_000_000))
        .otherwise(F.lit(1))
        .cast("bigint")
    )


def path(name: str) -> Column:
    """Return the path alone: `/data/art` where the text is `Local save in /data/art`."""
    value = text(name)
    told = F.substring(value, len(_SAVED_IN) + 1, 2**31 - 1)
    return F.when(value.startswith(_SAVED_IN), told).otherwise(value)


def tags(name: str) -> Column:
    """Return the tags that the text column `name` joins by commas, each trimmed.

    Empty tags are left out; null where no tag is left.
    """
    value = text(name)
    found = F.array_remove(F.split(value, _TAG_END), "")
    untidy = F.when(F.size(found) > 0, found)
    return F.when(value.rlike(_UNTIDY_TAGS), untidy).otherwise(F.split(value, ","))


def full_name(first: str, last: str) -> Column:
    """Return first and last name with one space between; null where both are unknown."""
    name = F.concat_ws(" ", text(first), text(last))
    return F.nullif(name, F.lit(""))


def coordinates(latitude: str, longitude: str) -> Column:
    """Return latitude and longitude in degrees, in this order; null unless both are known."""
    both = F.col(latitude).isNotNull() & F.col(longitude).isNotNull()
    return F.when(both, F.array(latitude, longitude))
