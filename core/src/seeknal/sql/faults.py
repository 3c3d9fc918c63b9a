"""What does not fit when a query is bound: every fault of it that DuckDB finds, with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

from seeknal.sql.advice import followable, help_for, lambda_arrow
from seeknal.sql.positions import before_edits
from seeknal.sql.syntax import plain
from seeknal.sql.tokens import tokenize
from seeknal.sql.visible import columns_at
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.positions import Edit
    from seeknal.sql.tokens import Token

Kind = Literal["name", "shape", "type", "syntax", "other"]
MOST = 20
"""Faults of one query that are looked for."""

_MOST_NAMES = 12
_BEFORE = "PREPARE seeknal_bound AS "
_ERROR = re.compile(r"^\w+ Error: ")
_CANDIDATES = re.compile(r"\n*Candidate (bindings|tables): :? ?(?P<names>.*)", re.DOTALL)
_LONG = re.compile(r"\n\t?Candidate functions:.*", re.DOTALL)
_MEANT = re.compile(r'Did you mean "(?:main\.|pg_catalog\.)?([^"]+)"\?')
_NAMED = re.compile(r'"([^"]+)"')
_NAMES = (
    "not found in FROM clause",
    "does not have a column named",
    "Referenced table",
    "Ambiguous reference to column name",
    "can't find in alias map",
    "does not exist on",
)
_COMPARED = "Cannot compare values"
COMPARISONS = ("=", "==", "<>", "!=", "<", "<=", ">", ">=")
_SETS = ("union", "except", "intersect")
_SHAPES = ("must appear in the GROUP BY clause", "cannot contain aggregates", "same number of")


@frozen(kw_only=True)
class Fault:
    """One thing that does not fit. ``name``: what is not there; ``offset`` None: unknown.

    ``candidates`` are names that DuckDB thinks of. ``kind``: a ``name`` that is not known, the
    ``shape`` of the query, a ``type``, or another.
    """

    message: str
    kind: Kind
    help: str | None = None
    offset: int | None = None
    length: int = 0
    name: str | None = None
    candidates: tuple[str, ...] = ()


@frozen(kw_only=True)
class Faults:
    """What is wrong with a query; ``columns`` are told as if it were mended.

    They are None where that cannot be said, and their types are not known.
    """

    faults: tuple[Fault, ...]
    columns: tuple[str, ...] | None = None


def faults_of(connection: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str] = ()) -> Faults:
    """Everything that keeps ``sql`` from being bound to the tables of ``connection``.

    What was found is replaced by NULL, and the query asked about again. ``names`` are columns
    that may have been meant.
    """
    found: list[Fault] = []
    edits: list[tuple[int, int, str]] = []
    while len(found) < MOST:
        patched = _patched(sql, edits)
        fault = _first_fault(connection, patched)
        if fault is None:
            columns = _columns(connection, patched, sql, edits)
            return Faults(faults=_once(connection, sql, found, names), columns=columns)
        told = _in_original(fault, edits, sql)
        if edits and fault.kind in ("shape", "syntax"):
            # What was replaced may be what was grouped by, or no value of its own.
            break
        if any(told.offset == other.offset for other in found):
            break
        found.append(told)
        is_placed = fault.offset is not None or sql[told.offset or 0 :].startswith("'")
        patch = _patch(told, sql, edits) if is_placed else None
        if patch is None:
            break
        edits.append(patch)
        if _hides_name(patch, sql):
            break
    return Faults(faults=_once(connection, sql, found, names))


def _once(
    connection: duckdb.DuckDBPyConnection, sql: str, found: Sequence[Fault], names: Sequence[str]
) -> tuple[Fault, ...]:
    """Each fault where it stands first, in the order of the text, with what was meant."""
    first: dict[str, Fault] = {}
    for fault in sorted(found, key=lambda fault: fault.offset or 0):
        if fault.message not in first:
            visible = _visible(connection, sql, fault)
            first[fault.message] = _advised(fault, names if visible is None else visible)
    return tuple(first.values())


def _visible(
    connection: duckdb.DuckDBPyConnection, sql: str, fault: Fault
) -> tuple[str, ...] | None:
    is_column = fault.kind == "name" and "column" in fault.message.lower()
    return columns_at(connection, sql, fault.offset or 0) if is_column else None


def _advised(fault: Fault, names: Sequence[str]) -> Fault:
    """A column that is not there, with names that are like it or all that there are."""
    if fault.kind != "name" or fault.name is None or "Ambiguous" in fault.message:
        return fault
    if "Referenced table" in fault.message:
        return evolve(fault, help=did_you_mean(fault.name, fault.candidates))
    meant = did_you_mean(fault.name, [*fault.candidates, *names])
    listed = [*dict.fromkeys(names)][:_MOST_NAMES] if "column" in fault.message.lower() else []
    more = ", ..." if len(set(names)) > len(listed) else ""
    return evolve(fault, help=meant or (f"columns: {', '.join(listed)}{more}" if listed else None))


def _first_fault(connection: duckdb.DuckDBPyConnection, sql: str) -> Fault | None:
    import duckdb

    with _as_json(connection):
        try:
            connection.execute(_BEFORE + sql)
        except duckdb.Error as error:
            fault = _told(str(error), sql)
            is_syntax = isinstance(error, duckdb.ParserException)
            return evolve(fault, kind="syntax") if is_syntax else fault
        connection.execute("DEALLOCATE seeknal_bound")
    return None


@contextmanager
def _as_json(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    connection.execute("SET errors_as_json = true")
    try:
        yield
    finally:
        connection.execute("SET errors_as_json = false")


def _told(text: str, sql: str) -> Fault:
    try:
        answer = json.loads(text[text.index("{") :])
    except ValueError:
        answer = {"exception_message": _ERROR.sub("", plain(text)).partition("\n\n")[0]}
    return _fault(answer, sql)


def _fault(answer: dict[str, Any], sql: str = "") -> Fault:
    said = str(answer["exception_message"])
    text = followable(said)
    candidates = _CANDIDATES.search(text)
    message = _LONG.sub("", text[: candidates.start()] if candidates else text).strip()
    message, _, advice = message.partition("\n")
    message = message.removesuffix("!")
    meant = _MEANT.sub(lambda found: f"did you mean {found[1]}?", advice.strip())
    names = _NAMED.findall(candidates["names"]) if candidates else []
    offset, length = _extent(answer, sql)
    if instead := help_for(said):
        offset, length = lambda_arrow(sql), len("->")
    return Fault(
        message=message,
        kind=_kind(answer, message),
        help=instead or meant or None,
        offset=offset,
        length=length,
        name=answer.get("name") or _last(_NAMED.findall(message)),
        candidates=tuple(names),
    )


def _last(names: Sequence[str]) -> str | None:
    return names[-1] if names else None


def _kind(answer: dict[str, Any], message: str) -> Kind:
    if answer.get("error_subtype") == "COLUMN_NOT_FOUND" or any(t in message for t in _NAMES):
        return "name"
    if any(text in message for text in _SHAPES):
        return "shape"
    if answer.get("error_subtype") == "NO_MATCHING_FUNCTION" or "types" in message:
        return "type"
    return "other"


def _extent(answer: dict[str, Any], sql: str) -> tuple[int | None, int]:
    """Offset and length in characters; DuckDB counts bytes, and those before the query too."""
    if "position" not in answer:
        return None, 0
    position, length = int(answer["position"]) - len(_BEFORE), 0
    if "location" in answer:
        length = json.loads(answer["location"])[1]
    if position < 0:
        return None, 0
    data = sql.encode()
    before = len(data[:position].decode(errors="ignore"))
    return before, len(data[position : position + length].decode(errors="ignore"))


def _in_original(fault: Fault, edits: Sequence[tuple[int, int, str]], sql: str) -> Fault:
    if fault.offset is None and "Set operations" in fault.message:
        return evolve(fault, offset=next((t.start for t in tokenize(sql) if t.key in _SETS), None))
    if fault.offset is None:
        said = _first_named(fault.name, sql)
        return evolve(fault, offset=_literal_said(fault.message, sql) if said is None else said)
    spans: list[Edit] = [(start, stop, len(new)) for start, stop, new in edits]
    begin = before_edits(fault.offset, spans)
    end = before_edits(fault.offset + fault.length, spans)
    fault = evolve(fault, offset=begin, length=max(0, end - begin))
    return _at_comparison(fault, sql) if _COMPARED in fault.message else fault


def _at_comparison(fault: Fault, sql: str) -> Fault:
    """The fault at the operator itself: some versions of DuckDB give all of the expression."""
    depth = 0
    for token in tokenize(sql):
        if fault.offset is None or token.start < fault.offset:
            continue
        depth += {"(": 1, ")": -1}.get(token.key, 0)
        if depth == 0 and token.key in COMPARISONS:
            return evolve(fault, offset=token.start, length=len(token.text))
        if token.end >= fault.offset + fault.length:
            break
    return fault


def _first_named(name: str | None, sql: str) -> int | None:
    """Where a name stands first, for what DuckDB tells without its place."""
    wanted = (name or "").lower()
    found = (t.start for t in tokenize(sql) if t.kind in ("word", "name"))
    return next(
        (at for at in found if wanted and sql[at:].lower().lstrip('"').startswith(wanted)), None
    )


def _literal_said(message: str, sql: str) -> int | None:
    """Where the longest text stands that a message says, for what is wrong with a text."""
    said = [t for t in tokenize(sql) if t.kind == "string" and t.value and t.value in message]
    return max(said, key=lambda token: len(token.text)).start if said else None


def second_named(name: str, sql: str) -> int | None:
    """Where the second of two columns of one name is written, if both are."""
    depth, found = 0, []
    for token in tokenize(sql):
        depth += {"(": 1, ")": -1}.get(token.key, 0)
        if depth == 0 and token.name.lower() == name.lower() and token.kind in ("word", "name"):
            found.append(token.start)
    return found[1] if len(found) > 1 else None


def _patched(sql: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, stop, new in sorted(edits, reverse=True):
        sql = sql[:start] + new + sql[stop:]
    return sql


def _patch(
    fault: Fault, sql: str, edits: Sequence[tuple[int, int, str]]
) -> tuple[int, int, str] | None:
    """What would stand there if the fault were not: NULL, or another type."""
    if fault.offset is None:
        return None
    tokens = tokenize(sql)
    first = next((n for n, t in enumerate(tokens) if t.start <= fault.offset < t.end), None)
    if first is None:
        return None
    start, stop = tokens[first].start, tokens[_end(tokens, first)].end
    if tokens[first].key in COMPARISONS:
        # True or false of both sides, whatever types they are of.
        return start, stop, "IS NULL AND NULL IS DISTINCT FROM"
    if "Type with name" in fault.message:
        return start, tokens[first].end, "VARCHAR"
    if fault.kind == "type" or fault.length > stop - start:
        # All of the expression: where it ends is known from DuckDB 2.0 on.
        start, stop = fault.offset, max(stop, fault.offset + fault.length)
    if any(begin < stop and start < end for begin, end, _ in edits):
        # It holds what was replaced before.
        return None
    if "Table with name" in fault.message:
        return None
    return start, stop, "NULL"


def _end(tokens: Sequence[Token], first: int) -> int:
    """The last token of a dotted name, or of a function's call."""
    last = first
    while last + 2 < len(tokens) and tokens[last + 1].key == ".":
        last += 2
    if last + 1 < len(tokens) and tokens[last + 1].key == "(" and tokens[first].kind != "mark":
        depth = 0
        for position in range(last + 1, len(tokens)):
            depth += {"(": 1, ")": -1}.get(tokens[position].key, 0)
            if depth == 0:
                return position
    return last


