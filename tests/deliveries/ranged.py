"""A node whose rows lie in time, and what its targets get of outputs that are made by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from unittest import mock
from unittest.mock import Mock

import duckdb

from seeknal.plan.session import Request, writing
from seeknal.run.delivery import handover
from seeknal.run.delivery.owing import carried_over
from seeknal.run.environments.promoting import promote
from seeknal.run.environments.rolling_back import rollback
from seeknal.run.partial_run import PartialRun
from seeknal.state.artifacts import Artifacts
from seeknal.state.composing import composed
from seeknal.testing import TestProject
from seeknal.values.columns import Column
from seeknal.values.names import NodeId
from seeknal.values.snapshot import Part, Snapshot

HOUR = 3600
BASE = 1717200000
"""The first of June 2024, midnight in UTC."""

FILES = {
    "seeknal_project.yml": "name: shop\n",
    "seeknal/hourly.yml": """
kind: transform
name: hourly
time_column: at
schedule: "@hourly"
start: 2024-06-01
transform: SELECT TIMESTAMP '2024-06-01' AS at, 1 AS one
materializations: [{target}]
""",
}


class Killed(BaseException):
    """What ends a step without a word on what it has delivered, as the end of its process does."""


class Ranged:
    """A project whose only node has whichever parts a test gives it."""

    def __init__(self, root: Path, target: str, files: Mapping[str, str] = {}) -> None:
        self.root, self.timezone, self.base = root, "UTC", BASE
        self.columns = (Column("at", "TIMESTAMP"), Column("one", "INTEGER"))
        self.time_column, self.node = "at", NodeId("transform.hourly")
        for name, text in {**FILES, **files}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("{target}", target))

    def has(
        self, rows: Mapping[int, Sequence[int]], environment: str = "prod", size: int = HOUR
    ) -> list:
        """The node has these rows by the number of their range, and targets get what they are
        owed; gives what was delivered."""
        request = Request(environment=environment)
        with writing(self.root / "target", request) as store:
            partial = PartialRun(self.root, request, Mock(), store)
            snapshot = self._snapshot(partial, store, rows, environment, size)
            changes = {self.node: snapshot}
            store.move(environment, changes, command="run", run_id=partial.run_id, commit="")
            store.end_generation(environment)
            return self._deliver(partial, snapshot)

    def again(self, environment: str = "prod") -> list:
        """Targets get what they are owed."""
        request = Request(environment=environment)
        with writing(self.root / "target", request) as store:
            partial = PartialRun(self.root, request, Mock(), store)
            known = store.state.environments[environment].snapshots
            return self._deliver(partial, known[self.node])

    def attempting(self, rows: Mapping[int, Sequence[int]]):
        """The same as `has`; gives what was known of targets right before they were written."""
        real = handover.deliver_owed
        with mock.patch.object(handover, "deliver_owed", side_effect=real) as called:
            self.has(rows)
        return called.call_args.args[1].account

    def forget_outcome(self, account, environment: str = "prod") -> None:
        """What is known of targets is what it was, as a run leaves it that is killed."""
        with writing(self.root / "target", Request()) as store:
            now = store.state.environments[environment].snapshots[self.node]
            store.record(environment, now.with_account(account))

    def edit(self, old: str, new: str) -> None:
        """Write something else in the node's file."""
        file = self.root / "seeknal/hourly.yml"
        file.write_text(file.read_text().replace(old, new))

    def untrack(self) -> None:
        """The node remembers its ranges no more."""
        self.edit('schedule: "@hourly"\nstart: 2024-06-01\n', "")

    def track(self) -> None:
        """The node remembers its ranges again."""
        self.edit("time_column: at\n", 'time_column: at\nschedule: "@hourly"\nstart: 2024-06-01\n')

    def rename(self, name: str) -> None:
        """The node has another name, and what a run does with its places is done."""
        self.edit("name: hourly", f"name: {name}")
        self.node = NodeId(f"transform.{name}")
        with writing(self.root / "target", Request()) as store:
            partial = PartialRun(self.root, Request(), Mock(), store)
            partial.opened().hand_on([self.node])

    def run(self) -> None:
        """What the files say, while the node is not tracked."""
        TestProject(self.root).run("run", "--unpin").assert_ok()

    def give_up(self) -> None:
        """What targets are owed is not sent any more."""
        TestProject(self.root).run("deliveries", "drop", self.node, "--yes").assert_ok()

    def roll_back(self, to: int | None = None):
        """The environment gets the outputs of an earlier generation."""
        return rollback(self.root, Request(), to, Mock())

    def promote(self, source: str):
        """Production gets what another environment has."""
        return promote(self.root, Request(), source, "prod", Mock(), agree=lambda _: True)

    def snapshot(self, environment: str = "prod") -> Snapshot:
        with writing(self.root / "target", Request()) as store:
            return store.state.environments[environment].snapshots[self.node]

    def known(self, environment: str = "prod"):
        (found,) = self.snapshot(environment).deliveries.values()
        return found

    def _deliver(self, partial, snapshot: Snapshot) -> list:
        results = partial.deliver({self.node: snapshot})
        return [delivery for result in results for delivery in result.deliveries]

    def _snapshot(self, partial, store, rows, environment: str, size: int) -> Snapshot:
        loaded = partial.opened().loaded
        artifacts = Artifacts(self.root / "target")
        parts = [
            self._part(artifacts, begin := self.base + number * size, begin + size, values)
            for number, values in sorted(rows.items())
        ]
        artifact = composed(
            self.node,
            fingerprint="f",
            columns=self.columns,
            parts=parts,
            time_column=self.time_column,
            timezone=self.timezone,
        )
        known = store.state.current_account(environment, self.node)
        if known is not None and self._lost(store, environment):
            known = carried_over(loaded.project.nodes[self.node], known)
        made = Snapshot(
            node=self.node,
            fingerprint=loaded.fingerprints()[self.node],
            inputs={},
            output_id=artifact.output_id,
            artifact=artifact,
            delivers=True,
        )
        return made.with_account(known) if known else made

    def _lost(self, store, environment: str) -> bool:
        state = store.state.environments.get(environment)
        return state is None or self.node not in state.snapshots

    def _part(self, artifacts: Artifacts, start: int, end: int, values: Sequence[int]) -> Part:
        path = self.root / "target" / "candidate.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            dated = any(column.type == "DATE" for column in self.columns)
            connection.execute(f"SET TimeZone = '{self.timezone if dated else 'UTC'}'")
            items = ", ".join(
                f"unnest({list(values)}::{column.type}[]) AS {column.name}"
                if column.type == "INTEGER"
                else f"CAST(to_timestamp({start}) AS {column.type}) AS {column.name}"
                for column in self.columns
            )
            connection.execute(f"COPY (SELECT {items}) TO '{path}' (FORMAT parquet)")
        artifacts.prepare([self.node])
        return artifacts.publish_part(
            self.node,
            path,
            fingerprint="f",
            rows=len(values),
            columns=self.columns,
            start=start,
            end=end,
        )
