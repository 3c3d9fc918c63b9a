"""What comes of a translation: SQL for the other engine, or every reason why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.sql.spans import span_of
from seeknal.sql.tokens import line_and_column, on_one_line

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


@frozen(kw_only=True)
class Origin:
    """The text that a tree was read from, by which its parts are told.

    Without ``has_spans`` the places of parts are those of the first of their words that the parser
    noted, and they are told as they would be written anew.
    """

    sql: str
    dialect: str
    has_spans: bool = False

    def refusal(self, node: Any, why: str, construct: str = "") -> Refusal:
        """That a part is refused."""
        line, column = self._place_of(node)
        name = construct or type(node).__name__
        return Refusal(construct=name, message=why, line=line, column=column)

    def written(self, node: Any) -> str:
        """A part of a query in one short line, as it stands in the text."""
        span = span_of(node) if self.has_spans else None
        if span is None:
            text = " ".join(node.sql(dialect=self.dialect, comments=False).split())
        else:
            text = on_one_line(self.sql[slice(*span)])
        return text if len(text) <= 40 else f"{text[:37]}..."

    def _place_of(self, node: Any) -> tuple[int, int]:
        """Line and column at which a part begins; where it is not known, that of what it is in."""
        if not self.has_spans:
            return _noted_place(node)
        around, span = node, span_of(node)
        while span is None and around.parent is not None:
            around = around.parent
            span = span_of(around)
        return line_and_column(self.sql, span[0]) if span is not None else (0, 0)


def _noted_place(node: Any) -> tuple[int, int]:
    places = (part.meta for part in node.walk() if "line" in part.meta)
    first: dict[str, Any] = min(places, key=lambda meta: int(meta["start"]), default={})
    # sqlglot counts to where a word ends.
    length = int(first.get("end", 0)) - int(first.get("start", 0))
    return int(first.get("line", 0)), max(0, int(first.get("col", 0)) - length)
