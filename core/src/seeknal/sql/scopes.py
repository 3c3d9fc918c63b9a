"""The tables that a query reads, found among its tokens.

Works on any text, however deep or odd, in one pass: it follows brackets and clauses, not a
grammar. A name that a WITH clause gives is marked as such where that name is visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from seeknal.sql.keywords import JOINING, RESERVED, words

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token


class TableRef(NamedTuple):
    """Something that stands where a table may stand: tokens ``first`` to ``last`` inclusive.

    ``parts`` are its identifiers; a path in quotes has none. ``shadowed``: a CTE of that name
    is what it means. ``aliased``: the user gave it a name. ``function``: brackets follow.
    """

    first: int
    last: int
    parts: tuple[str, ...]
    shadowed: bool = False
    aliased: bool = False
    function: bool = False


_STARTERS = words(
    "select with from values table pivot unpivot pivot_wider pivot_longer describe summarize"
)
# Statements whose object follows at once: PIVOT orders ON ...
_LEADERS = words("pivot unpivot pivot_wider pivot_longer describe desc summarize show table")
_LISTED = words("all databases schemas tables variables")
_SET_OPERATIONS = words("union intersect except")
_CLAUSE_ENDS = _SET_OPERATIONS | words(
    "select where group having order limit offset qualify window fetch for"
)
_OPEN = frozenset("([{")
_CLOSE = frozenset(")]}")
_NO_ALIAS = RESERVED | JOINING


class _Names:
    """CTE names of one query, and those around it."""

    __slots__ = ("here", "outer")

    def __init__(self, outer: _Names | None) -> None:
        self.here: set[str] = set()
        self.outer = outer

    def __contains__(self, name: str) -> bool:
        scope: _Names | None = self
        while scope is not None:
            if name in scope.here:
                return True
            scope = scope.outer
        return False


class _Frame:
    """What is known inside one pair of brackets."""

    __slots__ = ("cte", "fresh", "listing", "names", "own", "query", "recursive", "table")

    def __init__(self, names: _Names, query: bool, table: bool = False) -> None:
        self.names = names
        self.own = False
        """Whether ``names`` is this frame's, or one that it shares with an outer frame."""
        self.query = query
        self.table = table
        """A table may stand next."""
        self.listing = False
        """Inside a FROM clause, where a comma brings another table."""
        self.fresh = True
        """Nothing stood here yet."""
        self.cte: str | None = None
        """The CTE that was defined last, not yet visible."""
        self.recursive = False


def table_references(tokens: Sequence[Token]) -> list[TableRef]:
    """Every table reference of a query, in the order of the text."""
    return _Walk(tokens).run()


def lists_tables(tokens: Sequence[Token]) -> int | None:
    """Where SHOW TABLES or its like stands, which gives what the engine has at the moment."""
    keys = ["(", *(token.key if token.kind != "name" else "name" for token in tokens), ";"]
    for position in range(1, len(keys) - 1):
        key, following = keys[position], keys[position + 1]
        listed = key == "show" and following in _LISTED
        bare = key in ("show", "describe", "desc") and following in (";", ")")
        if keys[position - 1] == "(" and (listed or bare):
            return position - 1
    return None


