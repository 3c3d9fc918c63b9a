"""What the comment of a table says of the delivery that it holds.

It changes in the very moment in which the rows do: a table is swapped with its comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from attrs import evolve, frozen

from seeknal_starrocks.owners import Owner

_MARK = re.compile(r"(?:^|(?<= ))\[seeknal (\S*)\]$")


@frozen(kw_only=True)
class Mark:
    """``table`` is the one that it is of, ``rows`` how many that has.

    ``made``: by which options we have made it, if we did. ``twin`` is the name that the table had
    before it took the place of another. An empty ``delivery`` is of a table that is not whole yet.
    The ``other_...`` are of another owner who has delivered to it, whenever that was: one is enough
    to know that it is not ours alone.
    """

    delivery: str = ""
    output: str = ""
    table: str = ""
    project: str
    environment: str
    copy: str = ""
    node: str
    rows: int = -1
    made: str = ""
    twin: str = ""
    other_project: str = ""
    other_environment: str = ""
    other_copy: str = ""

    @property
    def owner(self) -> Owner:
        return Owner(project=self.project, environment=self.environment, copy=self.copy)

    @property
    def other(self) -> Owner | None:
        if not self.other_project:
            return None
        return Owner(
            project=self.other_project, environment=self.other_environment, copy=self.other_copy
        )

    @property
    def owners(self) -> list[Owner]:
        """Two at the most."""
        return [self.owner, *([self.other] if self.other is not None else [])]

    def beside(self, owner: Owner | None) -> Mark:
        """As it is, but that it remembers another owner too."""
        if owner is None or owner == self.owner:
            return self
        return evolve(
            self,
            other_project=owner.project,
            other_environment=owner.environment,
            other_copy=owner.copy,
        )

    def after(self, before: Mark | None) -> Mark:
        """In place of another mark, whose owners it does not forget."""
        return self if before is None else self.beside(before.other).beside(before.owner)


def written(mark: Mark, beside: str = "") -> str:
    """The comment; what else it said stays before."""
    given = {
        "delivery": mark.delivery,
        "output": mark.output,
        "table": mark.table,
        "project": mark.project,
        "environment": mark.environment,
        "copy": mark.copy,
        "node": mark.node,
        "rows": str(mark.rows),
        "made": mark.made,
        "twin": mark.twin,
        "other_project": mark.other_project,
        "other_environment": mark.other_environment,
        "other_copy": mark.other_copy,
    }
    return comment_of(given, beside)


def comment_of(given: Mapping[str, str], beside: str = "") -> str:
    """The comment that says these, but for what is empty."""
    found = f"[seeknal {urlencode({key: value for key, value in given.items() if value})}]"
    return f"{beside} {found}" if beside else found


def said_by(comment: str) -> dict[str, str] | None:
    """What a comment of ours says; None for that of somebody else."""
    match = _MARK.search(comment)
    return dict(parse_qsl(match[1], keep_blank_values=True)) if match is not None else None


def mark_of(comment: str) -> Mark | None:
    """What it says; None for that of somebody else."""
    given = said_by(comment)
    if given is None:
        return None
    try:
        rows = int(given.pop("rows", "-1"))
        return Mark(rows=rows, **given)
    except (TypeError, ValueError):
        return None


def words_of(comment: str) -> str:
    """What a comment says beside our mark."""
    match = _MARK.search(comment)
    return comment[: match.start()].rstrip() if match is not None else comment
