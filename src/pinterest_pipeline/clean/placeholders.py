"""Text that means "unknown", by column. DATA.md §1 is the source of every entry."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["PLACEHOLDERS", "WHITE_SPACE"]

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
"""A placeholder is the whole value of its own column; elsewhere the same words are only words."""

WHITE_SPACE = (
    "\t\n\v\f\r \u0085\u00a0\u1680"
    "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""The characters with Unicode's property White_Space. Text of nothing else is unknown too."""
