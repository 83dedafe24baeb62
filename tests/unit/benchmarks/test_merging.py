"""Which pins a micro-batch updates, and how a MERGE's time grows."""

from __future__ import annotations

from benchmarks.merging import growth_figures, spread


def test_the_updates_are_half_a_batch_of_different_pins_all_over_the_table() -> None:
    chosen = spread(100_000, 10_000, turn=0)

    assert len(set(chosen)) == 5_000
    assert {ind // 10_000 for ind in chosen} == set(range(10))


def test_the_same_updates_each_time_and_others_each_turn() -> None:
    assert spread(1_000, 100, turn=0) == spread(1_000, 100, turn=0)
    assert spread(1_000, 100, turn=0) != spread(1_000, 100, turn=1)


def test_growth_is_the_largest_table_by_the_smallest() -> None:
    figures = growth_figures(10, "all new", {100: 2.0, 1_000: 2.5, 5_000: 3.0})

    assert [(figure.name, figure.value, figure.unit) for figure in figures] == [
        ("merging 10 pins, all new, into 100", 2.0, "s"),
        ("merging 10 pins, all new, into 1,000", 2.5, "s"),
        ("merging 10 pins, all new, into 5,000", 3.0, "s"),
        ("merging 10 pins, all new: into 5,000 ÷ into 100", 1.5, ""),
    ]
