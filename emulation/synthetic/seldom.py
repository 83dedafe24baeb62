"""Text that careless rules destroy, or that means nothing at all."""

from __future__ import annotations

__all__ = [
    "BLANK",
    "LOOK_ALIKE_POSTERS",
    "LOOK_ALIKE_TITLES",
    "NON_LATIN_TITLES",
    "NO_DESCRIPTION",
    "NO_IMAGE",
    "NO_POSTER",
    "NO_STORY_DESCRIPTION",
    "NO_TAGS",
    "NO_TITLE",
    "UNTITLED",
]

NO_TITLE = "No Title Data Available"
NO_DESCRIPTION = "No description available"
NO_STORY_DESCRIPTION = "No description available Story format"
UNTITLED = "Untitled"
NO_POSTER = "User Info Error"
NO_TAGS = "N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e"
NO_IMAGE = "Image src error."
BLANK = ("", " ", "\u00a0", " \u00a0 ", "\n")

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
"""Titles that mean what they say, however much they look like a placeholder or an accident."""

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

LOOK_ALIKE_POSTERS = ("967", "S12", "always", "Studio Error", "Null & Void Prints", "Ö")
