"""Where the tasks of a graph are drawn."""

from __future__ import annotations

from local.workspace.pages import graph_layout


def test_tasks_are_right_of_what_they_depend_on() -> None:
    def task(key: str, *needed: str) -> dict[str, object]:
        return {"task_key": key, "depends_on": [{"task_key": other} for other in needed]}

    graph = graph_layout([task("b", "a"), task("a"), task("c", "a"), task("d", "b", "c", "gone")])
    places = {box.task["task_key"]: (box.x, box.y) for box in graph.boxes}
    assert places["a"][0] < places["b"][0] == places["c"][0] < places["d"][0]
    assert places["b"][1] < places["c"][1]
    assert len(graph.paths) == 4


def test_a_job_without_tasks_has_an_empty_graph() -> None:
    assert graph_layout([]).boxes == []
