"""Numbers that look random and depend on nothing but their input."""

from __future__ import annotations

__all__ = ["mixed"]

_MASK = (1 << 64) - 1


def mixed(*numbers: int) -> int:
    """Return 64 bits mixed from `numbers` (SplitMix64's finaliser, once per number).

    What is derived from a number needs no table: the people behind a million posts take no memory.
    Python's own hash() would differ between processes for text, and hardly mixes integers.
    """
    bits = 0
    for number in numbers:
        bits = (bits + number + 0x9E3779B97F4A7C15) & _MASK
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & _MASK
        bits ^= bits >> 31
    return bits
