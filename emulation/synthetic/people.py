"""The people who post."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import product
from pathlib import Path

from emulation.synthetic.countries import country_at
from emulation.synthetic.mixing import mixed

__all__ = ["FIRST_JOINED", "LAST_JOINED", "People", "Person"]

FIRST_JOINED = datetime(2015, 10, 21)  # noqa: DTZ001  # the source's times have no zone: they are UTC
LAST_JOINED = datetime(2017, 10, 20)  # noqa: DTZ001  # as above
_JOINED_SECONDS = int((LAST_JOINED - FIRST_JOINED).total_seconds())

_AGE_YOUNGEST, _AGE_OLDEST = 20, 60
_AGE_SKEW = 1.7
"""Above 1 there are more young people than old ones."""

_SKEW = 2.36
"""How unevenly posts spread over people: the most active of 5,300 has 2.2 % of all posts."""
_PEOPLE_PER_POST = 0.79
"""People drawn from, per post; with the skew, 0.475 per post are ever drawn."""

_FIRST_NAMES = (Path(__file__).parent / "first_names.txt").read_text("utf-8").split()
_LAST_NAME_STARTS = (
    "Ash Beck Birch Brook Clay Cole Dun East Fair Glen Hart Hol Kings Lang Mar Nor Oak Pem Red "
    "Stan Thorn Wake West Whit"
)
_LAST_NAME_ENDS = "bourne bury dale field ford ham ley mere ridge ton wood"
_LAST_NAMES = [
    start + end for start, end in product(_LAST_NAME_STARTS.split(), _LAST_NAME_ENDS.split())
]

_SECOND_DRAW = 1


@dataclass(frozen=True, slots=True)
class Person:
    """One person: always the same names, age, day of joining and place."""

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
        mixed(seed, number), len(_FIRST_NAMES), len(_LAST_NAMES), _JOINED_SECONDS
    )
    age, place, latitude, longitude = _split(
        mixed(seed, number, _SECOND_DRAW), 1 << 10, 1 << 16, 1_800_000, 3_600_000
    )
    years = _AGE_OLDEST - _AGE_YOUNGEST + 1
    return Person(
        first_name=_FIRST_NAMES[first],
        last_name=_LAST_NAMES[last],
        age=_AGE_YOUNGEST + int((age / (1 << 10)) ** _AGE_SKEW * years),
        joined=FIRST_JOINED + timedelta(seconds=joined),
        country=country_at(place / (1 << 16)),
        latitude=round(latitude / 10_000 - 90, 4),
        longitude=round(longitude / 10_000 - 180, 4),
    )


class People:
    """Everyone who may be behind some number of posts."""

    def __init__(self, seed: int, posts: int) -> None:
        self._seed = seed
        self._count = max(1, round(posts * _PEOPLE_PER_POST))

    def at(self, share: float) -> Person:
        """Return the person at `share` (0 to below 1) of the posts; the busiest come first."""
        return _person(self._seed, int(self._count * share**_SKEW))
