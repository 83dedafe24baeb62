"""What a run of the emulator reads from a source."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from emulation.payloads import Refusal
from emulation.posts import find_range, posts_in_order
from emulation.source import open_source
from pinterest_pipeline.names import EVENT_NAMES


@dataclass
class SourceRows:
    """The payloads by event, and the refused rows."""

    payloads: dict[str, list[dict[str, object]]] = field(
        default_factory=lambda: {name: [] for name in EVENT_NAMES}
    )
    refusals: list[Refusal] = field(default_factory=list)

    def values(self, event: str, column: str) -> list[object]:
        return [payload[column] for payload in self.payloads[event]]


def read_source(url: str) -> SourceRows:
    """Read all posts of the source at `url`."""
    rows = SourceRows()
    with open_source(url, give_up_after_seconds=20) as source:
        post_range = find_range(source)
        rows.refusals.extend(post_range.refusals)
        for post in posts_in_order(source, post_range):
            for event, payloads in zip(EVENT_NAMES, post.payloads, strict=True):
                for payload in payloads:
                    if isinstance(payload, Refusal):
                        rows.refusals.append(payload)
                    else:
                        rows.payloads[event].append(json.loads(payload))
    return rows
