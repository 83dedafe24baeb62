"""Clocks of services in a chaos run, which faults set forward and back."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

from local.errors import StackError
from local.supervisor.process import Service

__all__ = ["KINDS", "REAL", "STEPS", "Clocks"]

STEPS = {
    "clock +1 h": "+1h",
    "clock -1 h": "-1h",
    "clock +8 days": "+8d",
    "clock -8 days": "-8d",
}
"""The offset of each kind of fault, as libfaketime writes it."""
REAL = "+0"
"""The offset of a right clock."""
_SERVICES = ("broker", "connect")

KINDS = dict.fromkeys(STEPS, (_SERVICES, 10.0))
"""The targets of each kind of fault, and the longest time that it lasts.

They are Java programs without Python: under libfaketime, Python 3.12 cannot sleep.
"""

_LIBRARY = "faketime/libfaketimeMT.so.1"
_PLACES = (f"lib/*/{_LIBRARY}", f"lib*/{_LIBRARY}")


class Clocks:
    """The clocks of the services, each a file that libfaketime reads.

    A service sees a step when it starts again: libfaketime spoils the waits of a running process.

    Args:
        folder: The folder of the files, which this creates.

    Raises:
        StackError: Raised when libfaketime is not installed.
    """

    def __init__(self, folder: Path) -> None:
        library = next(chain.from_iterable(Path("/usr").glob(place) for place in _PLACES), None)
        if library is None:
            raise StackError(
                f"expected {_LIBRARY} below /usr/lib; install libfaketime, for example with:"
                " sudo apt-get install libfaketime. Use CLOCKS=no (--no-clocks) to run without it"
            )
        folder.mkdir()
        self._folder = folder
        self._library = library

    def given_to(self, service: Service) -> Service:
        """Return the service; a target of `KINDS` gets its own clock, which shows the real time."""
        if service.name not in _SERVICES:
            return service
        self.set(service.name, REAL)
        own = {
            "LD_PRELOAD": str(self._library),
            "FAKETIME_TIMESTAMP_FILE": str(self._folder / service.name),
            # Waits use the monotonic clock, which no step of a clock changes.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            # Otherwise they end at once, and the program does nothing but wait again.
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            "NO_FAKE_STAT": "1",
        }
        return replace(service, environment={**service.environment, **own})

    def set(self, service: str, offset: str) -> None:
        """Set the clock of a service to an offset from the real time, such as "+8d"."""
        (self._folder / service).write_text(offset)
