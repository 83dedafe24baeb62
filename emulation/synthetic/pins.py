"""The pin of a synthetic post: its texts, its poster and the poster's followers."""

from __future__ import annotations

import random
from functools import lru_cache

from emulation.synthetic.people import Person, mix_bits
from emulation.synthetic.vocabulary import (
    ACCENTED_TITLES,
    BLANK_TEXTS,
    LOOK_ALIKE_POSTERS,
    LOOK_ALIKE_TITLES,
    NO_DESCRIPTION,
    NO_IMAGE,
    NO_POSTER,
    NO_STORY_DESCRIPTION,
    NO_TAGS,
    NO_TITLE,
    NON_LATIN_TITLES,
    PLAIN_TITLES,
    POSTER_ADJECTIVES,
    POSTER_NAMES,
    POSTER_NOUNS,
    SENTENCES,
    SUBJECTS,
    UNTITLED,
    Subject,
)

__all__ = ["PinRow", "pin_row"]

type PinRow = tuple[int, str, str, str, str, str, str, str, str, int, str, str]

_NO_TEXT_SHARE = 0.08
"""Pins without title, description and tags."""
_BLANK_SHARE = 0.003
_NO_TAGS_SHARE = 0.005
_NO_TITLE_SHARE = 0.005
_UNTITLED_SHARE = 0.01
_NO_DESCRIPTION_SHARE = 0.02
_NO_POSTER_SHARE = 0.006
_NOT_DOWNLOADED_SHARE = 0.015

_STORY = "multi-video(story page format)"
_STORY_SHARE, _VIDEO_SHARE = 0.056, 0.029
_STORY_WITHOUT_DESCRIPTION_SHARE = 0.7

_MAGNITUDE_SPREAD = 1.9

_LOOK_ALIKE_TITLE_SHARE = 0.01
_NON_LATIN_SHARE = 0.03
_ACCENTED_SHARE = 0.075
_CUT_SHARE = 0.445
"""Of written descriptions. This gives 38 % of all descriptions."""
_CUT = "…\u00a0"

_STRIDES = (1, 3, 7, 9)
"""Steps through ten tags that reach each of them once."""

_STEPS_PER_DECADE = 20
_TOP_MAGNITUDE = 7.2
"""Decimal logarithm of the followers of the largest account."""
_SINGLE_ACCOUNT_FROM = 6.6
"""Magnitude from which there is one account per step and category."""
_ACCOUNTS_PER_STEP = 4

_THOUSANDS_END = 985_999
_MILLIONS = (15, 8, 6, 5, 4, 3, 2, 1)
_LOOK_ALIKE_EVERY = 400


def pin_row(index: int, category: int, person: Person, seed: int, rng: random.Random) -> PinRow:
    """Return the pin of the post at `index`, in the order of the table's columns."""
    subject = SUBJECTS[category]
    kind = _kind(rng)
    title, description, tags = _texts(rng, subject, kind)
    name, followers = _poster_and_followers(rng, category, person, seed)
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
        return NO_TITLE, _no_description(kind), NO_TAGS
    return _title(rng, subject), _description(rng, subject, kind), _tag_list(rng, subject)


def _no_description(kind: str) -> str:
    return NO_STORY_DESCRIPTION if kind == _STORY else NO_DESCRIPTION


def _title(rng: random.Random, subject: Subject) -> str:
    share = rng.random()
    if share < _BLANK_SHARE:
        return _pick(rng, BLANK_TEXTS)
    if share < _BLANK_SHARE + _NO_TITLE_SHARE:
        return NO_TITLE
    return _written_title(rng, subject)


def _description(rng: random.Random, subject: Subject, kind: str) -> str:
    share = rng.random()
    if kind == _STORY and share < _STORY_WITHOUT_DESCRIPTION_SHARE:
        return NO_STORY_DESCRIPTION
    if share < _BLANK_SHARE:
        return _pick(rng, BLANK_TEXTS)
    if share < _BLANK_SHARE + _UNTITLED_SHARE:
        return UNTITLED
    if share < _BLANK_SHARE + _UNTITLED_SHARE + _NO_DESCRIPTION_SHARE:
        return _no_description(kind)
    return _written_description(rng, subject)


def _poster_and_followers(
    rng: random.Random, category: int, person: Person, seed: int
) -> tuple[str, str]:
    """Return name and followers; the site lacks both or neither."""
    if rng.random() < _NO_POSTER_SHARE:
        return NO_POSTER, NO_POSTER
    spread = rng.random() + rng.random() + rng.random() - 1.5
    magnitude = _usual_magnitude(person) + _MAGNITUDE_SPREAD * spread
    bounded = min(max(magnitude, 0.0), _TOP_MAGNITUDE)
    accounts = 1 if bounded >= _SINGLE_ACCOUNT_FROM else _ACCOUNTS_PER_STEP
    step, number = int(bounded * _STEPS_PER_DECADE), int(rng.random() * accounts)
    return _account(seed, category, step, number)


