"""Audits of the project's own: a query in a file, with parameters that its header declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seeknal.plugin import AuditType, Location, Problem, SqlRefused
from seeknal_audits.examples import TEMPLATES, examples
from seeknal_audits.header import read_header
from seeknal_audits.options import CustomSql
from seeknal_audits.placeholders import Placeholders
from seeknal_audits.statements import query

if TYPE_CHECKING:
    from seeknal.plugin import AuditFile
    from seeknal_audits.header import Header, Parameter

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
        check=lambda fill: [*unused(file, header.parameters), *_refused(file, header, fill)],
    )


def unused(file: AuditFile, parameters: Sequence[Parameter]) -> Iterator[Problem]:
    """A warning for each parameter that the query does not name."""
    named = {word for part in TEMPLATES.findall(file.text) for word in _WORD.findall(part)}
    lines = file.text.split("\n")
    for entry in parameters:
        if entry.name not in named:
            at = re.search(rf"\b{entry.name}\b", lines[entry.line - 1].partition(":")[2])
            column = lines[entry.line - 1].index(":") + at.start() + 2 if at else 0
            yield Problem(
                code="SK0931",
                message=f"audit {file.name} does not use its parameter {entry.name!r}",
                location=Location(file.path, entry.line, column),
                help=f"write {{{{ {entry.name} }}}} in its query, or leave it out of params",
                severity="warn",
            )


def _refused(file: AuditFile, header: Header, fill: Fill) -> Iterator[Problem]:
    """Why the query is none, whatever it is given; nothing where that cannot be told."""
    errors = (
        _refusal(file, header, given, fill) for given in examples(file.text, header.parameters)
    )
    error = next(errors, None)
    if error is None:
        return
    # One that cannot be filled in has no message here: what all say of it is for `fill` to know.
    others = errors if str(error) else [*errors]
    if all(str(each or "") == str(error) for each in others) and str(error):
        place = Location(file.path, error.line or 1, error.column if error.line else 0)
        yield Problem(code="SK0930", message=f"audit {file.name}: {error}", location=place)


def _refusal(file: AuditFile, header: Header, given: Any, fill: Fill) -> SqlRefused | None:
    try:
        _filled(file, header.parameters, given, fill)
    except SqlRefused as error:
        return error
    return None


_WORD = re.compile(r"[A-Za-z_]\w*")


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
    _check(kept, file.text)
    return kept


def _check(kept: CustomSql, written: str) -> None:
    try:
        query(kept.text, kept.nodes)
    except SqlRefused as error:
        line = error.line or first_line(kept.text)
        # Where parameters are filled in, what follows them stands elsewhere than it was written.
        before, filled, _ = "".join(written.split("\n")[line - 1 : line]).partition("{")
        is_moved = bool(filled) and error.column > len(before)
        raise SqlRefused(str(error), line, 0 if is_moved else error.column) from error


def first_line(text: str) -> int:
    """The line on which the SQL begins, below comments and empty lines."""
    from sqlglot import tokenize

    tokens = tokenize(text, read="duckdb")
    return text.count("\n", 0, tokens[0].start) + 1 if tokens else 1
