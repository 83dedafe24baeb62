"""Synthetic posts: the pin, geo and user row of each."""

from __future__ import annotations

import math
import random
from bisect import bisect_right
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import accumulate

from emulation.synthetic import vocabulary
from emulation.synthetic.people import LAST_JOINED, People, Person, poster_and_followers
from emulation.synthetic.vocabulary import SUBJECTS, Subject

__all__ = ["DEFAULT_POSTS", "DEFAULT_SEED", "SyntheticPost", "synthetic_posts"]

DEFAULT_POSTS = 11_154
"""The size of the public data set."""
DEFAULT_SEED = 2022

type PinRow = tuple[int, str, str, str, str, str, str, str, str, int, str, str]
type GeoRow = tuple[int, str, float, float, str]
type UserRow = tuple[int, str, str, int, str]
type SyntheticPost = tuple[PinRow, GeoRow, UserRow]

_STARTS = (LAST_JOINED, *(datetime(year, 1, 1) for year in range(2018, 2023)))  # noqa: DTZ001  # UTC
_ENDS = (*_STARTS[1:], datetime(2022, 10, 25))  # noqa: DTZ001  # UTC
_YEAR_SECONDS = tuple(
    (end - start).total_seconds() for start, end in zip(_STARTS, _ENDS, strict=True)
)
_DRIFT = 0.6
"""How much a category's popularity rises and falls over the years."""

_NO_TEXT_SHARE = 0.08
"""Pins without title, description and tags."""
_BLANK_SHARE = 0.003
_NO_TAGS_SHARE = 0.005
_NO_TITLE_SHARE = 0.005
_UNTITLED_SHARE = 0.01
_NO_DESCRIPTION_SHARE = 0.02
_NOT_DOWNLOADED_SHARE = 0.015

_STORY = "multi-video(story page format)"
_STORY_SHARE, _VIDEO_SHARE = 0.056, 0.029
_STORY_WITHOUT_DESCRIPTION_SHARE = 0.7

_LOOK_ALIKE_TITLE_SHARE = 0.01
_NON_LATIN_SHARE = 0.03
_ACCENTED_SHARE = 0.075
_CUT_SHARE = 0.445
"""Of written descriptions. This gives 38 % of all descriptions."""
_CUT = "…\u00a0"

_STRIDES = (1, 3, 7, 9)
"""Steps through ten tags that reach each of them once."""


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
            person = people.choose(rng, category)
            posted = _moment(rng, year_ends)
            yield (
                _pin_row(index, category, person, seed, rng),
                (index, posted.isoformat(" "), person.latitude, person.longitude, person.country),
                (index, person.first_name, person.last_name, person.age, person.joined.isoformat()),
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


def _pin_row(index: int, category: int, person: Person, seed: int, rng: random.Random) -> PinRow:
    """Return the pin of the post at `index`, in the order of the table's columns."""
    subject = SUBJECTS[category]
    kind = _kind(rng)
    title, description, tags = _texts(rng, subject, kind)
    name, followers = poster_and_followers(rng, category, person, seed)
    downloaded = int(rng.random() >= _NOT_DOWNLOADED_SHARE)
    return (
        index,
        _uuid4(rng),
        title,
        description,
        name,
        followers,
        tags,
        kind,
        _image_src(rng, downloaded),
        downloaded,
        f"Local save in /data/{subject.category}",
        subject.category,
    )


def _kind(rng: random.Random) -> str:
    share = rng.random()
    if share < _STORY_SHARE:
        return _STORY
    return "video" if share < _STORY_SHARE + _VIDEO_SHARE else "image"


def _texts(rng: random.Random, subject: Subject, kind: str) -> tuple[str, str, str]:
    """Return title, description and tag list."""
    if rng.random() < _NO_TEXT_SHARE:
        return vocabulary.NO_TITLE, _no_description(kind), vocabulary.NO_TAGS
    return _title(rng, subject), _description(rng, subject, kind), _tag_list(rng, subject)


def _no_description(kind: str) -> str:
    return vocabulary.NO_STORY_DESCRIPTION if kind == _STORY else vocabulary.NO_DESCRIPTION


def _title(rng: random.Random, subject: Subject) -> str:
    """Return a title or a placeholder; one in ten titles is not ASCII."""
    share = rng.random()
    if share < _BLANK_SHARE:
        return _pick(rng, vocabulary.BLANK_TEXTS)
    if share < _BLANK_SHARE + _NO_TITLE_SHARE:
        return vocabulary.NO_TITLE
    share = rng.random()
    if share < _LOOK_ALIKE_TITLE_SHARE:
        return _pick(rng, vocabulary.LOOK_ALIKE_TITLES)
    if share < _LOOK_ALIKE_TITLE_SHARE + _NON_LATIN_SHARE:
        return _pick(rng, vocabulary.NON_LATIN_TITLES)
    if share < _LOOK_ALIKE_TITLE_SHARE + _NON_LATIN_SHARE + _ACCENTED_SHARE:
        return _fill(rng, vocabulary.ACCENTED_TITLES, subject)
    return _fill(rng, vocabulary.PLAIN_TITLES, subject)


def _description(rng: random.Random, subject: Subject, kind: str) -> str:
    """Return a placeholder, or one to four sentences, some of them cut off."""
    share = rng.random()
    if kind == _STORY and share < _STORY_WITHOUT_DESCRIPTION_SHARE:
        return vocabulary.NO_STORY_DESCRIPTION
    if share < _BLANK_SHARE:
        return _pick(rng, vocabulary.BLANK_TEXTS)
    if share < _BLANK_SHARE + _UNTITLED_SHARE:
        return vocabulary.UNTITLED
    if share < _BLANK_SHARE + _UNTITLED_SHARE + _NO_DESCRIPTION_SHARE:
        return _no_description(kind)
    sentences = 1 + int(rng.random() * 4)
    text = " ".join(_fill(rng, vocabulary.SENTENCES, subject) for _ in range(sentences))
    if rng.random() >= _CUT_SHARE:
        return text
    return text[: len(text) * 4 // 5].rstrip() + _CUT


def _tag_list(rng: random.Random, subject: Subject) -> str:
    """Return four to ten different tags, joined by commas; rarely, that there are none."""
    if rng.random() < _NO_TAGS_SHARE:
        return vocabulary.NO_TAGS
    tags = subject.tags
    first, stride = int(rng.random() * len(tags)), _pick(rng, _STRIDES)
    number = 4 + int(rng.random() * 7)
    return ",".join([tags[(first + stride * place) % len(tags)] for place in range(number)])


def _uuid4(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(120):030x}"
    variant = "89ab"[int(rng.random() * 4)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:30]}"


def _image_src(rng: random.Random, downloaded: int) -> str:
    """Return an address in the site's form, on a host that cannot exist (RFC 2606)."""
    if not downloaded:
        return vocabulary.NO_IMAGE
    digits = f"{rng.getrandbits(128):032x}"
    folders = f"{digits[:2]}/{digits[2:4]}/{digits[4:6]}"
    return f"https://i.pinimg.example/originals/{folders}/{digits}.jpg"


def _pick[T](rng: random.Random, choices: tuple[T, ...]) -> T:
    return choices[int(rng.random() * len(choices))]


def _fill(rng: random.Random, patterns: tuple[str, ...], subject: Subject) -> str:
    return _pick(rng, patterns).format(
        kind=_pick(rng, subject.kinds),
        thing=_pick(rng, subject.things),
        number=3 + int(rng.random() * 48),
    )
