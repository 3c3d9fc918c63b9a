"""What the comment of a table says of the delivery that it holds.

It changes in the very moment in which the rows do: a table is swapped with its comment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from attrs import frozen

_MARK = re.compile(r"(?:^|(?<= ))\[seeknal (\S*)\]$")


@frozen(kw_only=True)
class Mark:
    """``rows`` is how many the table has. ``made``: by which options we have made it, if we did.
    ``twin`` is the name that the table had before it took the place of another. An empty
    ``delivery`` is of a table that is not whole yet.
    """

    delivery: str = ""
    output: str = ""
    project: str
    environment: str
    node: str
    rows: int = -1
    made: str = ""
    twin: str = ""


def written(mark: Mark, beside: str = "") -> str:
    """The comment; what else it said stays before."""
    given = {
        "delivery": mark.delivery,
        "output": mark.output,
        "project": mark.project,
        "environment": mark.environment,
        "node": mark.node,
        "rows": str(mark.rows),
        "made": mark.made,
        "twin": mark.twin,
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