def _hides_name(patch: tuple[int, int, str], sql: str) -> bool:
    """Whether a column of a subquery has lost its name: what reads it cannot be judged."""
    tokens = tokenize(sql)
    inside: list[int] = []
    for at, token in enumerate(tokens):
        if token.end > patch[0]:
            break
        if token.key == "(":
            inside.append(at)
        elif token.key == ")" and inside:
            inside.pop()
    # An argument of a function stands between commas as well.
    is_query = bool(inside) and tokens[inside[-1] + 1].key in ("select", "with", "from", "(")
    return is_query and _is_item(patch, tokens)


def _is_item(patch: tuple[int, int, str], tokens: Sequence[Token]) -> bool:
    """Whether what was replaced stands alone between SELECT, commas and FROM."""
    before = [t.key for t in tokens if t.end <= patch[0]][-1:]
    after = [t.key for t in tokens if t.start >= patch[1]][:1]
    return before in (["select"], [","], ["distinct"], ["all"]) and after in (
        [],
        [","],
        ["from"],
        [")"],
    )


def _columns(
    connection: duckdb.DuckDBPyConnection,
    patched: str,
    sql: str,
    edits: Sequence[tuple[int, int, str]],
) -> tuple[str, ...] | None:
    """The names of the mended query's columns, unless one of them is that of what was wrong."""
    import duckdb

    tokens = tokenize(sql)
    if any(_is_item(edit, tokens) for edit in edits):
        return None
    try:
        return tuple(connection.sql(patched).columns)
    except duckdb.Error:
        return None
