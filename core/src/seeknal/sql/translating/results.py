"""What comes of a translation: SQL for the other engine, or every reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from sqlglot import exp


@frozen(kw_only=True)
class Refusal:
    """What of a text may mean something else there. ``line``/``column`` are 1-based; 0: unknown."""

    construct: str
    message: str
    line: int = 0
    column: int = 0


@frozen(kw_only=True)
class Translation:
    """A query in ``dialect``; ``tree`` is None where anything is refused."""

    dialect: str
    tree: exp.Expression | None = None
    refusals: tuple[Refusal, ...] = ()

    def sql(self, *, pretty: bool = False, copy: bool = True) -> str:
        """The query's text; without ``copy`` the tree is not to be used again.

        Raises ValueError when there is none.
        """
        if self.tree is None:
            raise ValueError("; ".join(refusal.message for refusal in self.refusals))
        text: str = self.tree.sql(dialect=self.dialect, pretty=pretty, comments=False, copy=copy)
        return text


def place_of(node: Any) -> tuple[int, int]:
    """Line and column at which a part of a query begins, as far as its parser noted them."""
    places = (part.meta for part in node.walk() if "line" in part.meta)
    first: dict[str, Any] = min(places, key=lambda meta: int(meta["start"]), default={})
    # sqlglot counts to where a word ends.
    length = int(first.get("end", 0)) - int(first.get("start", 0))
    return int(first.get("line", 0)), max(0, int(first.get("col", 0)) - length)


def written(node: Any, dialect: str) -> str:
    """A part of a query in one short line, as people find it."""
    text = " ".join(node.sql(dialect=dialect, comments=False).split())
    return text if len(text) <= 40 else f"{text[:37]}..."
