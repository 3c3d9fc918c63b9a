"""What stands in a query in place of a mistake, so that the rest of it can be asked about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from seeknal.sql.quote import quote_name
from seeknal.sql.scopes import table_references
from seeknal.sql.tokens import tokenize

if TYPE_CHECKING:
    from seeknal.sql.tokens import Token

Replaced = tuple[int, int, str]
Effect = Literal["value", "columns", "join", "table", "type"]

COMPARISONS = ("=", "==", "<>", "!=", "<", "<=", ">", ">=")
SETS = ("union", "except", "intersect")
CLAUSES = (
    *("select", "from", "where", "group", "having", "qualify", "window", "order", "limit"),
    *("offset", "using", "on", "join", *SETS),
)
_MATCHES = ("like", "ilike", "glob")
IN_LISTS = ("EXCLUDE list", "REPLACE list", "side of join")
"""What is said of a name that stands in such a list."""
LISTS = ("exclude", "replace", "rename", "using")
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
"""What each does to how deep a token stands."""
_UNUSUAL = ("*", "distinct", "order", "lambda", "->", ":=", "=>", "select", "from")
"""In the brackets of a function these are more than values between commas."""


@frozen(kw_only=True)
class Mend:
    """Parts of a query that are replaced. ``lost``: the name of a column that has lost it.

    ``effect``: a ``value`` became NULL, what ``columns`` a star gives is another, a ``join`` lost
    what joins it, a ``table`` has no known columns, or a ``type`` is another.
    """

    edits: tuple[Replaced, ...]
    effect: Effect = "value"
    lost: str | None = None

    @property
    def start(self) -> int:
        return self.edits[0][0]

    @property
    def stop(self) -> int:
        return self.edits[-1][1]


def patched(sql: str, mends: Sequence[Mend]) -> str:
    """``sql`` with all of it replaced."""
    for start, stop, new in sorted(edits_of(mends), reverse=True):
        sql = sql[:start] + new + sql[stop:]
    return sql


def edits_of(mends: Sequence[Mend]) -> list[Replaced]:
    """What is replaced, but for what lies in something that is replaced as a whole."""
    edits = [edit for mend in mends for edit in mend.edits]
    return [
        edit
        for at, edit in enumerate(edits)
        if not any(
            start <= edit[0] and edit[1] <= stop and (other > at or edit[:2] != (start, stop))
            for other, (start, stop, _) in enumerate(edits)
            if other != at
        )
    ]


def mended(message: str, start: int, length: int, sql: str, before: Sequence[Mend]) -> Mend | None:
    """What would stand there if what ``message`` tells of were not, or None.

    ``before`` was replaced already. ``length`` is 0 where it is not known.
    """
    tokens = tokenize(sql)
    first = next((n for n, t in enumerate(tokens) if t.start <= start < t.end), None)
    if first is None:
        return None
    if tokens[first].key in SETS:
        return _by_name(tokens)
    if any(text in message for text in IN_LISTS):
        return _out_of_list(tokens, first, before)
    if message.startswith("Table ") and "does not exist" in message:
        return _as_table(tokens, first)
    if "Type with name" in message:
        return _one(tokens[first].start, tokens[first].end, "VARCHAR", effect="type")
    if tokens[first].key == "->":
        return _as_lambda(tokens, first)
    is_operator = tokens[first].key in _MATCHES or _is_operator(tokens[first])
    if is_operator and length <= len(tokens[first].text):
        # True or false of both sides, whatever types they are of.
        both = "IS NULL AND NULL IS DISTINCT FROM"
        return _one(tokens[first].start, tokens[first].end, both)
    if "Function with name" in message:
        called = _with_arguments(tokens, first)
        if called is not None:
            return called
    return _as_null(sql, tokens, first, length)


def _is_operator(token: Token) -> bool:
    return token.kind == "mark" and token.key not in BRACKETS and token.key not in ("::", "*", ".")


def _as_lambda(tokens: Sequence[Token], arrow: int) -> Mend:
    """A lambda as it is written without an arrow."""
    name = tokens[arrow - 1]
    colon = (tokens[arrow].start, tokens[arrow].end, ":")
    if name.key != ")":
        return Mend(edits=((name.start, name.start, "lambda "), colon))
    begin = opening(tokens, arrow - 1) or 0
    named = (tokens[begin].start, tokens[begin].end, "lambda ")
    return Mend(edits=(named, (name.start, tokens[arrow].end, ":")))


def _one(start: int, stop: int, text: str, *, effect: Effect = "value") -> Mend:
    return Mend(edits=((start, stop, text),), effect=effect)


def _by_name(tokens: Sequence[Token]) -> Mend | None:
    """Each UNION as one that takes any columns of its sides: which is wrong is not said."""
    edits = []
    for at, token in enumerate(tokens):
        if token.key in SETS:
            last = at + (tokens[at + 1].key in ("all", "distinct"))
            if token.key != "union":
                return None
            if tokens[last + 1].key != "by":
                edits.append((token.start, tokens[last].end, "UNION ALL BY NAME"))
    return Mend(edits=tuple(edits), effect="columns") if edits else None


def _out_of_list(tokens: Sequence[Token], first: int, before: Sequence[Mend]) -> Mend | None:
    """A column that is taken out of a list of names, and the list with the last of them."""
    begin = opening(tokens, first)
    if begin is None or tokens[begin - 1].key not in LISTS:
        # A single name needs no brackets.
        return _one(tokens[first - 1].start, tokens[first].end, "", effect="columns")
    end = closing(tokens, begin)
    gone = [mend.edits[-1][0] for mend in before]
    entries = [entry for entry in _entries(tokens, begin, end) if not _has(tokens, entry, gone)]
    here = next((entry for entry in entries if entry[0] <= first <= entry[1]), None)
    if here is None:
        return None
    joins = tokens[begin - 1].key == "using"
    effect: Effect = "join" if joins else "columns"
    at = entries.index(here)
    start, stop = tokens[here[0]].start, tokens[here[1]].end
    if len(entries) == 1:
        instead = "ON true" if joins else ""
        return _one(tokens[begin - 1].start, tokens[end].end, instead, effect=effect)
    if at + 1 < len(entries):
        return _one(start, tokens[here[1] + 1].end, "", effect=effect)
    comma = tokens[entries[at - 1][1] + 1]
    return Mend(edits=((comma.start, comma.end, ""), (start, stop, "")), effect=effect)


def _entries(tokens: Sequence[Token], begin: int, end: int) -> list[tuple[int, int]]:
    """First and last token of what stands between the commas of a list."""
    commas, depth = [begin], 0
    for at in range(begin + 1, end):
        depth += BRACKETS.get(tokens[at].key, 0)
        if depth == 0 and tokens[at].key == ",":
            commas.append(at)
    return [(a + 1, b - 1) for a, b in zip(commas, [*commas[1:], end], strict=True)]


def _has(tokens: Sequence[Token], entry: tuple[int, int], places: Sequence[int]) -> bool:
    start, stop = tokens[entry[0]].start, tokens[entry[1]].end
    return any(start <= place < stop for place in places)


def _as_table(tokens: Sequence[Token], first: int) -> Mend | None:
    """A table of one column that nobody names, called as the one that is not there."""
    table = next((t for t in table_references(tokens) if t.first <= first <= t.last), None)
    if table is None:
        return None
    last = closing(tokens, table.last + 1) if table.function else table.last
    after = [token.key for token in tokens[last + 1 : last + 3]]
    named = after[:1] == ["as"] or (tokens[last + 1 : last + 2] and _is_name(tokens[last + 1]))
    name = "" if named else f" AS {quote_name(table.parts[-1])}" if table.parts else " AS t"
    text = f'(SELECT NULL AS "{UNKNOWN}"){name}'
    return _one(tokens[table.first].start, tokens[last].end, text, effect="table")


UNKNOWN = "seeknal unknown"
"""The column of a table that is not there."""


def _is_name(token: Token) -> bool:
    from seeknal.sql.keywords import JOINING, RESERVED

    return token.kind == "name" or (
        token.kind == "word" and token.key not in RESERVED and token.key not in JOINING
    )


def _with_arguments(tokens: Sequence[Token], first: int) -> Mend | None:
    """NULL in place of a function, with its arguments left to be looked at."""
    begin = first
    while tokens[begin + 1 : begin + 2] and tokens[begin + 1].key == ".":
        begin += 2
    begin += 1
    if tokens[begin : begin + 1] and tokens[begin].key == "(":
        end = closing(tokens, begin)
        inside = [token.key for token in tokens[begin + 1 : end]]
        if inside and not any(key in _UNUSUAL for key in inside):
            is_counted = tokens[end + 1 : end + 2] and tokens[end + 1].key in ("over", "filter")
            head, tail = (
                ("count(row(", "))")
                if is_counted
                else ("CASE WHEN row(", ") IS NULL THEN NULL END")
            )
            opened = (tokens[first].start, tokens[begin].end, head)
            return Mend(edits=(opened, (tokens[end].start, tokens[end].end, tail)))
    return None


def _as_null(sql: str, tokens: Sequence[Token], first: int, length: int) -> Mend:
    """NULL in place of a name, a call, or as many characters as were said."""
    last = _end(tokens, first)
    stop = max(tokens[last].end, tokens[first].start + length)
    if tokens[first].key == "between":
        first -= tokens[first - 1].key == "not"
        return _one(tokens[first].start, stop, "IS NULL")
    first = _begin(tokens, first)
    start = tokens[first].start
    effect: Effect = "value"
    text = sql[start:stop]
    if text.endswith("*") or tokens[first].key == "columns":
        effect = "columns"
    name = _name_of_item(sql, tokens, start, stop)
    new = "(NULL)" if tokens[first].key == "(" else "NULL"
    if clause_of(tokens, first) == "order":
        # A literal orders nothing, which is an error of its own.
        new = "(SELECT NULL)"
    if name is not None:
        new = f"NULL AS {quote_name(name)}"
    return Mend(edits=((start, stop, new),), effect=effect, lost=name)


def _begin(tokens: Sequence[Token], at: int) -> int:
    """The first token of what a token is a field of."""
    while at > 1 and tokens[at - 1].key == ".":
        at -= 2
        if tokens[at].key in (")", "]", "}"):
            at = opening(tokens, at) or 0
            called = tokens[at].key == "(" and tokens[at - 1].kind == "word"
            at -= called and tokens[at - 1].key not in CLAUSES
    return at


def _end(tokens: Sequence[Token], first: int) -> int:
    """The last token of a dotted name, of brackets, or of a function's call."""
    if tokens[first].key == "(":
        return closing(tokens, first)
    last = first
    while last + 2 < len(tokens) and tokens[last + 1].key == ".":
        last += 2
    if last + 1 < len(tokens) and tokens[last + 1].key == "(" and tokens[first].kind != "mark":
        return closing(tokens, last + 1)
    return last


