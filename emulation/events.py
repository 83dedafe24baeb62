"""The three events of one post: where their rows are, and the fields they carry in order."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["EVENTS", "GEO", "PIN", "USER", "Event"]


@dataclass(frozen=True)
class Event:
    """One kind of event.

    Attributes:
        name: Last part of the topic's name.
        table: Table of the source that holds one row per event.
        columns: Columns of that table; the payload has them as fields, in this order.
            The first is the key: the post's index, shared by its three events.
    """

    name: str
    table: str
    columns: tuple[str, ...]

    @property
    def key(self) -> str:
        """Name of the column that holds the post's index."""
        return self.columns[0]


PIN = Event(
    "pin",
    "pinterest_data",
    (
        "index",
        "unique_id",
        "title",
        "description",
        "poster_name",
        "follower_count",
        "tag_list",
        "is_image_or_video",
        "image_src",
        "downloaded",
        "save_location",
        "category",
    ),
)
GEO = Event("geo", "geolocation_data", ("ind", "timestamp", "latitude", "longitude", "country"))
USER = Event("user", "user_data", ("ind", "first_name", "last_name", "age", "date_joined"))

EVENTS = (PIN, GEO, USER)
"""In the order in which a post's events are sent."""
