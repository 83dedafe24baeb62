"""A random schedule of faults that a seed determines."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["Fault", "Kinds", "schedule"]

type Kinds = Mapping[str, tuple[Sequence[str], float]]
"""The targets of each kind of fault, and the longest time that it lasts."""

_MEAN_PAUSE_SECONDS = 6.0
_SETTLE_SECONDS = 5.0
"""A target is left alone for this long after a fault, so that it can work at all."""


@dataclass(frozen=True, order=True)
class Fault:
    """One fault.

    Attributes:
        at: Seconds after the start of the run.
        kind: What happens, such as "kill" or "partition".
        target: The service, link or interface that it happens to.
        seconds: How long it lasts.
    """

    at: float
    kind: str
    target: str
    seconds: float

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.at:7.1f} s  {self.kind:<22} {self.target:<22} for {self.seconds:4.1f} s"


def schedule(seed: int, seconds: float, kinds: Kinds) -> list[Fault]:
    """Return the faults in the order of their beginnings; the same seed gives the same list.

    All faults end within `seconds`. The faults of one target never overlap, those of different
    targets may.

    Args:
        seed: The seed.
        seconds: Length of the run.
        kinds: The kinds to choose from.
    """
    chance = random.Random(seed)
    choices = [(kind, target) for kind, (targets, _) in kinds.items() for target in targets]
    free_at: dict[str, float] = {}
    faults: list[Fault] = []
    at = chance.expovariate(1 / _MEAN_PAUSE_SECONDS)
    while at < seconds:
        kind, target = chance.choice(choices)
        lasts = chance.uniform(1, kinds[kind][1])
        if at >= free_at.get(target, 0.0) and at + lasts <= seconds:
            faults.append(Fault(round(at, 1), kind, target, round(lasts, 1)))
            free_at[target] = at + lasts + _SETTLE_SECONDS
        at += chance.expovariate(1 / _MEAN_PAUSE_SECONDS)
    return faults
