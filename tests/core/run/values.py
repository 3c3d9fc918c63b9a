"""Small values that a run passes on: nodes, outputs, deliveries."""

from seeknal.values.columns import Column
from seeknal.values.deliveries import Delivery, Owed
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.node import Input, Node, Sql
from seeknal.values.snapshot import Artifact, Fingerprint, Snapshot
from seeknal.values.targets import Target

AT = Location("seeknal/a.yml", 3, 1)
STAT = (1, 2, 3, 4, 5)
COLUMNS = (Column(name="x", type="INTEGER"),)


def node(name="a", *parents, sql="SELECT 1 AS x", **more):
    """A transform with this SQL, which starts in line 3 of its file."""
    id = name if "." in name else f"transform.{name}"
    query = Sql(text=sql, rendered=sql, executable=sql, location=AT) if sql else None
    return Node(
        id=NodeId(id),
        location=AT,
        options=None,
        definition=f"definition of {id}",
        inputs=tuple(Input(ref=NodeId(parent)) for parent in parents),
        **{"sql": query, "rows_of_body": True, **more},
    )


def target(mode="full", key="k", place="out", **more):
    return Target(
        node=NodeId("transform.a"),
        type="file",
        options=None,
        key=key,
        label="out.csv",
        mode=mode,
        place=place,
        **more,
    )


def artifact(content="1", rows=1, columns=COLUMNS, **more):
    """A stored output; equal ``content`` is equal rows."""
    values = {"path": f"cache/{content}.parquet", "size": 1, "sha256": content * 64, "stat": STAT}
    return Artifact(rows=rows, columns=columns, **{**values, **more})


def snapshot(id="transform.a", stored=None, **more):
    stored = stored or artifact()
    values = {
        "fingerprint": Fingerprint(content=f"definition of {id}", config="", upstream=""),
        "inputs": {},
        "output_id": stored.output_id,
        "artifact": stored,
    }
    return Snapshot(node=NodeId(id), **{**values, **more})


def delivery(number=0, status="delivered", content="1", **more):
    values = {
        "key": "k",
        "place": "out",
        "mode": "append" if number else "full",
        "delivery_id": f"run{number}/transform.a/k",
        "output_id": content * 16,
        "label": "out.csv",
    }
    return Delivery(status=status, number=number, **{**values, **more})


def owed(number, content="1", passed=False, **more):
    waiting = delivery(number, "owed", content, **more)
    return Owed(
        delivery=waiting, artifact=artifact(content), definition="d", inputs="i", passed=passed
    )
