"""A node that merges by key, against a dictionary, over whatever may happen to it."""

from __future__ import annotations

import random

import pytest
from tests.core.run.test_merging import COUNTED, SOURCE, Shop

from seeknal.state.store import StateStore, read_state

pytestmark = pytest.mark.inside

EVENTS = (
    *("run", "run", "run", "same", "fail", "twice", "null", "full"),
    *("dev", "dev", "rollback", "edit", "promote"),
)


class Model:
    """What each environment has: rows by key, what was merged last, and by which query."""

    def __init__(self):
        self.rows = {"prod": {}}
        self.last = {"prod": None}
        self.edit = {"prod": 0}
        self.generations = {}

    def run(self, env, orders, edit, *, full=False):
        """Merge ``orders`` by the query of this ``edit``, unless that is done."""
        if env not in self.rows:
            self.put(env, self.state("prod"))
        if not full and (self.last[env], self.edit[env]) == (orders, edit):
            return
        anew = full or self.edit[env] != edit or self.last[env] is None
        had = {} if anew else self.rows[env]
        added = {id: amount * (edit + 1) + had.get(id, 0) for id, amount in orders}
        self.rows[env], self.last[env], self.edit[env] = {**had, **added}, orders, edit

    def state(self, env):
        return self.rows[env], self.last[env], self.edit[env]

    def put(self, env, state):
        self.rows[env], self.last[env], self.edit[env] = state


class History:
    """One history: events drawn by a seed, done to a project and to its model."""

    def __init__(self, project, seed):
        self.random = random.Random(seed)
        self.shop, self.model = Shop(project), Model()
        self.edit = 0
        self.orders = self.drawn()
        self.write()
        self.run("prod")
        self.check([])

    def drawn(self):
        ids = self.random.sample(range(6), self.random.randint(1, 4))
        return tuple((id, self.random.randint(0, 9)) for id in ids)

    def write(self, *rows):
        self.shop.orders(*(rows or self.orders))
        factor = f"o.amount * {self.edit + 1}"
        self.shop.node(COUNTED.replace("o.amount", factor))

    def run(self, env, *options):
        self.shop("run", "--env", env, *options).assert_ok()
        self.model.run(env, self.orders, self.edit, full="--full" in options)

    def do(self, event, monkeypatch):
        if event not in ("same", "promote", "rollback"):
            self.orders = self.drawn()
        self.write()
        getattr(self, f"do_{event}")(monkeypatch)

    def do_run(self, _):
        self.run("prod")

    do_same = do_run

    def do_dev(self, _):
        self.run("dev")

    def do_full(self, _):
        self.run("prod", "--full")

    def do_edit(self, _):
        self.edit += 1
        self.write()
        self.run("prod")

    def do_twice(self, _):
        self.write(*self.orders, self.orders[0])
        assert self.shop("run").exit_code == 1
        self.write()

    def do_null(self, _):
        self.write(*self.orders, ("", 1))
        assert self.shop("run").exit_code == 1
        self.write()

    def do_fail(self, monkeypatch):
        record = StateStore.record

        def broken(store, environment, snapshot, **more):
            if snapshot.node == "transform.latest":
                raise OSError("the disk is full")
            return record(store, environment, snapshot, **more)

        with monkeypatch.context() as patched:
            patched.setattr(StateStore, "record", broken)
            self.shop("run")
        self.run("prod")

    def do_rollback(self, _):
        """Back to where production was, and on with the files as they are."""
        number = self.random.choice(sorted(self.model.generations))
        if number < self.generation():
            self.shop("rollback", "prod", "--to", str(number), "--yes").assert_ok()
            self.model.put("prod", self.model.generations[number])
            self.check("rollback")
            self.run("prod", "--unpin")

    def do_promote(self, _):
        """An edit is tried in dev over the same inputs, and brought to production."""
        self.run("prod")
        self.edit += 1
        self.write()
        self.run("dev")
        self.shop("promote", "dev", "--yes", "--force").assert_ok()
        self.model.put("prod", self.model.state("dev"))

    def generation(self):
        return read_state(self.shop.path / "target").environments["prod"].generation

    def check(self, events):
        for env, rows in self.model.rows.items():
            assert self.shop.rows(env) == sorted(rows.items()), (env, events)
        self.model.generations[self.generation()] = self.model.state("prod")


@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_each_input_is_merged_once(seeknal_project, monkeypatch, seed):
    project = seeknal_project({"seeknal/orders.yml": SOURCE})
    history = History(project, seed)
    events = [history.random.choice(EVENTS) for _ in range(8)]

    for number, event in enumerate(events, 1):
        history.do(event, monkeypatch)
        history.check(events[:number])
