"""How long a failing request is repeated."""

from __future__ import annotations

import threading

import pytest

from emulation.patience import NotYetError, Patience


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Patience:
    monkeypatch.setattr("emulation.patience.FIRST_PAUSE_SECONDS", 0.0)
    patience = Patience(10.0, threading.Event())
    patience.answered = True
    return patience


class Attempts:
    """Takes eight seconds each, and settles a record in the first ones."""

    def __init__(self, clock: list[float], settling: int) -> None:
        self.clock = clock
        self.made = 0
        self.advanced_at = clock[0]
        self._settling = settling

    def __call__(self) -> None:
        self.made += 1
        self.clock[0] += 8
        if self.made <= self._settling:
            self.advanced_at = self.clock[0]
        raise NotYetError


@pytest.mark.parametrize(("settling", "expected"), [(0, 2), (1, 3), (5, 7)])
def test_it_ends_when_no_record_has_been_settled_for_as_long(
    clock: list[float], patience: Patience, settling: int, expected: int
) -> None:
    attempts = Attempts(clock, settling)
    with pytest.raises(NotYetError):
        patience.retrying(lambda: attempts.advanced_at)(attempts)
    assert attempts.made == expected


def test_an_api_that_has_never_answered_is_given_up_sooner(
    clock: list[float], patience: Patience
) -> None:
    patience.answered = False
    attempts = Attempts(clock, 0)
    with pytest.raises(NotYetError):
        patience.retrying(lambda: attempts.advanced_at)(attempts)
    assert attempts.made == 1