def opening(tokens: Sequence[Token], at: int) -> int | None:
    """The bracket that is open where a token stands."""
    depth = 0
    for place in range(at - 1, -1, -1):
        depth += BRACKETS.get(tokens[place].key, 0)
        if depth > 0:
            return place
    return None


def closing(tokens: Sequence[Token], at: int) -> int:
    """The bracket that closes the one at a place."""
    depth = 0
    for place in range(at, len(tokens)):
        depth += BRACKETS.get(tokens[place].key, 0)
        if depth == 0:
            return place
    return len(tokens) - 1


def _name_of_item(sql: str, tokens: Sequence[Token], start: int, stop: int) -> str | None:
    """The name of the column that a part of a query is, if it is one and has no other."""
    first = next(n for n, token in enumerate(tokens) if token.start >= start)
    before = tokens[first - 1].key if first else ""
    after = next((token.key for token in tokens if token.start >= stop), ")")
    if before not in ("select", ",", "distinct", "all") or after not in (",", ")", ";", *CLAUSES):
        return None
    if clause_of(tokens, first) != "select":
        return None
    names = [token for token in tokens if start <= token.start < stop]
    is_column = all(token.kind in ("word", "name") for token in names[::2])
    return names[-1].name if is_column and len(names) % 2 else sql[start:stop]


def clause_of(tokens: Sequence[Token], at: int) -> str | None:
    """The word that begins the part of a query in which a token stands, brackets left out.

    None inside the brackets of a function or a list.
    """
    depth = 0
    for place in range(at - 1, -1, -1):
        depth += BRACKETS.get(tokens[place].key, 0)
        if depth > 0:
            return None
        if depth == 0 and tokens[place].key in CLAUSES:
            return tokens[place].key
    return None
