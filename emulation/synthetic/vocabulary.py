"""The text that synthetic posts are made of: categories, names, phrases, placeholders."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Final

import msgspec

__all__ = [
    "ACCENTED_TITLES",
    "BLANK_TEXTS",
    "COUNTRIES",
    "FIRST_NAMES",
    "LAST_NAMES",
    "LOOK_ALIKE_POSTERS",
    "LOOK_ALIKE_TITLES",
    "NON_LATIN_TITLES",
    "NO_DESCRIPTION",
    "NO_IMAGE",
    "NO_POSTER",
    "NO_STORY_DESCRIPTION",
    "NO_TAGS",
    "NO_TITLE",
    "PLAIN_TITLES",
    "POSTER_ADJECTIVES",
    "POSTER_NAMES",
    "POSTER_NOUNS",
    "SENTENCES",
    "SUBJECTS",
    "UNTITLED",
    "Subject",
]

_FOLDER: Final = Path(__file__).parent


class Subject(msgspec.Struct, frozen=True):
    """One category.

    Attributes:
        category: Its name.
        weight: Its share of all posts, relative to the others.
        things: What a pin shows.
        kinds: Adjectives of the thing.
        tags: Phrases of the tag list.
    """

    category: str
    weight: int
    things: tuple[str, ...]
    kinds: tuple[str, ...]
    tags: tuple[str, ...]


SUBJECTS = msgspec.toml.decode(
    (_FOLDER / "subjects.toml").read_bytes(), type=dict[str, tuple[Subject, ...]]
)["subjects"]
"""In alphabetical order of their categories, as the posts of the source are."""

COUNTRIES = tuple((_FOLDER / "countries.txt").read_text("utf-8").splitlines())
"""243 names, in alphabetical order."""

FIRST_NAMES = (_FOLDER / "first_names.txt").read_text("utf-8").split()
_LAST_NAME_STARTS = (
    "Ash Beck Birch Brook Clay Cole Dun East Fair Glen Hart Hol Kings Lang Mar Nor Oak Pem Red "
    "Stan Thorn Wake West Whit"
)
_LAST_NAME_ENDS = "bourne bury dale field ford ham ley mere ridge ton wood"
LAST_NAMES = [
    start + end for start, end in product(_LAST_NAME_STARTS.split(), _LAST_NAME_ENDS.split())
]

NO_TITLE = "No Title Data Available"
NO_DESCRIPTION = "No description available"
NO_STORY_DESCRIPTION = "No description available Story format"
UNTITLED = "Untitled"
NO_POSTER = "User Info Error"
NO_TAGS = "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e"
NO_IMAGE = "Image src error."
"""Placeholders: the site shows these texts for unknown values."""

BLANK_TEXTS = ("", " ", "\u00a0", " \u00a0 ", "\n")

LOOK_ALIKE_TITLES = (
    "Art.",
    "always",
    "Slide1",
    "S12",
    "\u05d0",
    "Trial and error",
    "No Title Data Available, the zine",
    "Image src error. A glitch art study",
    "Untitled No. 7",
    'The "good enough" method',
    "She said: 'why not?'",
    "One line\nand a second one",
    "Red, green, and blue",
    "Tab\there \\ backslash there",
    "  set in from the margin  ",
    "null",
    "N/A",
    "0",
)
"""Meaningful titles that look like a placeholder or an accident."""

NON_LATIN_TITLES = (
    "Уютный дом своими руками",
    "Зимний лес, акварель",
    "Маленькие радости каждого дня",
    "רעיונות לבית קטן",
    "ציור בצבעי מים",
    "𝓒𝓸𝔃𝔂 𝓷𝓲𝓰𝓱𝓽𝓼",  # noqa: RUF001  # letters of mathematics
    "𝗦𝗹𝗼𝘄 𝘁𝗿𝗮𝘃𝗲𝗹",  # noqa: RUF001  # as above
    "🌿🕯️✨",
    "🎄🎁",
    "👩🏽‍🎨🖌️",
    "手作りの小さな庭",
    "أفكار بسيطة للمنزل",
    "Μικρές ιδέες",
)
"""Titles without any Latin letter."""

PLAIN_TITLES = (
    "{kind} {thing}",
    "{kind} {thing} Ideas",
    "How to Make a {kind} {thing}",
    "{number} {kind} {thing} Ideas You Will Love",
    "The {kind} {thing}: a Step-by-Step Guide",
    '"{thing}", the {kind} Way',
    "{thing}: what nobody tells you",
    "{thing}, {kind} & on a Budget",
)
ACCENTED_TITLES = (
    "{kind} {thing} ✨",
    "{thing} à la maison",
    "Très {kind} {thing}",
    "{number} idées de {thing}",
    "{kind} {thing} für Anfänger",
    "{thing} 💛 {kind}",
    "¡{kind} {thing}!",
)
SENTENCES = (
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

_POSTER_ADJECTIVES = (
    "Amber Blue Bramble Brave Cedar Clover Copper Curious Dusty Ember Fable Fern Golden Hazel "
    "Honey Indigo Ivory Juniper Kind Lemon Little Lucky Maple Mellow Merry Midnight Misty Mossy "
    "Olive Paper Plum Quiet Rustic Saffron Silver Sunday Thistle Velvet Wild Willow"
)
_POSTER_NOUNS = (
    "Acorn Anchor Attic Basket Bloom Button Canvas Compass Cottage Feather Garden Garage Harbour "
    "Hearth Journal Kettle Lantern Ledger Loft Market Meadow Needle Nest Orchard Parlour Pencil "
    "Pocket Porch Ribbon Spoon Studio Suitcase Teapot Thread Trail Workshop"
)
POSTER_ADJECTIVES, POSTER_NOUNS = _POSTER_ADJECTIVES.split(), _POSTER_NOUNS.split()
POSTER_NAMES = (
    "The {0} {1}",
    "{0} {1}",
    "{0} & {1}",
    "{0} {1} Co.",
    "{0}{1}",
    "{1} by {0}",
    "Café {0} {1}",
)

LOOK_ALIKE_POSTERS = ("967", "S12", "always", "Studio Error", "Null & Void Prints", "Ö")
"""Names of real accounts that look like a placeholder or an accident."""
