"""The people who post, each derived from a number."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import accumulate

from emulation.synthetic.vocabulary import COUNTRIES, FIRST_NAMES, LAST_NAMES

__all__ = ["FIRST_JOINED", "LAST_JOINED", "People", "Person", "mix_bits"]

FIRST_JOINED = datetime(2015, 10, 21)  # noqa: DTZ001  # times of the source have no zone; they are UTC
LAST_JOINED = datetime(2017, 10, 20)  # noqa: DTZ001  # as above
_JOINED_SECONDS = int((LAST_JOINED - FIRST_JOINED).total_seconds())

_AGE_YOUNGEST, _AGE_OLDEST = 20, 60
_AGE_SKEW = 1.7
"""Above 1 there are more young people than old ones."""

_SKEW = 2.36
"""Skew of posts over people: the most active of 5,300 has 2.2 % of all posts."""
_PEOPLE_PER_POST = 0.79
"""People per post in the population; with the skew, 0.475 per post occur."""

_SECOND_DRAW = 1

_MASK = (1 << 64) - 1

_LARGE_COUNTRIES = {
    "Afghanistan": 12.0,
    "Albania": 12.0,
    "American Samoa": 10.0,
    "Aruba": 9.0,
    "Bangladesh": 11.0,
    "Brazil": 8.0,
    "Cote d'Ivoire": 9.0,
}
"""Weights of the countries that hold 3 to 5 % of the posts each."""


def mix_bits(*numbers: int) -> int:
    """Return 64 bits mixed from `numbers` (SplitMix64's finaliser, once per number).

    People and accounts derived from numbers need no table, so a million posts take no memory.
    Python's own hash() would differ between processes for text, and hardly mixes integers.
    """
    bits = 0
    for number in numbers:
        bits = (bits + number + 0x9E3779B97F4A7C15) & _MASK
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
        bits ^= bits >> 31
    return bits


_CUMULATIVE_WEIGHTS = tuple(
    accumulate(
        _LARGE_COUNTRIES.get(name, 0.35 + position * 7 % 11 / 10)
        for position, name in enumerate(COUNTRIES)
    )
)


def _country_at(share: float) -> str:
    """Return the country at `share` (0 to below 1) of all people."""
    return COUNTRIES[bisect_right(_CUMULATIVE_WEIGHTS, share * _CUMULATIVE_WEIGHTS[-1])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person; names, age, day of joining and place never change."""

    first_name: str
    last_name: str
    age: int
    joined: datetime
    country: str
    latitude: float
    longitude: float


def _split(bits: int, *sizes: int) -> list[int]:
    """Return one number below each of `sizes`, taken from `bits`."""
    numbers = []
    for size in sizes:
        bits, number = divmod(bits, size)
        numbers.append(number)
    return numbers


@lru_cache(maxsize=20_000)
def _person(seed: int, number: int) -> Person:
    first, last, joined = _split(
        mix_bits(seed, number), len(FIRST_NAMES), len(LAST_NAMES), _JOINED_SECONDS
    )
    age, place, latitude, longitude = _split(
        mix_bits(seed, number, _SECOND_DRAW), 1 << 10, 1 << 16, 1_800_000, 3_600_000
    )
    years = _AGE_OLDEST - _AGE_YOUNGEST + 1
    return Person(
        first_name=FIRST_NAMES[first],
        last_name=LAST_NAMES[last],
        age=_AGE_YOUNGEST + int((age / (1 << 10)) ** _AGE_SKEW * years),
        joined=FIRST_JOINED + timedelta(seconds=joined),
        country=_country_at(place / (1 << 16)),
        latitude=round(latitude / 10_000 - 90, 4),
        longitude=round(longitude / 10_000 - 180, 4),
    )


class People:
    """The population behind a number of posts."""

    def __init__(self, seed: int, posts: int) -> None:
        self._seed = seed
        self._count = max(1, round(posts * _PEOPLE_PER_POST))

    def at(self, share: float) -> Person:
        """Return the person at `share` (0 to below 1) of the posts; the busiest come first."""
        return _person(self._seed, int(self._count * share**_SKEW))
