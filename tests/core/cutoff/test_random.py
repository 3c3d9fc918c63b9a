"""Random projects, edits and data: whatever was spared, every output is that of a full rebuild."""

import random
from collections import Counter

import duckdb
import pytest

pytestmark = [pytest.mark.inside, pytest.mark.versions]

COLUMNS = ("id", "a", "b", "c")
CHANGES = 6


class World:
    """A project of one source and some transforms, of which anything may change."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.rows = [self.row() for _ in range(8)]
        self.nodes = {}
        self.views = set()
        for number in range(6):
            self.edit(f"n{number}")

    def row(self):
        return [self.chance.randint(0, 4) for _ in COLUMNS]

    def edit(self, name):
        earlier = [other for other in self.nodes if other < name]
        parent = self.chance.choice(["s", *earlier[-3:]])
        other = self.chance.choice(["s", *earlier])
        number = self.chance.randint(0, 4)
        (self.views.add if self.chance.random() < 0.3 else self.views.discard)(name)
        self.nodes[name] = self.chance.choice(
            [
                f"SELECT id, a, b, c FROM {parent}",
                f"SELECT id, a + {number} AS a, b, c FROM {parent}",
                f"SELECT *, a * {number} AS {name}_{number} FROM {parent}",
                f"SELECT c AS a, a AS c, id, b FROM {parent}",
                f"SELECT id, a, b, c FROM {parent} WHERE b > {number}",
                f"SELECT id, CAST(sum(a) AS BIGINT) AS a, max(b) AS b, count(*) AS c FROM {parent}"
                " GROUP BY id",
                f"SELECT DISTINCT id, a, b, c FROM {parent}",
                f"SELECT p.id, p.a, o.b, o.c FROM {parent} p JOIN {other} o USING (id)",
                f"SELECT id, a, b, c FROM {parent} UNION ALL SELECT id, a, b, c FROM {other}",
                f"SELECT * EXCLUDE (b), {number} AS b FROM {parent}",
                f"SELECT id, a, b, (SELECT count(*) FROM {other}) AS c FROM {parent}",
                f"SELECT id, CASE WHEN a > {number} THEN b ELSE c END AS a, b, c FROM {parent}",
                f"SELECT id, a, b, c FROM {parent} WHERE id IN (SELECT a FROM {other})",
            ]
        )

    def change(self):
        what = self.chance.choice(["edit", "edit", "edit", "data", "row", "order"])
        if what == "edit":
            self.edit(self.chance.choice(list(self.nodes)))
        elif what == "data":
            place = self.chance.randrange(len(self.rows))
            self.rows[place][self.chance.randrange(1, 4)] = self.chance.randint(0, 4)
        elif what == "row":
            self.rows.append(self.row())
        else:
            self.chance.shuffle(self.rows)

    def files(self):
        lines = "".join(f"{','.join(map(str, row))}\n" for row in self.rows)
        return {
            "data/s.csv": f"{','.join(COLUMNS)}\n{lines}",
            "seeknal/s.yml": "kind: source\nname: s\nsource: csv\ntable: data/s.csv\n",
            **{
                f"seeknal/{name}.yml": f"kind: transform\nname: {name}\n"
                f"inputs: [{', '.join(self.inputs(sql))}]\ntransform: {sql}\n"
                f"{'materialized: view' if name in self.views else ''}\n"
                for name, sql in self.nodes.items()
            },
        }

    def inputs(self, sql):
        words = {word.strip("()") for word in sql.split()}
        found = ["source.s"] if "s" in words else []
        found += [f"transform.{name}" for name in self.nodes if name in words]
        return [f"{{ref: {id}}}" for id in found]

    def expected(self):
        """Every node's columns and rows, computed from nothing."""
        with duckdb.connect() as connection:
            connection.execute("CREATE TABLE s (id BIGINT, a BIGINT, b BIGINT, c BIGINT)")
            connection.executemany("INSERT INTO s VALUES (?, ?, ?, ?)", self.rows)
            found = {}
            for name, sql in self.nodes.items():
                connection.execute(f"CREATE TABLE {name} AS {sql}")
                found[name] = held(connection.execute(f"FROM {name}"))
            return found


def held(result):
    names = [column[0] for column in result.description]
    return names, Counter(map(str, result.fetchall()))


def stored(made, name):
    path = made.path / "target" / "intermediate" / f"transform_{name}.parquet"
    return held(duckdb.execute(f"FROM read_parquet('{path}')"))


def live(seed, make):
    world = World(seed)
    made = make(world.files())
    spared = 0
    for _ in range(CHANGES):
        made.write(world.files())
        outcome = made.run("run", "--format", "json")
        spared += sum(
            step["status"] == "reused" and step["reason"] == "inputs unchanged"
            for step in outcome.assert_ok().json()["nodes"]
        )
        for name, wanted in world.expected().items():
            if name in world.views:
                continue
            assert stored(made, name) == wanted, f"seed {seed}: {name}: {world.nodes[name]}"
        world.change()
    return spared


@pytest.mark.once
@pytest.mark.parametrize("seed", range(12))
def test_what_is_spared_is_what_a_full_rebuild_gives(seed, seeknal_project):
    live(seed, seeknal_project)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_many_random_projects(seeknal_project):
    assert sum(live(seed, seeknal_project) for seed in range(1000, 1500)) > 0
