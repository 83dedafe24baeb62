"""The accounts whose pins are posted, and their followers."""

from __future__ import annotations

from functools import lru_cache

from emulation.synthetic.mixing import mixed
from emulation.synthetic.people import Person
from emulation.synthetic.seldom import LOOK_ALIKE_POSTERS

__all__ = ["follower_text", "poster", "usual_magnitude"]

_STEPS_PER_DECADE = 20
_TOP_MAGNITUDE = 7.2
"""Decimal logarithm of the followers of the largest account."""
_TOP_ROOM = 6.6
"""From here on there is one account per step and category."""
_ACCOUNTS_PER_STEP = 4

_THOUSANDS_END = 985_999
_MILLIONS = (15, 8, 6, 5, 4, 3, 2, 1)

_SEEN_WORDS = (
    "Amber Blue Bramble Brave Cedar Clover Copper Curious Dusty Ember Fable Fern Golden Hazel "
    "Honey Indigo Ivory Juniper Kind Lemon Little Lucky Maple Mellow Merry Midnight Misty Mossy "
    "Olive Paper Plum Quiet Rustic Saffron Silver Sunday Thistle Velvet Wild Willow"
)
_HELD_WORDS = (
    "Acorn Anchor Attic Basket Bloom Button Canvas Compass Cottage Feather Garden Garage Harbour "
    "Hearth Journal Kettle Lantern Ledger Loft Market Meadow Needle Nest Orchard Parlour Pencil "
    "Pocket Porch Ribbon Spoon Studio Suitcase Teapot Thread Trail Workshop"
)
_SEEN, _HELD = _SEEN_WORDS.split(), _HELD_WORDS.split()
_PATTERNS = (
    "The {0} {1}",
    "{0} {1}",
    "{0} & {1}",
    "{0} {1} Co.",
    "{0}{1}",
    "{1} by {0}",
    "Café {0} {1}",
)
_LOOK_ALIKE_EVERY = 400


def usual_magnitude(person: Person) -> float:
    """Return the decimal logarithm of the followers that accounts `person` pins from tend to have.

    Who joined early, and who is young, pins from larger accounts: the charts have something to say.
    """
    years_after_2015 = person.joined.year - 2015 + (person.joined.month - 1) / 12
    return 5.75 - 0.048 * (person.age - 20) - 0.45 * years_after_2015


def poster(seed: int, category: int, magnitude: float, share: float) -> tuple[str, str]:
    """Return name and follower count of an account of about that `magnitude`.

    Args:
        seed: Of the source.
        category: Number of the category that it is about.
        magnitude: Decimal logarithm of the followers.
        share: 0 to below 1; chooses among the accounts that fit.
    """
    return _account(seed, category, *_fitting(magnitude, share))


def _fitting(magnitude: float, share: float) -> tuple[int, int]:
    bounded = min(max(magnitude, 0.0), _TOP_MAGNITUDE)
    rooms = 1 if bounded >= _TOP_ROOM else _ACCOUNTS_PER_STEP
    return int(bounded * _STEPS_PER_DECADE), int(share * rooms)


@lru_cache(maxsize=20_000)
def _account(seed: int, category: int, step: int, room: int) -> tuple[str, str]:
    bits = mixed(seed, category, step, room)
    bits, within = divmod(bits, 1 << 16)
    followers = int(10 ** ((step + within / (1 << 16)) / _STEPS_PER_DECADE)) - 1
    return _name(bits), follower_text(followers)


def _name(bits: int) -> str:
    bits, rare = divmod(bits, _LOOK_ALIKE_EVERY)
    if rare == 0:
        return LOOK_ALIKE_POSTERS[bits % len(LOOK_ALIKE_POSTERS)]
    bits, seen = divmod(bits, len(_SEEN))
    bits, held = divmod(bits, len(_HELD))
    return _PATTERNS[bits % len(_PATTERNS)].format(_SEEN[seen], _HELD[held])


def follower_text(followers: int) -> str:
    """Return `followers` as the site writes them: `437`, `124k`, and only some whole millions."""
    if followers < 1_000:
        return str(followers)
    if followers <= _THOUSANDS_END:
        return f"{followers // 1_000}k"
    millions = next((size for size in _MILLIONS if size * 1_000_000 <= followers), 1)
    return f"{millions}M"
