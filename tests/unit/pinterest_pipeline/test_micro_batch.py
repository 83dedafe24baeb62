"""What a run knows of the posts in its table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_pipeline import micro_batch
from pinterest_pipeline.micro_batch import _HeldInds

SMALL = st.integers(-20, 40)
BATCHES = st.lists(st.tuples(st.sets(SMALL, min_size=1), st.booleans()))


@given(held=st.sets(SMALL), batches=BATCHES, known=st.integers(1, 10))
def test_rows_that_count_as_new_are_never_in_the_table(
    held: set[int], batches: list[tuple[set[int], bool]], known: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(micro_batch, "_KNOWN_INDS", known)
        run, table = _HeldInds(max(held, default=None)), set(held)
        for inds, listed in batches:
            ind_range = (min(inds), max(inds))
            if run.has_none_of(ind_range, inds if listed else None):
                assert table.isdisjoint(inds)
            run.add(ind_range, inds if listed else None)
            table |= inds


def test_posts_that_arrive_a_little_out_of_order_are_new() -> None:
    run = _HeldInds(9)
    run.add((10, 14), {10, 11, 14})

    assert run.has_none_of((12, 15), {12, 13, 15})
    assert not run.has_none_of((11, 15), {11, 15})
    assert not run.has_none_of((9, 15), {9, 15})
    assert not run.has_none_of((12, 15), None)  # only the range is known
    assert run.has_none_of((15, 16), None)
