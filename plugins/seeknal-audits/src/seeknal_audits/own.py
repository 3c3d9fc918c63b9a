"""Audits of the project's own: a query in a file, with parameters that its header declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from seeknal.plugin import AuditFile, AuditType, SqlRefused
from seeknal_audits.header import Parameter, read_header
from seeknal_audits.options import CustomSql
from seeknal_audits.placeholders import Placeholders
from seeknal_audits.statements import query

Fill = Callable[[str, Mapping[str, object]], str]


def type_of(file: AuditFile) -> AuditType:
    """The audit type that a file is. Raises SqlRefused for a header that cannot be read."""
    from attrs import make_class

    header = read_header(file.text)
    fields = {entry.name: entry.field() for entry in header.parameters}

    def keep(given: Any, fill: Fill) -> CustomSql:
        return _filled(file, header.parameters, given, fill)

    return AuditType(
        name=file.name,
        options=make_class(file.name, fields, frozen=True, kw_only=True),
        summary=header.description or f"a query of the project's own: {file.path}",
        kept_as="custom_sql",
        keep=keep,
    )


def _filled(file: AuditFile, parameters: Sequence[Parameter], given: Any, fill: Fill) -> CustomSql:
    """The query with names and literals where the file names parameters."""
    places = Placeholders(file.text)
    values = {entry.name: getattr(given, entry.name) for entry in parameters}
    names = {
        entry.name: places.of(values[entry.name], is_name=entry.is_name) for entry in parameters
    }
    text = places.filled(fill(file.text, names))
    columns = [entry.columns_in(values[entry.name]) for entry in parameters]
    kept = CustomSql(sql=text, columns=tuple(name for found in columns for name in found))
    _check(kept)
    return kept


def _check(kept: CustomSql) -> None:
    try:
        query(kept.text, kept.nodes)
    except SqlRefused as error:
        raise SqlRefused(str(error), error.line or first_line(kept.text), error.column) from error


def first_line(text: str) -> int:
    """The line on which the SQL begins, below comments and empty lines."""
    from sqlglot import tokenize

    tokens = tokenize(text, read="duckdb")
    return text.count("\n", 0, tokens[0].start) + 1 if tokens else 1
