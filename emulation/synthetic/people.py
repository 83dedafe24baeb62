"""The people who post and the accounts whose pins they save, each derived from numbers."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate

from emulation.synthetic import vocabulary

__all__ = ["LAST_JOINED", "People", "Person", "poster_and_followers"]

_FIRST_JOINED = datetime(2015, 10, 21)  # noqa: DTZ001  # times of the source have no zone; they are UTC
LAST_JOINED = datetime(2017, 10, 20)  # noqa: DTZ001  # as above
_JOINED_SECONDS = int((LAST_JOINED - _FIRST_JOINED).total_seconds())

_AGE_YOUNGEST, _AGE_OLDEST = 20, 60
_AGE_SKEW = 1.7
"""Above 1 there are more young people than old ones."""

_SKEW = 2.36
"""Skew of posts over people: the most active of 5,300 has 2.2 % of all posts."""
_PEOPLE_PER_POST = 0.79
"""People per post in the population; with the skew, 0.475 per post occur."""

_SECOND_DRAW = 1

_NO_POSTER_SHARE = 0.006
_MAGNITUDE_SPREAD = 1.9
_AGE_GROUPS_FROM = (25, 36, 51)
_MAX_CANDIDATES = 4
"""How many people are considered, at most, for a post in a category."""
_MIN_AFFINITY = 0.15

_STEPS_PER_DECADE = 20
_TOP_MAGNITUDE = 7.2
"""Decimal logarithm of the followers of the largest account."""
_SINGLE_ACCOUNT_FROM = 6.6
"""Magnitude from which there is one account per step and category."""
_ACCOUNTS_PER_STEP = 4

_THOUSANDS_END = 985_999
_MILLIONS = (15, 8, 6, 5, 4, 3, 2, 1)
_LOOK_ALIKE_EVERY = 400

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


def _mix_bits(*numbers: int) -> int:
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
        for position, name in enumerate(vocabulary.COUNTRIES)
    )
)


def _country_at(share: float) -> str:
    """Return the country at `share` (0 to below 1) of all people."""
    return vocabulary.COUNTRIES[bisect_right(_CUMULATIVE_WEIGHTS, share * _CUMULATIVE_WEIGHTS[-1])]


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
        _mix_bits(seed, number),
        len(vocabulary.FIRST_NAMES),
        len(vocabulary.LAST_NAMES),
        _JOINED_SECONDS,
    )
    age, place, latitude, longitude = _split(
        _mix_bits(seed, number, _SECOND_DRAW), 1 << 10, 1 << 16, 1_800_000, 3_600_000
    )
    years = _AGE_OLDEST - _AGE_YOUNGEST + 1
    return Person(
        first_name=vocabulary.FIRST_NAMES[first],
        last_name=vocabulary.LAST_NAMES[last],
        age=_AGE_YOUNGEST + int((age / (1 << 10)) ** _AGE_SKEW * years),
        joined=_FIRST_JOINED + timedelta(seconds=joined),
        country=_country_at(place / (1 << 16)),
        latitude=round(latitude / 10_000 - 90, 4),
        longitude=round(longitude / 10_000 - 180, 4),
    )


class People:
    """The population behind a number of posts."""

    def __init__(self, seed: int, posts: int) -> None:
        self._seed = seed
        self._count = max(1, round(posts * _PEOPLE_PER_POST))

    def choose(self, rng: random.Random, category: int) -> Person:
        """Return a person who pins in `category`; few people have a large share of the posts."""
        for _ in range(_MAX_CANDIDATES):
            person = _person(self._seed, int(self._count * rng.random() ** _SKEW))
            group = bisect_right(_AGE_GROUPS_FROM, person.age)
            if rng.random() < _affinity(self._seed, category, group, person.country):
                break
        return person


@cache
def _affinity(seed: int, category: int, age_group: int, country: str) -> float:
    """Return the probability that a person of `age_group` in `country` pins in `category`."""
    of_age = _share(_mix_bits(seed, category, age_group))
    of_country = _share(_mix_bits(seed, category, *country.encode()))
    return _MIN_AFFINITY + (1 - _MIN_AFFINITY) * math.sqrt(of_age) * of_country


def _share(bits: int) -> float:
    return bits / (1 << 64)


def poster_and_followers(
    rng: random.Random, category: int, person: Person, seed: int
) -> tuple[str, str]:
    """Return name and followers; the site lacks both or neither."""
    if rng.random() < _NO_POSTER_SHARE:
        return vocabulary.NO_POSTER, vocabulary.NO_POSTER
    spread = rng.random() + rng.random() + rng.random() - 1.5
    magnitude = _usual_magnitude(person) + _MAGNITUDE_SPREAD * spread
    bounded = min(max(magnitude, 0.0), _TOP_MAGNITUDE)
    accounts = 1 if bounded >= _SINGLE_ACCOUNT_FROM else _ACCOUNTS_PER_STEP
    step, number = int(bounded * _STEPS_PER_DECADE), int(rng.random() * accounts)
    return _account(seed, category, step, number)


def _usual_magnitude(person: Person) -> float:
    """Return the usual decimal logarithm of the followers of accounts that `person` pins from.

    Young people and early joiners pin from larger accounts, so that the answers differ.
    """
    years_after_2015 = person.joined.year - 2015 + (person.joined.month - 1) / 12
    return 5.75 - 0.048 * (person.age - 20) - 0.45 * years_after_2015


@lru_cache(maxsize=20_000)
def _account(seed: int, category: int, step: int, number: int) -> tuple[str, str]:
    bits = _mix_bits(seed, category, step, number)
    bits, within = divmod(bits, 1 << 16)
    followers = int(10 ** ((step + within / (1 << 16)) / _STEPS_PER_DECADE)) - 1
    return _name(bits), _follower_text(followers)


def _name(bits: int) -> str:
    bits, rare = divmod(bits, _LOOK_ALIKE_EVERY)
    if rare == 0:
        return vocabulary.LOOK_ALIKE_POSTERS[bits % len(vocabulary.LOOK_ALIKE_POSTERS)]
    bits, adjective = divmod(bits, len(vocabulary.POSTER_ADJECTIVES))
    bits, noun = divmod(bits, len(vocabulary.POSTER_NOUNS))
    return vocabulary.POSTER_NAMES[bits % len(vocabulary.POSTER_NAMES)].format(
        vocabulary.POSTER_ADJECTIVES[adjective], vocabulary.POSTER_NOUNS[noun]
    )


def _follower_text(followers: int) -> str:
    """Return `followers` as the site shows them: `437`, `124k`, and only some whole millions."""
    if followers < 1_000:
        return str(followers)
    if followers <= _THOUSANDS_END:
        return f"{followers // 1_000}k"
    millions = next((size for size in _MILLIONS if size * 1_000_000 <= followers), 1)
    return f"{millions}M"