def _uuid4(rng: random.Random) -> str:
    digits = f"{rng.getrandbits(120):030x}"
    variant = "89ab"[int(rng.random() * 4)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:30]}"


def _image_src(rng: random.Random, downloaded: int) -> str:
    """Return an address in the site's form, on a host that cannot exist (RFC 2606)."""
    if not downloaded:
        return NO_IMAGE
    digits = f"{rng.getrandbits(128):032x}"
    folders = f"{digits[:2]}/{digits[2:4]}/{digits[4:6]}"
    return f"https://i.pinimg.example/originals/{folders}/{digits}.jpg"


def _pick[T](rng: random.Random, choices: tuple[T, ...]) -> T:
    return choices[int(rng.random() * len(choices))]


def _fill(rng: random.Random, pattern: str, subject: Subject) -> str:
    return pattern.format(
        kind=_pick(rng, subject.kinds),
        thing=_pick(rng, subject.things),
        number=3 + int(rng.random() * 48),
    )


def _written_title(rng: random.Random, subject: Subject) -> str:
    """Return a title; one in ten is not ASCII."""
    share = rng.random()
    if share < _LOOK_ALIKE_TITLE_SHARE:
        return _pick(rng, LOOK_ALIKE_TITLES)
    if share < _LOOK_ALIKE_TITLE_SHARE + _NON_LATIN_SHARE:
        return _pick(rng, NON_LATIN_TITLES)
    accented = share < _LOOK_ALIKE_TITLE_SHARE + _NON_LATIN_SHARE + _ACCENTED_SHARE
    return _fill(rng, _pick(rng, ACCENTED_TITLES if accented else PLAIN_TITLES), subject)


def _written_description(rng: random.Random, subject: Subject) -> str:
    """Return one to four sentences, some of them cut off."""
    sentences = 1 + int(rng.random() * 4)
    text = " ".join(_fill(rng, _pick(rng, SENTENCES), subject) for _ in range(sentences))
    if rng.random() >= _CUT_SHARE:
        return text
    return text[: len(text) * 4 // 5].rstrip() + _CUT


def _tag_list(rng: random.Random, subject: Subject) -> str:
    """Return four to ten different tags, joined by commas; rarely, that there are none."""
    if rng.random() < _NO_TAGS_SHARE:
        return NO_TAGS
    tags = subject.tags
    first, stride = int(rng.random() * len(tags)), _pick(rng, _STRIDES)
    number = 4 + int(rng.random() * 7)
    return ",".join([tags[(first + stride * place) % len(tags)] for place in range(number)])


def _usual_magnitude(person: Person) -> float:
    """Return the usual decimal logarithm of the followers of accounts that `person` pins from.

    Young people and early joiners pin from larger accounts, so that the answers differ.
    """
    years_after_2015 = person.joined.year - 2015 + (person.joined.month - 1) / 12
    return 5.75 - 0.048 * (person.age - 20) - 0.45 * years_after_2015


@lru_cache(maxsize=20_000)
def _account(seed: int, category: int, step: int, number: int) -> tuple[str, str]:
    bits = mix_bits(seed, category, step, number)
    bits, within = divmod(bits, 1 << 16)
    followers = int(10 ** ((step + within / (1 << 16)) / _STEPS_PER_DECADE)) - 1
    return _name(bits), _follower_text(followers)


def _name(bits: int) -> str:
    bits, rare = divmod(bits, _LOOK_ALIKE_EVERY)
    if rare == 0:
        return LOOK_ALIKE_POSTERS[bits % len(LOOK_ALIKE_POSTERS)]
    bits, adjective = divmod(bits, len(POSTER_ADJECTIVES))
    bits, noun = divmod(bits, len(POSTER_NOUNS))
    return POSTER_NAMES[bits % len(POSTER_NAMES)].format(
        POSTER_ADJECTIVES[adjective], POSTER_NOUNS[noun]
    )


def _follower_text(followers: int) -> str:
    """Return `followers` as the site shows them: `437`, `124k`, and only some whole millions."""
    if followers < 1_000:
        return str(followers)
    if followers <= _THOUSANDS_END:
        return f"{followers // 1_000}k"
    millions = next((size for size in _MILLIONS if size * 1_000_000 <= followers), 1)
    return f"{millions}M"
