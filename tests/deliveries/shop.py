"""A small project whose rows are short to write: (id, day, value)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.deliveries.killing import kill_after, kill_within
from tests.deliveries.model import Definition, Spec
from tests.deliveries.playing import Story


class Shop:
    """A project that delivers to some targets; what is done to it and what they hold."""

    def __init__(self, place, root: Path, *targets: str) -> None:
        self.place, self.root, self.targets = place, root, targets
        self.story = Story(place, root, targets)

    def __call__(self, *arguments: str):
        return self.story.project.run(*arguments)

    def given(self, *rows, word: str = "w") -> None:
        """The source has these rows from now on."""
        self.story.set_source(
            tuple(
                (id, f"2024-01-0{day}" if day else None, f"p{day}", v, word) for id, day, v in rows
            )
        )

    def run(self, *rows, code: int = 0):
        """A run of the source with these rows, which must end with this exit code."""
        if rows:
            self.given(*rows)
        outcome = self("run", "--unpin")
        assert outcome.exit_code == code, outcome
        return outcome

    def define(self, factor: int = 1, mended: bool = False) -> None:
        self.story.definition = Definition(factor, mended)
        self.story.write_nodes()

    def without(self, name: str) -> None:
        """The project has no node of this name any more."""
        (self.root / f"seeknal/{name}.yml").unlink()

    def down(self) -> None:
        self.story.do_down(self.place.ways[0])

    def up(self) -> None:
        self.story.do_up()

    def lose(self, how: str) -> None:
        """Lose what may be rebuilt."""
        if how == "rm":
            self.story.do_rm()
        elif how == "clean":
            self("clean").assert_ok()
        else:
            self.story.do_damage(how)

    def kill(self, when: float) -> None:
        self.place.settle()
        kill_within(lambda: self("run", "--unpin"), when)
        self.place.settle()

    def kill_after_delivering(self) -> None:
        """A run that dies when the targets of a node have their rows and no record says so."""
        self.place.settle()
        kill_after(lambda: self("run", "--unpin"), "seeknal.run.delivery.handover", "deliver_owed")
        self.place.settle()

    def held(self, name: str, environment: str = "") -> list[tuple]:
        """The rows of a table, as (id, day, value)."""
        found = self.place.rows(self.root, Spec(name, "", ""), environment)
        return [(id, int(day[-1]) if day else None, value) for id, day, _, value, _ in found]

    def tables(self) -> dict[str, list[tuple]]:
        return {name: self.held(name) for name in self.targets}

    def listed(self) -> list[dict]:
        shown = self("deliveries", "list", "--format", "json")
        assert shown.exit_code in (0, 1), shown
        return json.loads(shown.stdout)

    def states(self) -> list[str]:
        return [entry["status"] for entry in self.listed()]
