"""The rules for values: placeholders, white space, timestamps, and one function per kind of value.

Unknown values are null. `trim` and `timestamp` take a column and apply to every field of their
type, while a record is parsed. The other functions take the names of columns whose text is trimmed.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column
from pyspark.sql import functions as F

__all__ = [
    "PLACEHOLDERS",
    "WHITE_SPACE",
    "coordinates",
    "follower_count",
    "full_name",
    "path",
    "tags",
    "text",
    "timestamp",
    "trim",
]

PLACEHOLDERS: Mapping[str, tuple[str, ...]] = {
    "title": ("No Title Data Available",),
    "description": (
        "No description available Story format",
        "No description available",
        "Untitled",
    ),
    "poster_name": ("User Info Error",),
    "follower_count": ("User Info Error",),
    "tag_list": ("N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e",),
    "image_src": ("Image src error.",),
}
"""Text that means "unknown", by column. Only the whole value of its own column is a placeholder."""

WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters with Unicode's property White_Space. Text of only these means unknown too."""

_TIMESTAMP = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$"
"""Spark's own cast also takes `2020`, and `T03:52:47` for a time of the present day."""
_SAVED_IN = "Local save in "
_WHOLE_COUNT = r"^(\d+|\d{1,3}(,\d{3})+)[kKmMbB]?$"
_DECIMAL_COUNT = r"^\d+\.(0+|\d{1,3}0*[kK]|\d{1,6}0*[mM]|\d{1,9}0*[bB])$"
_BETWEEN_TAGS = r"(?U)\s*,\s*"
_UNTIDY = r",(?:(?![!-+\--~])|(?<![!-+\--~],))"
"""A comma that is not between two visible ASCII characters other than commas."""
_ANY_TAG = r"(?U)[^\s,]"
_SCALES = {"k": 1_000, "m": 1_000_000, "b": 1_000_000_000}


def trim(value: Column) -> Column:
    """Return `value` without Unicode white space at both ends.

    `F.trim` is slow: it looks at every character. Text whose first and last characters are visible
    ASCII is returned as it is.
    """
    last = F.substring(value.cast("binary"), -1, 1)
    visible = (value >= "!") & (value < "\x7f") & (last > F.lit(b" ")) & (last < F.lit(b"\x7f"))
    return F.when(visible, value).otherwise(F.trim(value, F.lit(WHITE_SPACE)))


def timestamp(value: Column) -> Column:
    """Return the timestamp in text such as `2020-08-28T03:52:47` or `2020-08-28 03:52:47`.

    Null for text in any other form. Text without an offset is UTC.
    """
    trimmed = trim(value)
    return F.when(trimmed.rlike(_TIMESTAMP), trimmed.try_cast("timestamp"))


def text(name: str) -> Column:
    """Return the text column `name`; null where it is empty or one of its own placeholders."""
    unknown = F.col(name).isin("", *PLACEHOLDERS.get(name, ()))
    return F.when(~unknown, F.col(name))


def follower_count(name: str) -> Column:
    """Return the number of followers in the text column `name`, as bigint.

    `124k` is 124000, `1.2k` 1200, `2.5M` 2500000, `1,234` 1234, `3B` 3000000000, `437.0` 437;
    either case of a letter.
    Null for any other form, for a fraction of a follower, and for a number beyond bigint.
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
    """Return only the path: `/data/art` where the text is `Local save in /data/art`."""
    # Of bytes, because a substring of text looks at each character.
    after = F.substring(F.col(name).cast("binary"), len(_SAVED_IN) + 1, 2**31 - 1).cast("string")
    return F.when(F.col(name).startswith(_SAVED_IN), trim(after)).otherwise(text(name))


def tags(name: str) -> Column:
    """Return the tags that the text column `name` joins by commas, each trimmed.

    Empty tags are left out; null where no tag is left.
    """
    tags = F.col(name)
    trimmed = F.array_remove(F.split(tags, _BETWEEN_TAGS), "")
    # Tidy tags need no regular expression, which halves their cost.
    split = F.when(~tags.rlike(_UNTIDY), F.split(tags, ",")).when(tags.rlike(_ANY_TAG), trimmed)
    return F.when(text(name).isNotNull(), split)


def full_name(first: str, last: str) -> Column:
    """Return first and last name with one space between; null where both are unknown."""
    name = F.concat_ws(" ", text(first), text(last))
    return F.nullif(name, F.lit(""))


def coordinates(latitude: str, longitude: str) -> Column:
    """Return latitude and longitude in degrees, in this order; null unless both are known."""
    both = F.col(latitude).isNotNull() & F.col(longitude).isNotNull()
    return F.when(both, F.array(latitude, longitude))
