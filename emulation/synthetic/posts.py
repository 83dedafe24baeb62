"""Whole synthetic posts: the three rows of each."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate

from emulation.synthetic.people import LAST_JOINED, People, Person, mix_bits
from emulation.synthetic.pins import PinRow, pin_row
from emulation.synthetic.vocabulary import SUBJECTS

__all__ = ["DEFAULT_POSTS", "DEFAULT_SEED", "SyntheticPost", "synthetic_posts"]

DEFAULT_POSTS = 11_154
"""The size of the public data set."""
DEFAULT_SEED = 2022

type GeoRow = tuple[int, str, float, float, str]
type UserRow = tuple[int, str, str, int, str]
type SyntheticPost = tuple[PinRow, GeoRow, UserRow]

_YEARS = (2017, 2018, 2019, 2020, 2021, 2022)
_STARTS = (LAST_JOINED, *(datetime(year, 1, 1) for year in _YEARS[1:]))  # noqa: DTZ001  # UTC
_ENDS = (*_STARTS[1:], datetime(2022, 10, 25))  # noqa: DTZ001  # UTC
_YEAR_SECONDS = tuple(
    (end - start).total_seconds() for start, end in zip(_STARTS, _ENDS, strict=True)
)
_DRIFT = 0.6
"""How much a category's popularity rises and falls over the years."""

_AGE_GROUPS_FROM = (25, 36, 51)
_MAX_CANDIDATES = 4
"""How many people are considered, at most, for a post in a category."""
_MIN_AFFINITY = 0.15


def synthetic_posts(
    posts: int = DEFAULT_POSTS, seed: int = DEFAULT_SEED
) -> Iterator[SyntheticPost]:
    """Yield `posts` posts in index order, from 0; the same `seed` yields the same posts."""
    rng = random.Random(f"pinterest-{seed}")  # noqa: S311  # no secret
    people = People(seed, posts)
    index = 0
    for category, block_end in enumerate(_block_ends(posts)):
        year_ends = _year_ends(category)
        while index < block_end:
            person = _choose_person(rng, people, category, seed)
            posted = _moment(rng, year_ends)
            yield (
                pin_row(index, category, person, seed, rng),
                (index, posted.isoformat(" "), person.latitude, person.longitude, person.country),
                (
                    index,
                    person.first_name,
                    person.last_name,
                    person.age,
                    person.joined.isoformat(),
                ),
            )
            index += 1


def _block_ends(posts: int) -> list[int]:
    """Return the index after the last of each category."""
    weights = list(accumulate(subject.weight for subject in SUBJECTS))
    return [round(posts * weight / weights[-1]) for weight in weights]


def _year_ends(category: int) -> list[float]:
    """Return the posts of `category` up to the end of each year, in any unit."""
    return list(
        accumulate(
            seconds * (1 + _DRIFT * math.cos(2 * math.pi * (year / 5 + category * 5 / 13)))
            for year, seconds in enumerate(_YEAR_SECONDS)
        )
    )


def _moment(rng: random.Random, year_ends: list[float]) -> datetime:
    year = bisect_right(year_ends, rng.random() * year_ends[-1])
    return _STARTS[year] + timedelta(seconds=int(rng.random() * _YEAR_SECONDS[year]))


def _choose_person(rng: random.Random, people: People, category: int, seed: int) -> Person:
    for _ in range(_MAX_CANDIDATES):
        person = people.at(rng.random())
        group = bisect_right(_AGE_GROUPS_FROM, person.age)
        if rng.random() < _affinity(seed, category, group, person.country):
            break
    return person


@cache
def _affinity(seed: int, category: int, age_group: int, country: str) -> float:
    """Return the probability that a person of `age_group` in `country` pins in `category`."""
    of_age = _share(mix_bits(seed, category, age_group))
    of_country = _share(mix_bits(seed, category, *country.encode()))
    return _MIN_AFFINITY + (1 - _MIN_AFFINITY) * math.sqrt(of_age) * of_country


def _share(bits: int) -> float:
    return bits / (1 << 64)