class _Walk:
    """Reads the tokens once, with a frame for each pair of brackets that is open."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.keys = [token.key for token in tokens] + ["", "", ""]
        self.frames = [_Frame(_Names(None), query=True)]
        self.found: list[TableRef] = []

    def run(self) -> list[TableRef]:
        position = 0
        while position < len(self.tokens):
            position = self.step(position)
        return self.found

    def step(self, position: int) -> int:
        """Take in the token at ``position``; the next position."""
        key, frame = self.keys[position], self.frames[-1]
        if frame.cte is not None:
            return self.after_cte(position)
        if key in _OPEN:
            self.open(position)
        elif key in _CLOSE:
            self.close()
        elif frame.query and key == "with":
            return self.with_clause(position)
        elif key and self.keyword(position):
            pass
        elif frame.table:
            return self.table(position)
        frame.fresh = False
        return position + 1

    def open(self, position: int) -> None:
        frame = self.frames[-1]
        query = frame.table or self.keys[position + 1] in _STARTERS
        if position and self.keys[position - 1] in ("trim", "extract", "substring", "overlay"):
            query = self.keys[position + 1] == "select"
        inside = _Frame(frame.names, query, table=frame.table and self.keys[position] == "(")
        frame.table = False
        self.frames.append(inside)

    def close(self) -> None:
        if len(self.frames) > 1:
            self.frames.pop()

    def keyword(self, position: int) -> bool:
        """Follow the clauses; whether the token was one that matters."""
        key, frame = self.keys[position], self.frames[-1]
        before = self.keys[position - 1] if position else ""
        if key == "from":
            if before != "distinct":
                frame.listing = frame.table = frame.query
        elif key == "join":
            frame.table = frame.query
        elif key == ",":
            frame.table = frame.listing
        elif key in _LEADERS and (frame.fresh or before in ("union", "all", "intersect", "except")):
            frame.query = frame.table = True
        elif key == "lateral":
            return frame.table
        elif key in _CLAUSE_ENDS:
            frame.listing = frame.table = False
            frame.query = frame.query or key == "select" or key in _SET_OPERATIONS
        else:
            return False
        return True

    def with_clause(self, position: int) -> int:
        frame = self.frames[-1]
        recursive = self.keys[position + 1] == "recursive"
        start = position + (2 if recursive else 1)
        body = self.cte_body(start)
        if body is None:
            return position + 1
        if not frame.own:
            frame.names, frame.own = _Names(frame.names), True
        frame.recursive = recursive
        return self.enter_cte(start, body)

    def enter_cte(self, name: int, body: int) -> int:
        """Go into the brackets of a CTE, where its own name means it only if it may recurse."""
        frame = self.frames[-1]
        frame.cte = self.tokens[name].name.lower()
        frame.fresh = False
        if frame.recursive:
            frame.names.here.add(frame.cte)
        self.frames.append(_Frame(frame.names, query=True))
        return body + 1

    def after_cte(self, position: int) -> int:
        """Past a CTE's brackets: another CTE, or the query that uses them."""
        frame = self.frames[-1]
        frame.names.here.add(frame.cte or "")
        frame.cte = None
        if self.keys[position] == ",":
            body = self.cte_body(position + 1)
            if body is not None:
                return self.enter_cte(position + 1, body)
            return position + 1
        frame.fresh = True
        return position

    def cte_body(self, position: int) -> int | None:
        """Where the brackets of the CTE that is named at ``position`` open, if one is."""
        if not self.is_identifier(position):
            return None
        position = self.past_brackets(position + 1)
        if self.keys[position : position + 2] == ["using", "key"]:
            position = self.past_brackets(position + 2)
        if self.keys[position] != "as":
            return None
        position += 1
        position += self.keys[position] == "not"
        position += self.keys[position] == "materialized"
        return position if self.keys[position] == "(" else None

    def past_brackets(self, position: int) -> int:
        """The position after a bracketed list without inner brackets, if one begins here."""
        if self.keys[position] != "(":
            return position
        end = position
        while end < len(self.tokens) and self.keys[end] != ")":
            end += 1
        return min(end + 1, len(self.tokens))

    def is_identifier(self, position: int) -> bool:
        if position >= len(self.tokens):
            return False
        token = self.tokens[position]
        return token.kind == "name" or (token.kind == "word" and token.key not in _NO_ALIAS)

    def table(self, position: int) -> int:
        """What stands at a table's place."""
        frame = self.frames[-1]
        if self.is_identifier(position) and self.keys[position + 1] == ":":
            reference = self.reference(position + 2, prefixed=True)
        else:
            reference = self.reference(position, prefixed=False)
        frame.table = frame.fresh = False
        if reference is None:
            return position + 1
        self.found.append(reference)
        return reference.last + 1

    def reference(self, position: int, *, prefixed: bool) -> TableRef | None:
        if position < len(self.tokens) and self.tokens[position].kind == "string":
            return TableRef(position, position, (), aliased=prefixed)
        # glob() is a function although glob is no identifier.
        called = self.keys[position] in JOINING and self.keys[position + 1] == "("
        if not (called or self.is_identifier(position)) or self.keys[position] == "values":
            return None
        last = position
        while self.keys[last + 1] == "." and last + 2 < len(self.tokens):
            if self.tokens[last + 2].kind not in ("word", "name"):
                break
            last += 2
        parts = tuple(self.tokens[place].name for place in range(position, last + 1, 2))
        return TableRef(
            position,
            last,
            parts,
            shadowed=len(parts) == 1 and parts[0].lower() in self.frames[-1].names,
            aliased=prefixed or self.keys[last + 1] == "as" or self.is_identifier(last + 1),
            function=self.keys[last + 1] == "(",
        )
