"""Titles, descriptions and tags of synthetic pins."""

from __future__ import annotations

import random

from emulation.synthetic.seldom import BLANK, LOOK_ALIKE_TITLES, NON_LATIN_TITLES
from emulation.synthetic.words import Subject

__all__ = ["blank", "description", "tag_list", "title"]

_LOOK_ALIKE_SHARE = 0.01
_NON_LATIN_SHARE = 0.03
_ACCENTED_SHARE = 0.075
_CUT_SHARE = 0.445
"""Of written descriptions; 38 % of all."""
_CUT = "…\u00a0"

_STRIDES = (1, 3, 7, 9)
"""Walking around ten tags by one of these meets each of them once."""

_PLAIN_TITLES = (
    "{kind} {thing}",
    "{kind} {thing} Ideas",
    "How to Make a {kind} {thing}",
    "{number} {kind} {thing} Ideas You Will Love",
    "The {kind} {thing}: a Step-by-Step Guide",
    '"{thing}", the {kind} Way',
    "{thing}: what nobody tells you",
    "{thing}, {kind} & on a Budget",
)
_ACCENTED_TITLES = (
    "{kind} {thing} ✨",
    "{thing} à la maison",
    "Très {kind} {thing}",
    "{number} idées de {thing}",
    "{kind} {thing} für Anfänger",
    "{thing} 💛 {kind}",
    "¡{kind} {thing}!",
)
_SENTENCES = (
    "This {kind} {thing} is easier than it looks.",
    "Save it for later, and try it at the weekend.",
    "All you need is an hour, some patience and a cup of tea.",
    "We tested {number} ways so that you don't have to.",
    "A {kind} take on the {thing}; free template included!",
    "Perfect for beginners & for anyone short of time.",
    "Find out why everyone's talking about the {thing}.",
    'My neighbour called it "the best {thing} in town".',
    "Scroll down for the list of materials,\nthe steps and the photos.",
    "Prices, sizes and colours are in the post.",
    "Ein {kind} {thing} für kleine Räume.",
    "It costs less than $20 and lasts for years.",
)


def _pick[T](chance: random.Random, choices: tuple[T, ...]) -> T:
    return choices[int(chance.random() * len(choices))]


def _filled(chance: random.Random, pattern: str, subject: Subject) -> str:
    return pattern.format(
        kind=_pick(chance, subject.kinds),
        thing=_pick(chance, subject.things),
        number=3 + int(chance.random() * 48),
    )


def title(chance: random.Random, subject: Subject) -> str:
    """Return a title; one in ten holds other signs than ASCII."""
    share = chance.random()
    if share < _LOOK_ALIKE_SHARE:
        return _pick(chance, LOOK_ALIKE_TITLES)
    if share < _LOOK_ALIKE_SHARE + _NON_LATIN_SHARE:
        return _pick(chance, NON_LATIN_TITLES)
    accented = share < _LOOK_ALIKE_SHARE + _NON_LATIN_SHARE + _ACCENTED_SHARE
    return _filled(chance, _pick(chance, _ACCENTED_TITLES if accented else _PLAIN_TITLES), subject)


def description(chance: random.Random, subject: Subject) -> str:
    """Return one to four sentences, or the beginning of them."""
    sentences = 1 + int(chance.random() * 4)
    text = " ".join(_filled(chance, _pick(chance, _SENTENCES), subject) for _ in range(sentences))
    if chance.random() >= _CUT_SHARE:
        return text
    return text[: len(text) * 4 // 5].rstrip() + _CUT


def tag_list(chance: random.Random, subject: Subject) -> str:
    """Return four to ten different tags, joined by commas."""
    tags = subject.tags
    first, stride = int(chance.random() * len(tags)), _pick(chance, _STRIDES)
    number = 4 + int(chance.random() * 7)
    return ",".join([tags[(first + stride * place) % len(tags)] for place in range(number)])


def blank(chance: random.Random) -> str:
    """Return nothing, or white space."""
    return _pick(chance, BLANK)
