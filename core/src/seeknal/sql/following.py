"""Whether something does not fit a query only because of something else that is wrong in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seeknal.sql.mending import BRACKETS, CLAUSES, SETS, clause_of, opening
from seeknal.sql.tokens import tokenize
from seeknal.sql.visible import columns_at

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.faults import Fault
    from seeknal.sql.mending import Mend
    from seeknal.sql.tokens import Token

Part = tuple[int, int]
"""The first token of a part of a query and the one after its last."""

_GROUPS = "must appear in the GROUP BY clause"
_COUNTS = ("same number of", "Subquery returns", "term out of range")
_WHOLE = ("SELECT DISTINCT, ORDER BY", "at least one window function", "Missing ASOF JOIN")
_CHOSEN = (
    *("No matching columns", "Star expression", "was selected but", "referenced in UNPIVOT"),
    *("empty set of columns", "NATURAL JOIN"),
)
_UNTYPED = (
    *("Function with name", "Type with name", "Table with name"),
    *("cannot", "not supported", "a lambda is not"),
)
_DEPTHS = {"case": 1, "end": -1, **BRACKETS}
_BETWEEN_ITEMS = (",", ";", "distinct", "all", *CLAUSES)
_BETWEEN_VALUES = ("and", "or", "when", "then", "else", "by", *_BETWEEN_ITEMS)
_RENAMING = (*SETS, "pivot", "unpivot")


class Following:
    """What may come of what was replaced in one query."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str]
    ) -> None:
        self.connection = connection
        self.sql = sql
        self.names = {name.lower() for name in names}
        self.tokens: Sequence[Token] = tokenize(sql)
        self.keys = [token.key for token in self.tokens]

    def follows(self, fault: Fault, mends: Sequence[Mend]) -> bool:
        """Whether ``fault`` may not be there once what ``mends`` replaced is right."""
        is_wider = any(mend.effect in ("columns", "join", "table") for mend in mends)
        is_new = any(mend.effect == "table" for mend in mends)
        if any(text in fault.message for text in _WHOLE):
            return True
        if is_wider and any(text in fault.message for text in _CHOSEN):
            return True
        if is_new and fault.kind == "shape":
            # What its columns would be may be taken for those of a query around it.
            return True
        if "Ambiguous" in fault.message:
            return is_wider
        if fault.kind == "name":
            return self._may_be_meant(fault, mends)
        if _GROUPS in fault.message:
            return any(map(self._is_grouped, mends)) or self._is_in_touched(fault, mends)
        if any(text in fault.message for text in _COUNTS):
            return is_wider or self._is_touched(fault, mends)
        if any(text in fault.message for text in _UNTYPED):
            return False
        return self._is_touched(fault, mends) or self._reads_touched(fault, mends)

    def _may_be_meant(self, fault: Fault, mends: Sequence[Mend]) -> bool:
        """Whether a name that is not there may be what something wrong was meant to be."""
        tables = [mend for mend in mends if mend.effect == "table"]
        if tables and "Referenced table" in fault.message:
            return True
        if any(self._may_have(mend, fault) for mend in tables):
            return True
        unnamed = [mend for mend in mends if mend.lost is not None and self._is_read(mend)]
        if "Referenced table" in fault.message or not unnamed:
            return False
        meant = (fault.name or "").lower()
        return meant in self.names or any(
            mend.effect == "columns" or meant in self._visible(mend) for mend in unnamed
        )

    def _may_have(self, table: Mend, fault: Fault) -> bool:
        """Whether a column may be one of a table that is not there."""
        at = self._at(fault.offset or 0)
        if self.keys[at + 1 : at + 2] != ["."]:
            return True
        # Its own name, or the one that follows it.
        named = self.tokens[self._at(table.start) : self._at(table.stop - 1) + 3]
        return self.tokens[at].name.lower() in [token.name.lower() for token in named]

    def _is_read(self, item: Mend) -> bool:
        """Whether others may read a column of a query by its name."""
        is_inner = opening(self.tokens, self._at(item.start)) is not None
        return is_inner or any(key in SETS for key in self.keys)

    def _visible(self, mend: Mend) -> set[str]:
        found = columns_at(self.connection, self.sql, mend.start)
        return {name.lower() for name in found or ()}

    def _is_grouped(self, mend: Mend) -> bool:
        """Whether something was replaced in what rows are grouped by."""
        at: int | None = self._at(mend.start)
        while at is not None and clause_of(self.tokens, at) != "group":
            at = opening(self.tokens, at)
        return at is not None

    def _is_touched(self, fault: Fault, mends: Sequence[Mend]) -> bool:
        """Whether something was replaced in the expression that is wrong."""
        return self._holds(self._part(self._at(fault.offset or 0), _BETWEEN_VALUES), mends)

    def _is_in_touched(self, fault: Fault, mends: Sequence[Mend]) -> bool:
        """The same of all that the expression is a part of."""
        at: int | None = self._at(fault.offset or 0)
        while at is not None and not self._holds(self._part(at, _BETWEEN_VALUES), mends):
            inside = clause_of(self.tokens, at) is None
            at = opening(self.tokens, at) if inside else None
        return at is not None

    def _reads_touched(self, fault: Fault, mends: Sequence[Mend]) -> bool:
        """Whether the expression that is wrong names a column in which something was replaced."""
        touched: set[str] = set()
        items = self._items()
        while True:
            found = {
                self.tokens[last - 1].name.lower()
                for first, last in items
                if self._holds((first, last), mends) or self._named(first, last) & touched
            }
            if found <= touched:
                break
            touched |= found
        if touched and self._renames():
            return True
        return bool(
            self._named(*self._part(self._at(fault.offset or 0), _BETWEEN_VALUES)) & touched
        )

    def _renames(self) -> bool:
        """Whether columns may get other names than those that they are selected as."""
        listed = any(
            (self.keys[at] == "as" and "(" in self.keys[at + 2 : at + 3])
            or self.keys[at : at + 3] == [")", "as", "("]
            for at in range(len(self.keys))
        )
        return listed or any(key in _RENAMING for key in self.keys)

    def _items(self) -> list[Part]:
        """What is selected, in all queries of the text."""
        found = []
        for at, key in enumerate(self.keys):
            if key == "select":
                first = at + 1
                while True:
                    part = self._part(first, _BETWEEN_ITEMS)
                    found.append(part)
                    if self.keys[part[1] : part[1] + 1] not in ([","], ["distinct"], ["all"]):
                        break
                    first = part[1] + 1
        return [(first, last) for first, last in found if first < last]

    def _holds(self, part: Part, mends: Sequence[Mend]) -> bool:
        first, last = part
        if first >= last:
            return False
        start, stop = self.tokens[first].start, self.tokens[last - 1].end
        return any(start <= mend.start < stop for mend in mends)

    def _named(self, first: int, last: int) -> set[str]:
        return {t.name.lower() for t in self.tokens[first:last] if t.kind in ("word", "name")}

    def _part(self, at: int, ends: Sequence[str]) -> Part:
        """What stands around a token between such words or marks, and within its brackets."""
        first, depth = at, 0
        while first > 0:
            depth += _DEPTHS.get(self.keys[first - 1], 0)
            if depth > 0 or (depth == 0 and self.keys[first - 1] in ends):
                break
            first -= 1
        last, depth, pairs = at, 0, 0
        while last < len(self.keys):
            key = self.keys[last]
            depth += _DEPTHS.get(key, 0)
            pairs += depth == 0 and key == "between"
            if depth < 0:
                break
            if depth == 0 and key in ends:
                if key != "and" or not pairs:
                    break
                pairs -= 1
            last += 1
        return first, last

    def _at(self, offset: int) -> int:
        return next((n for n, t in enumerate(self.tokens) if t.end > offset), len(self.tokens) - 1)
