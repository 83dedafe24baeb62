"""A place in one shard that moves on as pages are read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace

from .api import Api, Place, Shard
from .errors import ExpiredIteratorError, LostRecordsError
from .offsets import Progress
from .pace import Pace
from .records import Page

__all__ = ["Cursor"]

_LEAST_RETENTION_SECONDS = 24 * 3600
"""No stream keeps its records for less."""

_log = logging.getLogger(__name__)


class Cursor:
    """Reads one shard, from where `progress` says; never the same record twice.

    A new iterator begins at the last record that has been read, not after it: if that record is
    gone, those that followed it may be gone as well, and nothing else would tell.

    Attributes:
        progress: How far it has read.
        gaps: How many times records may have been gone before it read them.
        milliseconds_behind: Of the last page; null before the first.
    """

    def __init__(
        self,
        api: Api,
        shard: Shard,
        began: str | float,
        progress: Progress,
        *,
        pace: Pace,
        fail_on_data_loss: bool,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.shard = shard
        self.progress = progress
        self.gaps = 0
        self.milliseconds_behind: int | None = None
        self._api = api
        self._began = began
        self._pace = pace
        self._fail_on_data_loss = fail_on_data_loss
        self._clock = clock
        self._iterator: str | None = None
        self._expects_last = False

    def read(self, limit: int) -> Page:
        """Return the next page, of `limit` records at most; none once the shard is done.

        The first page of an iterator holds one less, for the record that it begins at is known.

        Raises:
            LostRecordsError: Raised when records may be gone, unless that is allowed.
        """
        if self.progress.done:
            return Page([], None, 0)
        page = self._without_last(self._fetch(limit))
        last = page.records[-1].sequence_number if page.records else self.progress.last
        self.progress = Progress(last, page.iterator is None, self._tip(page))
        self._iterator = page.iterator
        self.milliseconds_behind = page.milliseconds_behind
        return page

    def _fetch(self, limit: int) -> Page:
        try:
            return self._page(self._iterator or self._seek(), limit)
        except ExpiredIteratorError:
            return self._page(self._seek(), limit)

    def _page(self, iterator: str, limit: int) -> Page:
        self._pace.wait()
        page = self._api.page(iterator, limit)
        self._pace.fetched(page.size)
        return page

    def _seek(self) -> str:
        self._expects_last = self.progress.last is not None
        return self._api.iterator(self.shard, Place(self.progress.last, self._began))

    def _without_last(self, page: Page) -> Page:
        if not self._expects_last or not page.records:
            return page
        self._expects_last = False
        first = page.records[0].sequence_number
        if first == self.progress.last:
            return replace(page, records=page.records[1:])
        if not self._surely_complete():
            self._lost(first)
        return page

    def _tip(self, page: Page) -> int | None:
        """Return when the shard was last read to its tip, if nothing may have gone before."""
        complete = not self._expects_last or self._surely_complete()
        return (
            int(self._clock()) if page.milliseconds_behind == 0 and complete else self.progress.tip
        )

    def _surely_complete(self) -> bool:
        """Return whether nothing can be gone of what came since it was read to its tip."""
        tip = self.progress.tip
        return tip is not None and self._clock() - tip < _LEAST_RETENTION_SECONDS

    def _lost(self, first: str) -> None:
        lost = LostRecordsError(self.shard.stream, self.shard.id, self.progress.last, first)
        if self._fail_on_data_loss:
            raise lost
        _log.warning("%s", lost)
        self.gaps += 1
