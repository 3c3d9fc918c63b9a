from __future__ import annotations

import pytest

NODE = """
kind: transform
name: {name}
inputs: [{inputs}]
transform: {sql}
"""


def transform(name, sql, *inputs):
    refs = ", ".join(f"{{ref: {ref}}}" for ref in inputs)
    return NODE.format(name=name, inputs=refs, sql=sql).lstrip()


SOURCE = """
kind: source
name: orders
source: csv
table: data/orders.csv
"""

FILES = {
    "data/orders.csv": "id,amount\n1,10\n2,20\n",
    "seeknal/orders.yml": SOURCE.lstrip(),
    "seeknal/clean.yml": transform(
        "clean", "SELECT id, amount FROM source.orders", "source.orders"
    ),
    "seeknal/total.yml": transform(
        "total", "SELECT sum(amount) AS total FROM transform.clean", "transform.clean"
    ),
    "seeknal/other.yml": transform(
        "other", "SELECT count(*) AS n FROM source.orders", "source.orders"
    ),
}

CHANGED = transform("clean", "SELECT id, amount * 2 AS amount FROM source.orders", "source.orders")


class Shop:
    """A project with production built; its commands, and what they did."""

    def __init__(self, project):
        self.project = project
        self.path = project.path

    def __call__(self, *arguments):
        return self.project.run(*arguments)

    def write(self, **files):
        self.project.write({f"seeknal/{name}.yml": text for name, text in files.items()})

    def data(self, *rows):
        lines = "".join(f"{id},{amount}\n" for id, amount in rows)
        self.project.write({"data/orders.csv": f"id,amount\n{lines}"})

    def sql(self, query, env="prod"):
        answer = self("sql", query, "--env", env, "--format", "json").assert_ok().json()
        return [tuple(row.values()) for row in answer]

    def total(self, env="prod"):
        return self.sql("SELECT total FROM transform.total", env)[0][0]

    def did(self, *arguments):
        """What a run did to each node, in one word each."""
        outcome = self(*arguments, "--format", "json").assert_ok().json()
        run = outcome.get("run", outcome) or {"nodes": []}
        return {entry["node"]: entry["status"] for entry in run["nodes"]}

    def reasons(self, *arguments):
        answer = self(*arguments, "--format", "json").assert_ok().json()
        return {entry["node"]: entry["reason"] for entry in answer["nodes"]}

    def ran(self, *arguments):
        return {node for node, status in self.did(*arguments).items() if status == "success"}


@pytest.fixture
def shop(seeknal_project, built):
    return Shop(built(seeknal_project(FILES)))


@pytest.fixture
def changed():
    return CHANGED
