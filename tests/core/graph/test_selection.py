"""What a selection names."""

import pytest

from seeknal.graph.dag import build_graph
from seeknal.graph.selection import select
from seeknal.values.errors import SelectionError
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node

pytestmark = pytest.mark.inside

SPEC = {
    "source.orders": ([], ["raw"], "bronze", "seeknal/sources/orders.yml"),
    "source.customers": ([], ["raw", "pii"], "bronze", "seeknal/sources/customers.yml"),
    "transform.clean": (["source.orders"], [], "silver", "seeknal/transforms/clean.yml"),
    "transform.joined": (
        ["transform.clean", "source.customers"],
        ["pii"],
        "silver",
        "seeknal/transforms/deep/joined.yml",
    ),
    "transform.orders_daily": (
        ["transform.joined"],
        ["gold"],
        "gold",
        "seeknal/pipelines/daily.py",
    ),
    "transform.orders": (["source.orders"], [], None, "seeknal/transforms/orders.yml"),
    "exposure.report": (["transform.orders_daily"], ["gold"], "gold", "seeknal/exposures/r.yml"),
}


def make():
    return {
        NodeId(id): Node(
            id=NodeId(id),
            location=Location(file, 1),
            options=None,
            definition="",
            inputs=tuple(Input(ref=NodeId(parent)) for parent in parents),
            tags=tuple(tags),
            layer=layer,
            owner="data team" if id == "exposure.report" else None,
        )
        for id, (parents, tags, layer, file) in SPEC.items()
    }


NODES = make()
GRAPH = build_graph(NODES)
SHORT = {id.name if id != "source.orders" else "s.orders": id for id in NODES}


def chosen(*expressions, **options):
    found = select(expressions, NODES, GRAPH, **options)
    return {short for short, id in SHORT.items() if id in found}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("", set(SHORT)),
        ("transform.clean", {"clean"}),
        ("clean", {"clean"}),
        ("Transform.Clean", {"clean"}),
        ("source:orders", {"s.orders"}),
        ("+joined", {"s.orders", "customers", "clean", "joined"}),
        ("1+joined", {"customers", "clean", "joined"}),
        ("clean+", {"clean", "joined", "orders_daily", "report"}),
        ("clean+1", {"clean", "joined"}),
        ("1+joined+1", {"customers", "clean", "joined", "orders_daily"}),
        ("+joined+", {"s.orders", "customers", "clean", "joined", "orders_daily", "report"}),
        (
            "@clean",
            {"s.orders", "customers", "clean", "joined", "orders_daily", "report"},
        ),
        ("tag:gold", {"orders_daily", "report"}),
        ("tag:g*", {"orders_daily", "report"}),
        ("kind:source", {"s.orders", "customers"}),
        ("kind:sources", {"s.orders", "customers"}),
        ("layer:silver", {"clean", "joined"}),
        ("path:seeknal/transforms", {"clean", "joined", "orders"}),
        ("path:./seeknal/transforms/", {"clean", "joined", "orders"}),
        ("path:seeknal/transforms/clean.yml", {"clean"}),
        ("path:*.py", {"orders_daily"}),
        ("*orders*", {"s.orders", "orders", "orders_daily"}),
        ("transform.orders*", {"orders", "orders_daily"}),
        ("tag:pii kind:exposure", {"customers", "joined", "report"}),
        ("tag:pii,kind:source", {"customers"}),
        ("+report,layer:silver clean+1", {"clean", "joined"}),
    ],
)
def test_an_expression_names_its_nodes(expression, expected):
    assert chosen(expression) == expected


def test_several_expressions_are_a_union():
    assert chosen("clean", "joined") == {"clean", "joined"}


def test_state_modified_is_what_changed():
    changed = [NodeId("transform.clean")]

    assert chosen("state:modified", changed=changed) == {"clean"}
    assert chosen("state:modified+1", changed=changed) == {"clean", "joined"}


def test_nothing_modified_is_an_answer_and_no_mistake():
    assert chosen("state:modified") == set()
    assert chosen("state:modified+,tag:gold") == set()
    assert chosen("clean", exclude=["clean,state:modified"]) == {"clean"}


def test_exclusions_and_filters_narrow_the_selection():
    assert chosen("clean+", exclude=["tag:gold"]) == {"clean", "joined"}
    assert chosen(types=["source"], exclude_tags=["pii"]) == {"s.orders"}
    assert chosen(types=["source,exposure"]) == {"s.orders", "customers", "report"}
    assert chosen("+report", tags=["pii"]) == {"customers", "joined"}


@pytest.mark.parametrize(
    ("expression", "code", "help"),
    [
        ("transform.claen", "SK0301", "did you mean transform.clean"),
        ("claen", "SK0301", "did you mean clean"),
        ("orders", "SK0301", "source.orders or transform.orders"),
        ("tag:glod", "SK0301", "did you mean gold"),
        ("kind:tranform", "SK0301", "did you mean transform"),
        ("path:seeknal/nowhere", "SK0301", "seeknal list"),
        ("zzz*", "SK0301", "seeknal list"),
        ("tga:gold", "SK0303", "did you mean tag"),
        ("state:new", "SK0303", "state:modified"),
        ("tag:", "SK0302", "for example"),
        ("++clean", "SK0302", "for example"),
        ("@clean+", "SK0302", "for example"),
        (",", "SK0302", "for example"),
        ("clean,report", "SK0304", "seeknal list"),
    ],
)
def test_what_names_nothing_is_an_error_with_help(expression, code, help):
    with pytest.raises(SelectionError) as caught:
        chosen(expression)

    assert caught.value.code == code
    assert help in caught.value.help


def test_an_exclusion_that_leaves_nothing_is_an_error():
    with pytest.raises(SelectionError):
        chosen(exclude=["*"])
