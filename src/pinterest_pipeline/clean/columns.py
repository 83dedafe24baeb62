"""The rules for values: each function takes names of columns and returns a column.

Unknown is null. The text of typed raw columns is trimmed already (`parsing`).
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F

from pinterest_pipeline.clean.placeholders import PLACEHOLDERS, WHITE_SPACE

__all__ = [
    "coordinates",
    "follower_count",
    "full_name",
    "path",
    "tags",
    "text",
    "trim",
]

_SAVED_IN = "Local save in "
_WHOLE_COUNT = r"^(\d+|\d{1,3}(,\d{3})+)[kKmMbB]?$"
_DECIMAL_COUNT = r"^\d+\.(\d{1,3}0*[kK]|\d{1,6}0*[mM]|\d{1,9}0*[bB])$"
_BETWEEN_TAGS = r"(?U)\s*,\s*"
_UNTIDY = r",(?:(?![!-+\--~])|(?<![!-+\--~],))"
"""A comma that does not stand between two visible characters of ASCII, none of them a comma."""
_ANY_TAG = r"(?U)[^\s,]"
_SCALES = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def trim(value: Column) -> Column:
    """Return `value` without white space at both ends, no-break space and all of Unicode's.

    Spark looks at every character of the text for that, so text whose first and last one are plain
    to see is left alone.
    """
    last = F.substring(value.cast("binary"), -1, 1)
    visible = (value >= "!") & (value < "\x7f") & (last > F.lit(b" ")) & (last < F.lit(b"\x7f"))
    return F.when(visible, value).otherwise(F.trim(value, F.lit(WHITE_SPACE)))


def text(name: str) -> Column:
    """Return the text column `name`; null where it is empty or one of its own placeholders."""
    unknown = F.col(name).isin("", *PLACEHOLDERS.get(name, ()))
    return F.when(~unknown, F.col(name))


def follower_count(name: str) -> Column:
    """Return the number of followers that the text column `name` tells, as bigint.

    `124k` is 124000, `1.2k` 1200, `2.5M` 2500000, `1,234` 1234, `3B` 3000000000; either case.
    Null for everything else, for what is not a whole number, and for what no bigint holds.
    """
    count, scale = F.col(name), _scale(F.col(name))
    number = F.rtrim(count, F.lit("kKmMbB"))
    whole = F.replace(number, F.lit(","), F.lit("")).try_cast("bigint")
    decimal = F.try_multiply(number.try_cast("decimal(28,9)"), scale).try_cast("bigint")
    return F.when(count.rlike(_WHOLE_COUNT), F.try_multiply(whole, scale)).when(
        count.rlike(_DECIMAL_COUNT), decimal
    )


def _scale(count: Column) -> Column:
    scale = F.lit(1).cast("bigint")
    for letter, size in _SCALES.items():
        scaled = count.endswith(letter) | count.endswith(letter.upper())
        scale = F.when(scaled, F.lit(size).cast("bigint")).otherwise(scale)
    return scale


def path(name: str) -> Column:
    """Return the path alone: `/data/art` where the text is `Local save in /data/art`."""
    told = F.substring(name, len(_SAVED_IN) + 1, 2**31 - 1)
    return F.when(F.col(name).startswith(_SAVED_IN), trim(told)).otherwise(text(name))


def tags(name: str) -> Column:
    """Return the tags that the text column `name` joins by commas, each trimmed.

    Empty tags are left out; null where no tag is left.
    """
    tags = F.col(name)
    trimmed = F.array_remove(F.split(tags, _BETWEEN_TAGS), "")
    # Tidy tags need no regular expression, which makes them half as dear.
    found = F.when(~tags.rlike(_UNTIDY), F.split(tags, ",")).when(tags.rlike(_ANY_TAG), trimmed)
    return F.when(text(name).isNotNull(), found)


def full_name(first: str, last: str) -> Column:
    """Return first and last name with one space between; null where both are unknown."""
    name = F.concat_ws(" ", text(first), text(last))
    return F.nullif(name, F.lit(""))


def coordinates(latitude: str, longitude: str) -> Column:
    """Return latitude and longitude in degrees, in this order; null unless both are known."""
    both = F.col(latitude).isNotNull() & F.col(longitude).isNotNull()
    return F.when(both, F.array(latitude, longitude))
