"""The rules for values once more, in plain Python, written from DATA.md alone."""

from __future__ import annotations

from fractions import Fraction

__all__ = ["PLACEHOLDERS", "SPACES", "followers", "full_name", "path", "tags", "text", "trim"]

SPACES = "".join(
    letter
    for letter in map(chr, range(0x110000))
    if letter.isspace() and not "\x1c" <= letter <= "\x1f"  # Unicode has these as controls only
)
PLACEHOLDERS = {
    "title": ["No Title Data Available"],
    "description": [
        "No description available Story format",
        "No description available",
        "Untitled",
    ],
    "poster_name": ["User Info Error"],
    "follower_count": ["User Info Error"],
    "tag_list": ["N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e"],
    "image_src": ["Image src error."],
}
_SCALES = {"k": 10**3, "K": 10**3, "m": 10**6, "M": 10**6, "b": 10**9, "B": 10**9}
_DIGITS = frozenset("0123456789")


def trim(told: str) -> str:
    """Return `told` without white space at both ends."""
    return told.strip(SPACES)


def text(column: str, told: str | None) -> str | None:
    """Return the text that stands in the clean table."""
    trimmed = trim(told or "")
    return None if trimmed in ["", *PLACEHOLDERS.get(column, [])] else trimmed


def followers(told: str | None) -> int | None:
    """Return the count; null for what is no number, no whole one, or no bigint."""
    trimmed = trim(told or "")
    scale = _SCALES.get(trimmed[-1:], 1)
    number = trimmed[:-1] if scale > 1 else trimmed
    whole, point, decimals = number.partition(".")
    groups = whole.split(",")
    if not all(part and _DIGITS.issuperset(part) for part in [*groups, decimals or "0"]):
        return None
    grouped = len(groups) > 1
    if grouped and (len(groups[0]) > 3 or any(len(group) != 3 for group in groups[1:])):
        return None
    if point and (grouped or not decimals or scale == 1):
        return None
    count = Fraction("".join(groups) + point + decimals) * scale
    return int(count) if count.denominator == 1 and count < 2**63 else None


def tags(told: str | None) -> list[str] | None:
    """Return the tags; null for none."""
    if text("tag_list", told) is None:
        return None
    found = [trim(tag) for tag in (told or "").split(",")]
    return [tag for tag in found if tag] or None


def path(told: str | None) -> str | None:
    """Return the path alone."""
    known = text("save_location", told)
    return None if known is None else text("save_location", known.removeprefix("Local save in "))


def full_name(first: str | None, last: str | None) -> str | None:
    """Return the names that are known, with a space between."""
    known = [name for name in (text("first_name", first), text("last_name", last)) if name]
    return " ".join(known) or None
