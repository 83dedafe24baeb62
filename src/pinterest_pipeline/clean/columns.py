"""The rules for values: each function takes a column and returns a column. Unknown is null."""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from pinterest_pipeline.clean.placeholders import PLACEHOLDERS, WHITE_SPACE

__all__ = ["coordinates", "follower_count", "full_name", "path", "tags", "text", "trim"]

_SAVED_IN = "Local save in "
_COUNT = r"^(\d+|\d{1,3}(,\d{3})+)(\.\d+)?[kKmMbB]?$"


def trim(value: Column) -> Column:
    """Return `value` without white space at both ends, no-break space and all of Unicode's."""
    return F.trim(value, F.lit(WHITE_SPACE))


def text(name: str) -> Column:
    """Return the text column `name`, trimmed; null where it is empty or one of its placeholders."""
    value = trim(F.col(name))
    unknown = value.isin("", *PLACEHOLDERS.get(name, ()))
    return F.when(~unknown, value)


def follower_count(name: str) -> Column:
    """Return the number of followers that the text column `name` tells, as bigint.

    `124k` is 124000, `1.2k` 1200, `2.5M` 2500000, `1,234` 1234, `3B` 3000000000; either case.
    Null for everything else, and for what is not a whole number or does not fit.
    """
    value = text(name)
    last = F.upper(F.right(value, F.lit(1)))
    scale = (
        F
        .when(last == "K", F.lit(1_000))
        .when(last == "M", F.lit(1_000_000))
        .when(last == "B", F.lit(1_000_000_000))
        .otherwise(F.lit(1))
    )
    number = F.translate(value, ",kKmMbB", "").try_cast("decimal(28,9)")
    count = number * scale
    whole = F.when(count == F.floor(count), count).try_cast("bigint")
    return F.when(value.rlike(_COUNT), whole)


def path(name: str) -> Column:
    """Return the path alone: `/data/art` where the text is `Local save in /data/art`."""
    value = text(name)
    told = F.substring(value, len(_SAVED_IN) + 1, 2**31 - 1)
    return F.when(value.startswith(_SAVED_IN), told).otherwise(value)


def tags(name: str) -> Column:
    """Return the tags that the text column `name` joins by commas, each trimmed.

    Empty tags are left out; null where no tag is left.
    """
    found = F.array_remove(F.split(text(name), rf"[{WHITE_SPACE}]*,[{WHITE_SPACE}]*"), "")
    return F.when(F.size(found) > 0, found)


def full_name(first: str, last: str) -> Column:
    """Return first and last name with one space between; null where both are unknown."""
    name = F.concat_ws(" ", text(first), text(last))
    return F.nullif(name, F.lit(""))


def coordinates(latitude: str, longitude: str) -> Column:
    """Return latitude and longitude in degrees, in this order; null unless both are known."""
    both = F.col(latitude).isNotNull() & F.col(longitude).isNotNull()
    return F.when(both, F.array(latitude, longitude))
