"""What the API acknowledged, and the check that the tables hold exactly that.

The check knows nothing of the pipeline's own accounts. It compares the acknowledgements that the
emulator received with the rows of the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

__all__ = ["Found", "Ledger", "Result", "Stages", "Verdict", "check"]

_WRONG = ("unseen", "duplicates", "stale", "unknown")
"""The numbers of a verdict that must be 0."""


@dataclass
class Ledger:
    """The records of one event that were sent to one destination.

    Attributes:
        acknowledged: The newest acknowledged version of each post, by its index.
        ambiguous: Versions that may have been stored: the last answer was missing.
        bad: Acknowledged records that no cleaner accepts.
        ambiguous_bad: The same without an answer.
        records: Number of acknowledged records.
    """

    acknowledged: dict[int, int] = field(default_factory=dict)
    ambiguous: dict[int, set[int]] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    ambiguous_bad: set[str] = field(default_factory=set)
    records: int = 0


@dataclass(frozen=True)
class Found:
    """The rows of one event in the tables.

    Attributes:
        versions: Index and version of each clean row.
        rejected: Origin, position and payload of each rejected record.
    """

    versions: list[tuple[int, int]]
    rejected: list[tuple[str, str, str]]


@dataclass(frozen=True)
class Verdict:
    """Numbers of records; the first four must be 0.

    Attributes:
        unseen: Acknowledged, and in no table.
        duplicates: In a table twice.
        stale: Posts of which an older version than the acknowledged one stands.
        unknown: In a table, although nobody sent it.
        acknowledged: Acknowledged records.
        ambiguous: Records whose last answer was missing; each may be stored or not.
    """

    unseen: int = 0
    duplicates: int = 0
    stale: int = 0
    unknown: int = 0
    acknowledged: int = 0
    ambiguous: int = 0

    @property
    def passed(self) -> bool:
        """Whether every acknowledged record is in the tables once, in its newest version."""
        return not any(getattr(self, kind) for kind in _WRONG)

    def __add__(self, other: Verdict) -> Verdict:
        """Return the sum of each number."""
        names = [one.name for one in fields(self)]
        return Verdict(*(getattr(self, name) + getattr(other, name) for name in names))


@dataclass(frozen=True)
class Stages:
    """Numbers of records of the batch pipeline. They are equal, unless one landed or ran twice.

    Attributes:
        in_topics: In the topics. All are JSON, so none is a dead letter.
        landed: Lines in the landing bucket.
        loaded: Counted in `loads`.
    """

    in_topics: int
    landed: int
    loaded: int


@dataclass(frozen=True)
class Result:
    """What a run found.

    Attributes:
        verdicts: The verdict of each pipeline.
        stages: The records at each stage of the batch pipeline.
        micro_batches: How many of each pipeline ended while there were faults.
        cleanings_failed: How often a cleaning was interrupted by a fault and started again.
        optimized: How often a table was optimized while it was written.
    """

    verdicts: dict[str, Verdict]
    stages: Stages
    micro_batches: dict[str, int]
    cleanings_failed: int
    optimized: int

    @property
    def errors(self) -> list[str]:
        """What is wrong; empty if both pipelines have every acknowledged record exactly once."""
        errors = [
            f"{name} has {getattr(verdict, kind):,} {kind}"
            for name, verdict in self.verdicts.items()
            for kind in _WRONG
            if getattr(verdict, kind)
        ]
        errors += [
            f"{name} acknowledged nothing"
            for name, verdict in self.verdicts.items()
            if not verdict.acknowledged
        ]
        stages = self.stages
        if not stages.in_topics == stages.landed == stages.loaded:
            errors.append("the stages of batch have different numbers of records")
        return errors


def check(ledger: Ledger, found: Found) -> Verdict:
    """Return how the rows of the tables differ from the acknowledgements."""
    versions = dict(found.versions)
    unseen = stale = unknown = 0
    for index, newest in ledger.acknowledged.items():
        if index not in versions:
            unseen += 1
        elif versions[index] < newest and versions[index] not in ledger.ambiguous.get(index, ()):
            stale += 1
    for index, version in versions.items():
        sent = version <= ledger.acknowledged.get(index, -1) or version in ledger.ambiguous.get(
            index, ()
        )
        unknown += not sent
    payloads = {payload for _, _, payload in found.rejected}
    return Verdict(
        unseen=unseen + len(ledger.bad - payloads),
        duplicates=_repeated(index for index, _ in found.versions)
        + _repeated((origin, position) for origin, position, _ in found.rejected),
        stale=stale,
        unknown=unknown + len(payloads - ledger.bad - ledger.ambiguous_bad),
        acknowledged=ledger.records,
        ambiguous=sum(map(len, ledger.ambiguous.values())) + len(ledger.ambiguous_bad),
    )


def _repeated(keys: Iterable[object]) -> int:
    """Return how many keys are surplus."""
    counts: Mapping[object, int] = Counter(keys)
    return sum(count - 1 for count in counts.values())
