import types

from seeknal.run.ready_queue import ReadyQueue
from seeknal.values.names import NodeId


def graph(edges):
    """A graph of ids from child -> parents."""
    ids = [NodeId(f"t.{name}") for name in edges]
    parents = {NodeId(f"t.{n}"): [NodeId(f"t.{p}") for p in ps] for n, ps in edges.items()}
    children = {id: [c for c in ids if id in parents[c]] for id in ids}
    return ids, types.SimpleNamespace(parents=parents, children=children)


def test_a_node_is_ready_when_its_last_parent_is_done():
    ids, dag = graph({"a": [], "b": [], "c": ["a", "b"]})
    queue = ReadyQueue(ids, dag, {})

    first, second = queue.take(), queue.take()
    queue.finish(first)
    waiting = queue.take()
    queue.finish(second)

    assert waiting is None
    assert queue.take() == "t.c"


def test_the_longest_remaining_path_goes_first():
    ids, dag = graph({"short": [], "long": [], "slow": ["long"]})
    queue = ReadyQueue(ids, dag, {NodeId("t.slow"): 10.0})

    assert queue.take() == "t.long"


def test_parents_outside_the_plan_are_taken_as_done():
    ids, dag = graph({"a": [], "b": ["a"]})

    queue = ReadyQueue([ids[1]], dag, {})

    assert queue.take() == "t.b"


def test_a_chain_of_ten_thousand_is_handed_out_in_order():
    edges = {"n0": []} | {f"n{i}": [f"n{i - 1}"] for i in range(1, 3)}
    ids, dag = graph(edges)
    count = 10_000
    ids = [NodeId(f"t.n{i}") for i in range(count)]
    dag.parents = {id: ids[i - 1 : i] if i else [] for i, id in enumerate(ids)}
    dag.children = {id: ids[i + 1 : i + 2] for i, id in enumerate(ids)}
    queue = ReadyQueue(ids, dag, {})

    order = []
    while queue:
        order.append(queue.take())
        queue.finish(order[-1])

    assert order == ids


def test_nodes_wait_in_their_lanes():
    ids, dag = graph({"a": [], "b": []})
    queue = ReadyQueue(ids, dag, {}, lane_of=lambda id: "io" if id.name == "a" else "cpu")

    assert [queue.take("cpu"), queue.take("cpu"), queue.take("io")] == ["t.b", None, "t.a"]


def test_equally_long_paths_go_in_the_plans_order():
    ids, dag = graph({"b": [], "a": []})
    queue = ReadyQueue(ids, dag, {})

    assert [queue.take(), queue.take()] == ["t.b", "t.a"]
