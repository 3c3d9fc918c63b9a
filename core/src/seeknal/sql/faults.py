"""What does not fit when a query is bound: every fault of it that DuckDB finds, with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from attrs import evolve, frozen

from seeknal.sql.advice import followable, help_for, lambda_arrow
from seeknal.sql.following import Following
from seeknal.sql.mending import (
    COMPARISONS,
    IN_LISTS,
    LISTS,
    SETS,
    edits_of,
    mended,
    opening,
    patched,
)
from seeknal.sql.positions import before_edits
from seeknal.sql.syntax import plain
from seeknal.sql.tokens import tokenize
from seeknal.sql.visible import columns_at
from seeknal.values.errors import did_you_mean

if TYPE_CHECKING:
    import duckdb

    from seeknal.sql.mending import Mend
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
_NAME = re.compile(r"\w+")
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

    They are None where that cannot be said, and their types are not known. ``mended``: the query
    as it binds, with what was replaced in it, where it could be mended.
    """

    faults: tuple[Fault, ...]
    columns: tuple[str, ...] | None = None
    mended: str | None = None
    edits: tuple[Edit, ...] = ()


def faults_of(connection: duckdb.DuckDBPyConnection, sql: str, names: Sequence[str] = ()) -> Faults:
    """Everything that keeps ``sql`` from being bound to the tables of ``connection``.

    What was found is replaced, as by NULL, and the query asked about again; what only follows
    from something else that is wrong is left out. ``names`` are columns that may have been meant.
    """
    found: list[Fault] = []
    mends: list[Mend] = []
    following = Following(connection, sql, names)
    for _ in range(2 * MOST):
        mended_sql = patched(sql, mends)
        fault = _first_fault(connection, mended_sql)
        if fault is None:
            faults = _once(connection, sql, found, names)
            return Faults(
                faults=faults,
                columns=_columns(connection, mended_sql, mends),
                mended=mended_sql,
                edits=_spans(mends),
            )
        told = _in_original(fault, mends, sql)
        is_placed = fault.offset is not None or _first_of_kind(fault, sql) is not None
        if mends and (fault.kind == "syntax" or told.offset in [m.start for m in mends]):
            break
        if len(found) == MOST or (mends and told.offset is None):
            break
        if not mends or not following.follows(told, mends):
            found.append(told)
        is_placed = is_placed or sql[told.offset or 0 :].startswith("'")
        if not is_placed or told.offset is None:
            break
        mend = mended(told.message, told.offset, told.length, sql, mends)
        if mend is None:
            break
        mends.append(mend)
    return Faults(faults=_once(connection, sql, found, names))


def _spans(mends: Sequence[Mend]) -> tuple[Edit, ...]:
    return tuple((start, stop, len(new)) for start, stop, new in edits_of(mends))


def _once(
    connection: duckdb.DuckDBPyConnection, sql: str, found: Sequence[Fault], names: Sequence[str]
) -> tuple[Fault, ...]:
    """Each fault where it stands first, in the order of the text, with what was meant."""
    first: dict[str, Fault] = {}
    for fault in sorted(found, key=lambda fault: fault.offset or 0):
        if fault.message not in first:
            visible = _visible(connection, sql, fault)
            fault = _as_missing(fault, visible, sql)
            first[fault.message] = _advised(fault, names if visible is None else visible)
    return tuple(first.values())


def _visible(
    connection: duckdb.DuckDBPyConnection, sql: str, fault: Fault
) -> tuple[str, ...] | None:
    is_column = "column " in fault.message.lower() or "Referenced table" in fault.message
    is_column = is_column and fault.kind in ("name", "shape")
    return columns_at(connection, sql, fault.offset or 0) if is_column else None


def _is_among(name: str | None, names: Sequence[str]) -> bool:
    return (name or "").lower() in [other.lower() for other in names]


def _as_missing(fault: Fault, visible: Sequence[str] | None, sql: str) -> Fault:
    """A column that is not there as that, where DuckDB says something else of it first."""
    if not visible:
        return fault
    if fault.kind == "shape" and not _is_among(fault.name, visible):
        message = f'Referenced column "{fault.name}" not found in FROM clause'
        return evolve(fault, message=message, help=None, kind="name")
    if "Referenced table" in fault.message and fault.offset is not None:
        # How long the name is, is known from DuckDB 2.0 on.
        here = [token for token in tokenize(sql) if token.start >= fault.offset][:4]
        column = here[2].name if [token.key for token in here[1:2]] == ["."] else None
        if column and [t.key for t in here[3:]] != ["."] and not _is_among(column, visible):
            message = f'Table "{here[0].name}" does not have a column named "{column}"'
            return evolve(fault, message=message, name=column)
    return fault


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


def _in_original(fault: Fault, mends: Sequence[Mend], sql: str) -> Fault:
    if fault.offset is None:
        said = _first_of_kind(fault, sql)
        said = _first_named(fault.name, sql) if said is None else said
        return evolve(fault, offset=_literal_said(fault.message, sql) if said is None else said)
    spans = _spans(mends)
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


def _first_of_kind(fault: Fault, sql: str) -> int | None:
    """Where that stands first which alone can be wrong in such a way."""
    tokens = tokenize(sql)
    if "Set operations" in fault.message:
        return next((token.start for token in tokens if token.key in SETS), None)
    named = [n for n, t in enumerate(tokens) if t.name.lower() == (fault.name or "").lower()]
    if any(text in fault.message for text in IN_LISTS):
        # A list of names, or a name without brackets.
        named = [n for n in named if _is_listed(tokens, n)]
    elif "Referenced table" in fault.message:
        named = [n for n in named if [t.key for t in tokens[n + 1 : n + 3]] == [".", "*"]]
    elif "Could not find key" in fault.message or "Cannot extract field" in fault.message:
        # The field, which is said first, and not what it would be one of.
        field = (_NAMED.findall(fault.message.replace("'", '"')) or [""])[0].lower()
        named = [n for n, t in enumerate(tokens) if t.name.lower() == field]
        named = [n for n in named if n and tokens[n - 1].key == "."]
    else:
        return None
    return tokens[named[0]].start if named else None


def _is_listed(tokens: Sequence[Token], at: int) -> bool:
    begin = opening(tokens, at)
    return any(tokens[place - 1].key in LISTS for place in (at, begin) if place)


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


def _columns(
    connection: duckdb.DuckDBPyConnection, sql: str, mends: Sequence[Mend]
) -> tuple[str, ...] | None:
    """The names of the mended query's columns, unless one of them is that of what was wrong."""
    import duckdb

    if any(mend.lost is not None or mend.effect not in ("value", "type") for mend in mends):
        return None
    try:
        columns = connection.sql(sql).columns
    except duckdb.Error:
        return None
    # A column without a name is called as it is computed, which is another way now.
    return tuple(columns) if all(_NAME.fullmatch(name) for name in columns) else None
