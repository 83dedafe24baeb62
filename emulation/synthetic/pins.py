"""The pin event of a synthetic post."""

from __future__ import annotations

import random

from emulation.synthetic import seldom, texts
from emulation.synthetic.people import Person
from emulation.synthetic.posters import poster, usual_magnitude
from emulation.synthetic.words import SUBJECTS, Subject

__all__ = ["PinRow", "pin_row"]

type PinRow = tuple[int, str, str, str, str, str, str, str, str, int, str, str]

_SILENT_SHARE = 0.08
"""Pins that the site tells nothing about."""
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


def pin_row(index: int, category: int, person: Person, seed: int, chance: random.Random) -> PinRow:
    """Return the pin of the post at `index`, in the order of the table's columns."""
    subject = SUBJECTS[category]
    kind = _kind(chance)
    title, description, tags = _told(chance, subject, kind)
    name, followers = _poster(chance, category, person, seed)
    downloaded = int(chance.random() >= _NOT_DOWNLOADED_SHARE)
    return (
        index,
        _uuid4(chance),
        title,
        description,
        name,
        followers,
        tags,
        kind,
        _image_src(chance, downloaded),
        downloaded,
        f"Local save in /data/{subject.category}",
        subject.category,
    )


def _kind(chance: random.Random) -> str:
    share = chance.random()
    if share < _STORY_SHARE:
        return _STORY
    return "video" if share < _STORY_SHARE + _VIDEO_SHARE else "image"


def _told(chance: random.Random, subject: Subject, kind: str) -> tuple[str, str, str]:
    """Return title, description and tag list."""
    if chance.random() < _SILENT_SHARE:
        return seldom.NO_TITLE, _no_description(kind), seldom.NO_TAGS
    return _title(chance, subject), _description(chance, subject, kind), _tags(chance, subject)


def _no_description(kind: str) -> str:
    return seldom.NO_STORY_DESCRIPTION if kind == _STORY else seldom.NO_DESCRIPTION


def _title(chance: random.Random, subject: Subject) -> str:
    share = chance.random()
    if share < _BLANK_SHARE:
        return texts.blank(chance)
    if share < _BLANK_SHARE + _NO_TITLE_SHARE:
        return seldom.NO_TITLE
    return texts.title(chance, subject)


def _description(chance: random.Random, subject: Subject, kind: str) -> str:
    share = chance.random()
    if kind == _STORY and share < _STORY_WITHOUT_DESCRIPTION_SHARE:
        return seldom.NO_STORY_DESCRIPTION
    if share < _BLANK_SHARE:
        return texts.blank(chance)
    if share < _BLANK_SHARE + _UNTITLED_SHARE:
        return seldom.UNTITLED
    if share < _BLANK_SHARE + _UNTITLED_SHARE + _NO_DESCRIPTION_SHARE:
        return _no_description(kind)
    return texts.description(chance, subject)


def _tags(chance: random.Random, subject: Subject) -> str:
    return seldom.NO_TAGS if chance.random() < _NO_TAGS_SHARE else texts.tag_list(chance, subject)


def _poster(chance: random.Random, category: int, person: Person, seed: int) -> tuple[str, str]:
    """Return name and followers; where the site fails to tell one, it tells neither."""
    if chance.random() < _NO_POSTER_SHARE:
        return seldom.NO_POSTER, seldom.NO_POSTER
    spread = chance.random() + chance.random() + chance.random() - 1.5
    magnitude = usual_magnitude(person) + _MAGNITUDE_SPREAD * spread
    return poster(seed, category, magnitude, chance.random())


def _uuid4(chance: random.Random) -> str:
    digits = f"{chance.getrandbits(120):030x}"
    variant = "89ab"[int(chance.random() * 4)]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:30]}"


def _image_src(chance: random.Random, downloaded: int) -> str:
    """Return an address of the form of the site's, on a host that cannot exist (RFC 2606)."""
    if not downloaded:
        return seldom.NO_IMAGE
    digits = f"{chance.getrandbits(128):032x}"
    folders = f"{digits[:2]}/{digits[2:4]}/{digits[4:6]}"
    return f"https://i.pinimg.example/originals/{folders}/{digits}.jpg"
