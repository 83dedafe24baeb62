"""The nine answers, computed from the source in plain Python: no Spark, not the library.

The values follow the reference model, so that this can disagree with the pipeline.
"""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median

from tests.support import reference_model as model

type Answer = list[tuple[object, ...]]

_AGE_GROUPS = ["18-24", "25-35", "36-50", "+50"]


@dataclass(frozen=True)
class Post:
    """One post as the clean tables should hold it."""

    category: str | None
    poster: str | None
    followers: int | None
    country: str | None
    posted_at: datetime
    name: str | None
    age: int
    joined_at: datetime

    @property
    def age_group(self) -> str | None:
        bounds = [(18, 24), (25, 35), (36, 50), (51, 10_000)]
        return next(
            (
                g
                for g, (low, high) in zip(_AGE_GROUPS, bounds, strict=True)
                if low <= self.age <= high
            ),
            None,
        )


def read_posts(database: Path, limit: int | None = None) -> list[Post]:
    """Return the first `limit` posts (all if null) of a SQLite source, cleaned."""
    with closing(sqlite3.connect(database)) as source:
        rows = source.execute(
            "SELECT p.category, p.poster_name, p.follower_count, g.country, g.timestamp,"
            " u.first_name || ' ' || u.last_name, u.age, u.date_joined"
            ' FROM pinterest_data p JOIN geolocation_data g ON g.ind = p."index"'
            ' JOIN user_data u ON u.ind = p."index" ORDER BY p."index" LIMIT ?',
            (-1 if limit is None else limit,),
        )
        return [_post(*row) for row in rows]


def _post(
    category: str,
    poster: str,
    followers: str,
    country: str,
    posted_at: str,
    name: str,
    age: int,
    joined_at: str,
) -> Post:
    return Post(
        category=model.text("category", category),
        poster=model.text("poster_name", poster),
        followers=model.followers(followers),
        country=model.text("country", country),
        posted_at=datetime.fromisoformat(posted_at),
        name=model.text("user_name", name),
        age=int(age),
        joined_at=datetime.fromisoformat(joined_at),
    )


def expected_answers(posts: list[Post]) -> dict[str, Answer]:
    """Return the rows of each answer table, in the order of the questions' columns."""
    with_count = [p for p in posts if p.followers is not None]
    top_posters = _top_poster_by_country(posts)
    most = max(count for _, _, count in top_posters)
    return {
        "top_category_by_country": _top_category(posts, lambda p: p.country),
        "top_category_by_year": _top_category(
            [p for p in posts if 2018 <= p.posted_at.year <= 2022], lambda p: p.posted_at.year
        ),
        "top_poster_by_country": list(top_posters),
        "top_poster_country": [min((c, n) for c, _, n in top_posters if n == most)],
        "top_category_by_age_group": _top_category(posts, lambda p: p.age_group),
        "median_followers_by_age_group": _medians(with_count, lambda p: (p.age_group,)),
        "users_joined_by_year": _users_joined(posts),
        "median_followers_by_join_year": _medians(
            _joined(with_count), lambda p: (p.joined_at.year,)
        ),
        "median_followers_by_join_year_and_age_group": _medians(
            _joined(with_count), lambda p: (p.age_group, p.joined_at.year)
        ),
    }


def _joined(posts: Iterable[Post]) -> list[Post]:
    return [p for p in posts if 2015 <= p.joined_at.year <= 2020]


def _top_category(posts: list[Post], group: Callable[[Post], Hashable]) -> Answer:
    counts: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for post in posts:
        if post.category is not None and group(post) is not None:
            counts[group(post)][post.category] += 1
    return [
        (key, *min(counter.items(), key=lambda item: (-item[1], item[0])))
        for key, counter in counts.items()
    ]


def _top_poster_by_country(posts: list[Post]) -> list[tuple[str, str, int]]:
    largest: dict[tuple[str, str], int] = {}
    for p in posts:
        if p.country is not None and p.poster is not None and p.followers is not None:
            key = (p.country, p.poster)
            largest[key] = max(largest.get(key, 0), p.followers)
    ranked: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for (country, poster), count in largest.items():
        ranked[country].append((-count, poster))
    return [(country, min(them)[1], -min(them)[0]) for country, them in ranked.items()]


def _users_joined(posts: list[Post]) -> Answer:
    users = {(p.name, p.age, p.joined_at) for p in _joined(posts)}
    return list(Counter(joined_at.year for _, _, joined_at in users).items())


def _medians(posts: list[Post], group: Callable[[Post], tuple[object, ...]]) -> Answer:
    counts: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for post in posts:
        if post.followers is not None and None not in group(post):
            counts[group(post)].append(post.followers)
    return [(*key, float(median(values))) for key, values in counts.items()]
