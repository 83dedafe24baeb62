"""The countries that people post from, and how many do."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from pathlib import Path

__all__ = ["COUNTRIES", "country_at"]

COUNTRIES = tuple((Path(__file__).parent / "countries.txt").read_text("utf-8").splitlines())
"""243 names, in alphabetical order."""

_LARGE = {
    "Afghanistan": 12.0,
    "Albania": 12.0,
    "American Samoa": 10.0,
    "Aruba": 9.0,
    "Bangladesh": 11.0,
    "Brazil": 8.0,
    "Cote d'Ivoire": 9.0,
}
"""Weights of the countries that hold 3 to 5 % of the posts each; see `_weight` for the others'."""


def _weight(position: int, name: str) -> float:
    return _LARGE.get(name, 0.35 + position * 7 % 11 / 10)


_UP_TO = tuple(accumulate(_weight(position, name) for position, name in enumerate(COUNTRIES)))


def country_at(share: float) -> str:
    """Return the country at `share` (0 to below 1) of all people."""
    return COUNTRIES[bisect_right(_UP_TO, share * _UP_TO[-1])]
