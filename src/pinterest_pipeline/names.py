"""The names that every part of the pipeline derives from a user id. Imports no Spark.

Every function here raises `UserIdError` for an invalid user id.
"""

from __future__ import annotations

import re
from typing import Final

from pinterest_pipeline.errors import UserIdError

__all__ = [
    "EVENT_NAMES",
    "USER_ID_PATTERN",
    "dead_letter_topic",
    "stream_name",
    "stream_names",
    "topic",
    "topics",
    "validate_user_id",
]

EVENT_NAMES: Final = ("pin", "geo", "user")
"""The kinds of event, in the order in which the events of a post are sent."""

USER_ID_PATTERN: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,112}"
"""One rule for topics and streams, so that one user id serves both.

A Kinesis stream name has at most 128 characters, and `streaming-<user-id>-user` takes 15 of them.
Spark ignores folders whose names begin with `.` or `_`, so a user id does not begin with them.
"""

_USER_ID: Final = re.compile(USER_ID_PATTERN)


def validate_user_id(user_id: str) -> str:
    """Return `user_id`.

    Raises:
        UserIdError: Raised when it does not match `USER_ID_PATTERN`.
    """
    if not _USER_ID.fullmatch(user_id):
        raise UserIdError(
            "Expected a user id of 1 to 113 letters, digits, '.', '_' and '-' that begins with a "
            f"letter or digit; got {user_id!r}. Choose another user id."
        )
    return user_id


def topic(user_id: str, event: str) -> str:
    """Return the Kafka topic of the event named `event`."""
    return f"{validate_user_id(user_id)}.{event}"


def topics(user_id: str) -> list[str]:
    """Return the topics of all events, in the order of `EVENT_NAMES`."""
    return [topic(user_id, event) for event in EVENT_NAMES]


def dead_letter_topic(user_id: str) -> str:
    """Return the topic of the records that cannot be landed."""
    return topic(user_id, "dead_letters")


def stream_name(user_id: str, event: str) -> str:
    """Return the Kinesis stream of the event named `event`."""
    return f"streaming-{validate_user_id(user_id)}-{event}"


def stream_names(user_id: str) -> list[str]:
    """Return the streams of all events, in the order of `EVENT_NAMES`."""
    return [stream_name(user_id, event) for event in EVENT_NAMES]
