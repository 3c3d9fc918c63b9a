"""Order, cycles, and who depends on whom."""

import gc
import random
import time
from itertools import pairwise

import pytest

from seeknal.graph.dag import build_graph, graph_of
from seeknal.graph.fingerprint import fingerprints
from seeknal.values.errors import ProjectError
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node


def make(**parents):
    """Nodes ``transform.<name>`` that read the given ones."""
    return dict(node(name, reads) for name, reads in parents.items())


def node(name, reads, **settings):
    id = NodeId.of("transform", name)
    inputs = tuple(
        Input(ref=NodeId.of("transform", other), location=Location(f"{name}.yml", line))
        for line, other in enumerate(reads, 1)
    )
    place = Location(f"{name}.yml")
    return id, Node(id=id, location=place, options=None, definition="", inputs=inputs, **settings)


def names(ids):
    return [id.name for id in ids]


def test_parents_come_before_children_and_ties_are_in_order_of_name():
    graph = build_graph(make(d=["b", "c"], c=["a"], b=["a"], a=[], z=[], e=[]))

    assert names(graph.order) == ["a", "b", "c", "d", "e", "z"]


def test_the_order_does_not_depend_on_the_order_of_files():
    nodes = make(**{f"n{number}": [f"n{number // 2}"] if number else [] for number in range(200)})
    shuffled = list(nodes.items())
    random.Random(1).shuffle(shuffled)

    assert build_graph(dict(shuffled)) == build_graph(nodes)


def test_a_node_that_is_read_twice_is_one_child():
    graph = build_graph(make(a=[], b=["a", "a"]))

    assert graph.children[NodeId("transform.a")] == ("transform.b",)


def test_ancestors_and_descendants_reach_as_far_as_asked():
    graph = build_graph(make(a=[], b=["a"], c=["b"], d=["c"], x=["b"]))
    start = [NodeId("transform.b")]

    assert graph.ancestors(start) == {"transform.a"}
    assert graph.descendants(start) == {"transform.c", "transform.d", "transform.x"}
    assert graph.descendants(start, 1) == {"transform.c", "transform.x"}
    assert graph.descendants(start, 0) == set()


def test_every_unknown_input_is_reported_with_what_was_meant():
    nodes = make(orders=[], a=["ordres"], b=["orders", "nothing_like_it"])

    with pytest.raises(ProjectError) as caught:
        build_graph(nodes)

    problems = caught.value.problems
    assert [str(problem.location) for problem in problems] == ["a.yml:1", "b.yml:2"]
    assert problems[0].help == "did you mean transform.orders?"
    assert {problem.code for problem in problems} == {"SK0310"}


@pytest.mark.parametrize(
    ("nodes", "cycles"),
    [
        (make(a=["a"]), ["transform.a -> transform.a"]),
        (make(a=["b"], b=["a"], c=["b"]), ["transform.a -> transform.b -> transform.a"]),
        (
            make(a=["c"], b=["a"], c=["b"], x=["y"], y=["x"]),
            [
                "transform.a -> transform.b -> transform.c -> transform.a",
                "transform.x -> transform.y -> transform.x",
            ],
        ),
    ],
)
def test_a_cycle_is_shown_as_a_path(nodes, cycles):
    with pytest.raises(ProjectError) as caught:
        build_graph(nodes)

    shown = [problem.message.partition(": ")[2] for problem in caught.value.problems]
    assert shown == cycles


def test_a_cycle_points_to_an_input_that_is_part_of_it():
    with pytest.raises(ProjectError) as caught:
        build_graph(make(s=[], a=["s", "b"], b=["a"]))

    (problem,) = caught.value.problems
    assert str(problem.location) == "a.yml:2"


def test_random_graphs_are_ordered_or_refused_rightly():
    choose = random.Random(5)
    for _ in range(200):
        size = choose.randint(1, 12)
        reads = {
            f"n{number}": [f"n{choose.randrange(size)}" for _ in range(choose.randint(0, 2))]
            for number in range(size)
        }
        nodes = make(**reads)
        try:
            order = build_graph(nodes).order
        except ProjectError as error:
            path = error.problems[0].message.partition(": ")[2].split(" -> ")
            for parent, child in pairwise(path):
                assert parent in nodes[NodeId(child)].parents
            continue
        position = {id: place for place, id in enumerate(order)}
        assert len(order) == size
        assert all(position[p] < position[id] for id in nodes for p in nodes[id].parents)


def seconds_for_a_chain(length):
    chain = {f"n{number}": [f"n{number - 1}"] if number else [] for number in range(length)}
    nodes = make(**chain)
    gc.disable()
    try:
        started = time.process_time()
        reached = build_graph(nodes).descendants([NodeId("transform.n0")])
        seconds = time.process_time() - started
    finally:
        gc.enable()
    assert len(reached) == length - 1
    return seconds


def test_ten_times_as_long_a_chain_takes_not_much_more_than_ten_times_as_long():
    short = min(seconds_for_a_chain(2_000) for _ in range(5))

    long = min(seconds_for_a_chain(20_000) for _ in range(3))

    assert long < 50 * short


def test_a_cycle_of_ten_thousand_nodes_is_found_and_shortened():
    chain = {f"n{number}": [f"n{(number or 10_000) - 1}"] for number in range(10_000)}

    with pytest.raises(ProjectError) as caught:
        build_graph(make(**chain))

    assert " -> ... -> " in caught.value.problems[0].message


def test_what_reads_something_that_is_no_node_has_no_fingerprint(tmp_path):
    nodes = make(a=[], b=["a", "lost"], c=["b"], d=["a"])
    graph = graph_of({id: node.parents for id, node in nodes.items()})

    found = fingerprints(nodes, graph, "2026-03-01", tmp_path)

    assert names(found) == ["a", "d"]
