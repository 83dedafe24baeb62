"""A destination with what a run is to send there and where a later run goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from emulation.destination import Connection, Destination
from emulation.plan import Plan
from emulation.report import Half
from emulation.resume import ResumePoint
from emulation.route import Route

__all__ = ["Target"]


@dataclass(frozen=True)
class Target:
    """One destination of a run.

    Attributes:
        plan: What it is to get; null where posts are sent at random.
        point: Where its resume point is kept; null as well.
    """

    destination: Destination
    plan: Plan | None = None
    point: ResumePoint | None = None

    @classmethod
    def in_order(cls, connection: Connection, route: Route, plan: Plan, point: ResumePoint) -> Self:
        """Return the destination behind `route`, which is to get the posts of `plan`."""
        destination = Destination(connection, route, plan.after)
        for event, rows in plan.rows_without_key.items():
            if rows:
                reason = "the row has no index, which is its record's key"
                destination.tally.refused(event, rows, reason)
        return cls(destination, plan, point)

    def save(self) -> None:
        """Keep the resume point; that of an earlier run stands until this one stores something.

        Raises:
            SettingsError: If it cannot be written.
        """
        if self.point and self.destination.tally.any_acknowledged:
            self.point.save(self.destination.watermark.after)

    def posts_done(self, total: int | None) -> int:
        """Return how many of `total` posts of the run need nothing more, here or at all."""
        before = 0 if self.plan is None or total is None else total - self.plan.posts
        return before + self.destination.tally.posts

    def half(self, *, resumable: bool) -> Half:
        """Return what the run has done; `resumable` says whether the resume point is kept."""
        after = self.destination.watermark.after if resumable and self.point else None
        return Half(self.destination.name, self.destination.tally, self.plan, after)
